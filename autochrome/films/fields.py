"""Which field of an interlaced film is shown first.

Containers and decoders disagree about it, and PyAV does not give the frame's own mark: FFmpeg's
filter that takes fields apart follows it, so its first field tells.
"""

import av
import numpy as np

from .pixels import plane_array

# Interlaced frames that are looked at; the majority decides.
LOOKED_AT = 25


class FieldOrder:
    """Told every frame; votes on the first interlaced ones."""

    def __init__(self) -> None:
        self.interlaced = 0
        self._top = self._bottom = 0

    def look(self, frame: av.VideoFrame) -> None:
        if not frame.interlaced_frame:
            return
        self.interlaced += 1
        if self._top + self._bottom < LOOKED_AT:
            first = top_is_first(frame)
            self._top += first is True
            self._bottom += first is False

    @property
    def is_mixed(self) -> bool:
        return bool(self._top and self._bottom)

    @property
    def fields(self) -> str:
        """The order, "tff" or "bff", and "" where no frame is interlaced."""
        if not self.interlaced:
            return ""
        return "bff" if self._bottom > self._top else "tff"


def top_is_first(frame: av.VideoFrame) -> bool | None:
    """Is the top field shown first? None where both are alike, or cannot be taken apart."""
    try:
        grey = frame.reformat(format="gray")
        graph = av.filter.Graph()
        source = graph.add_buffer(
            width=grey.width, height=grey.height, format="gray", time_base=frame.time_base
        )
        apart, sink = graph.add("separatefields"), graph.add("buffersink")
        source.link_to(apart)
        apart.link_to(sink)
        graph.configure()
        source.push(grey)
        first = plane_array(sink.pull(), 0)
    except (av.error.FFmpegError, ValueError):
        return None
    whole = plane_array(grey, 0)
    top, bottom = whole[0::2], whole[1::2]
    if np.array_equal(top[: len(bottom)], bottom):
        return None
    return np.array_equal(first, top[: len(first)])
