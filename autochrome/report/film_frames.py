"""Frames of a film before and after, each pair the same moment, for the report.

These functions run in a child process (see ``media``): a film may come from any source.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .thumbnails import LONG_SIDE, Size, save_thumbnail

# Pairs of a film whose shots are not known, and the most of any film.
_USUAL_PAIRS = 4
_MOST_PAIRS = 12
# Frames decoded in search of one moment; a longer way from the last key frame is not gone.
_MAX_DECODED = 400
# Seconds to each side in which a frame's original is looked for: times in AVI and the like are
# off by as many frames as the codec reorders.
_SEARCHED = 0.5
# Mean difference in grey levels of 255, at 48 pixels, of a frame and its original.
_MAX_DIFFERENCE = 16

# Seconds.
_BEHIND_CUT = 0.2

Curve = dict[str, list[float]]

_PLAYED_CONTAINERS = (".mp4", ".m4v", ".mov")


def moments(curve: Curve | None) -> list[float]:
    """Parts of a film's length at which its frames are shown: the beginnings of its shots.

    Of many shots as many as there is room for, evenly chosen; without a curve evenly spread.
    """
    if curve is None:
        return [(n + 0.5) / _USUAL_PAIRS for n in range(_USUAL_PAIRS)]
    cuts, (length,) = curve["cuts"], curve["length"]
    chosen = np.unique(np.linspace(0, len(cuts) - 1, min(len(cuts), _MOST_PAIRS)).astype(int))
    # A little behind the cut, where a soft one is over.
    return [min((cuts[n] + _BEHIND_CUT) / length, 1.0) if length else 0.0 for n in chosen]


def film_pairs(
    source: Path,
    result: Path,
    parts: list[float],
    targets: list[tuple[Path, Path]],
    begin: float | None = None,
) -> list[tuple[int, Size]]:
    """Write frames of both films at these parts of its length, one pair for each of ``targets``.

    ``begin`` is the time, in seconds, at which a result that is only a part begins in the source.
    Gives the numbers and sizes of the pairs that could be made. Raises av.FFmpegError if a film
    cannot be opened, OSError if a thumbnail cannot be written.
    """
    made = []
    with _opened(source) as before, _opened(result) as after:
        for number, (part, (before_target, after_target)) in enumerate(
            zip(parts, targets, strict=True)
        ):
            coloured = _frame_at(after, part * _duration(after))
            if coloured is None:
                continue
            image = _upright(coloured, after)
            ahead = 0.0 if begin is None else begin - _start(before)
            original = _original_of(image, before, coloured.time - _start(after) + ahead)
            if original is None:
                continue
            size = save_thumbnail(image, after_target)
            save_thumbnail(original, before_target)
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
    """The frame shown ``time`` seconds after the first, or None if it was not found soon."""
    found = None
    for frame in _frames_from(container, time):
        if found is not None and frame.time > _start(container) + time:
            break
        found = frame
    return found


def _original_of(
    coloured: Image.Image, container: av.container.InputContainer, time: float
) -> Image.Image | None:
    """The frame around ``time`` (seconds after the first) whose luma is that of ``coloured``.

    Seeking is not trusted, and neither are times: what is shown side by side is alike.
    """
    wanted = _tiny_grey(coloured)
    best = None
    for frame in _frames_from(container, time - _SEARCHED):
        image = _upright(frame, container)
        difference = float(np.abs(_tiny_grey(image) - wanted).mean())
        if best is None or difference < best[0]:
            best = difference, image
        if frame.time > _start(container) + time + _SEARCHED:
            break
    return best[1] if best is not None and best[0] <= _MAX_DIFFERENCE else None


def _frames_from(container: av.container.InputContainer, time: float) -> Iterator[av.VideoFrame]:
    """Frames from the last key frame before ``time`` (seconds after the first), not endlessly."""
    stream = container.streams.video[0]
    container.seek(
        int((_start(container) + max(time, 0)) / stream.time_base), stream=stream, backward=True
    )
    timed = (frame for frame in container.decode(stream) if frame.time is not None)
    return islice(timed, _MAX_DECODED)


def _tiny_grey(image: Image.Image) -> NDArray[np.int16]:
    return np.asarray(image.convert("L").resize((48, 48), Image.Resampling.BOX), np.int16)


def _upright(frame: av.VideoFrame, container: av.container.InputContainer) -> Image.Image:
    """A frame as it is meant to be seen, at most LONG_SIDE pixels a side, RGB."""
    pixel_shape = container.streams.video[0].sample_aspect_ratio or 1
    width, height = frame.width * float(pixel_shape), frame.height
    scale = min(1.0, LONG_SIDE / max(width, height))
    small = frame.reformat(
        max(2, round(width * scale)), max(2, round(height * scale)), format="rgb24"
    )
    image = Image.fromarray(small.to_ndarray())
    return image.rotate(frame.rotation, expand=True) if frame.rotation else image
