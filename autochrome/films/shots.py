"""Where shots change, found by PySceneDetect's detector on the frames that we decoded ourselves."""

import cv2
import numpy as np
from numpy.typing import NDArray

_WIDTH = 96
# Shorter than this is a flash or a damaged frame, not a shot.
_SHORTEST = 8


class ShotFinder:
    """Told every frame in order; says at which frames a new shot begins.

    Adaptive, because the brightness of old films flickers: a change counts when it stands out
    from those of its neighbours.
    """

    def __init__(self) -> None:
        # Loaded here, since only the index looks for shots, and every job loads this module.
        from scenedetect import AdaptiveDetector, FrameTimecode

        self._timecode = FrameTimecode
        self._detector = AdaptiveDetector(luma_only=True, min_scene_len=_SHORTEST)
        self._count = 0
        self.starts: list[int] = []

    def look(self, luma: NDArray[np.integer], depth: int) -> None:
        """``luma`` uint8 or uint16 (H, W) on codes of ``depth`` bits."""
        small = shrunk(luma, depth, _WIDTH)
        now = self._timecode(self._count, fps=25.0)
        self._count += 1
        found = self._detector.process_frame(now, cv2.cvtColor(small, cv2.COLOR_GRAY2BGR))
        self.starts += [cut.frame_num for cut in found]


def shrunk(luma: NDArray[np.integer], depth: int, width: int) -> NDArray[np.uint8]:
    """Luma as uint8, brought down to at most ``width`` columns by area means."""
    height, full_width = luma.shape
    if full_width > width:
        height = max(1, round(height * width / full_width))
        luma = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    return luma if depth == 8 else (luma >> (depth - 8)).astype(np.uint8)
