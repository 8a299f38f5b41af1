"""Frames of a film before and after, each pair the same moment, for the report.

These functions run in a child process (see ``media``): a film may come from any source.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from PIL import Image

from .thumbnails import LONG_SIDE, Size, save_thumbnail

PAIRS = 4
# Frames decoded in search of one moment; a longer way from the last key frame is not gone.
_MAX_DECODED = 400
# Matroska rounds times to milliseconds; a frame is longer than this at any usual rate.
_TOLERANCE = 0.002

_PLAYED_CONTAINERS = (".mp4", ".m4v", ".mov")


def film_pairs(
    source: Path, result: Path, targets: list[tuple[Path, Path]]
) -> list[tuple[int, Size]]:
    """Write frames of both films, evenly spread, one pair for each of ``targets``.

    Gives the numbers and sizes of the pairs that could be made. Raises av.FFmpegError if a film
    cannot be opened, OSError if a thumbnail cannot be written.
    """
    made = []
    with _opened(source) as before, _opened(result) as after:
        for number, (before_target, after_target) in enumerate(targets):
            part = (number + 0.5) / len(targets)
            coloured = _frame_at(after, _start(after) + part * _duration(after))
            if coloured is None or coloured.time is None:
                continue
            original = _frame_at(before, coloured.time - _start(after) + _start(before))
            if original is None:
                continue
            size = save_thumbnail(_upright(coloured), after_target)
            save_thumbnail(_upright(original), before_target)
            made.append((number, size))
    return made


def plays_in_browser(film: Path) -> bool:
    """Can every usual browser play its picture? H.264, 8 bits, 4:2:0, in MP4 or MOV."""
    if film.suffix.lower() not in _PLAYED_CONTAINERS:
        return False
    with _opened(film) as container:
        codec = container.streams.video[0].codec_context
        return codec.name == "h264" and codec.pix_fmt == "yuv420p"


@contextmanager
def _opened(film: Path) -> Iterator[av.container.InputContainer]:
    with av.open(str(film), metadata_errors="surrogateescape") as container:
        container.streams.video[0].thread_type = "AUTO"
        yield container


def _start(container: av.container.InputContainer) -> float:
    """Time of the first frame as the container tells it, in seconds."""
    stream = container.streams.video[0]
    return float((stream.start_time or 0) * stream.time_base)


def _duration(container: av.container.InputContainer) -> float:
    """Length of the film in seconds; 0 if nothing tells it, and then its first frame is shown."""
    stream = container.streams.video[0]
    if stream.duration:
        return float(stream.duration * stream.time_base)
    return (container.duration or 0) / av.time_base


def _frame_at(container: av.container.InputContainer, time: float) -> av.VideoFrame | None:
    """The frame shown at ``time`` (seconds), or None if it was not found soon enough."""
    stream = container.streams.video[0]
    # Half a second early: some demuxers seek by decoding time.
    target = max(time - 0.5, _start(container)) / stream.time_base
    container.seek(int(target), stream=stream, backward=True)
    found = None
    for number, frame in enumerate(container.decode(stream)):
        if number == _MAX_DECODED:
            return None
        if frame.time is None:
            continue
        if frame.time > time + _TOLERANCE:
            return found
        found = frame
    return found


def _upright(frame: av.VideoFrame) -> Image.Image:
    """A frame as it is meant to be seen, at most LONG_SIDE pixels a side, RGB."""
    shape = frame.sample_aspect_ratio if hasattr(frame, "sample_aspect_ratio") else None
    width, height = frame.width * float(shape or 1), frame.height
    scale = min(1.0, LONG_SIDE / max(width, height))
    small = frame.reformat(
        max(2, round(width * scale)), max(2, round(height * scale)), format="rgb24"
    )
    image = Image.fromarray(small.to_ndarray())
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
