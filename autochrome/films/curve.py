"""How the colours of a film go over time, so that a bad shot is found by looking."""

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from numpy.typing import NDArray

from ..color import colorfulness, lab_from_srgb
from .index import FilmIndex

# A curve has at most so many points, however long the film is.
_POINTS = 400
_SIZE = (64, 48)


class Curve:
    """Collects the frames of a film one by one.

    ``colorfulness`` is Hasler and Süsstrunk's; ``motion`` the mean distance of ab from the frame
    before, in CIE units. Both are taken at 64 x 48 pixels.
    """

    def __init__(self) -> None:
        self._colorfulness: list[float] = []
        self._motion: list[float] = []
        self._before: NDArray[np.float32] | None = None
        # A frame's own would be set up again for every frame.
        self._reformatter = VideoReformatter()

    def add(self, frame: av.VideoFrame) -> None:
        small = self._reformatter.reformat(frame, *_SIZE, format="rgb24").to_ndarray()
        ab = lab_from_srgb(small.astype(np.float32) / 255)[..., 1:]
        moved = (
            0.0
            if self._before is None
            else float(np.hypot(*np.moveaxis(ab - self._before, 2, 0)).mean())
        )
        self._colorfulness.append(colorfulness(small))
        self._motion.append(moved)
        self._before = ab

    def told(self, index: FilmIndex) -> dict[str, list[float]]:
        """The curve in plain values: means of colorfulness and maxima of motion over equal parts.

        ``times`` of the parts' first frames, ``cuts`` and ``length`` (one value) are in seconds
        from the first frame; over a cut, motion does not count.
        """
        count = len(self._motion)
        motion = np.array(self._motion)
        motion[index.shots] = 0
        starts = np.unique(np.linspace(0, count, min(count, _POINTS), endpoint=False).astype(int))
        sizes = np.diff([*starts, count])
        seconds = (index.pts - index.pts[0]) * float(index.time_base)
        return {
            "times": _rounded(seconds[starts]),
            "colorfulness": _rounded(np.add.reduceat(self._colorfulness, starts) / sizes),
            "motion": _rounded(np.maximum.reduceat(motion, starts)),
            "cuts": _rounded(seconds[index.shots]),
            "length": _rounded(seconds[-1:] + index.durations[-1] * float(index.time_base)),
        }


def _rounded(values: NDArray[np.floating]) -> list[float]:
    return [round(float(value), 3) for value in values]
