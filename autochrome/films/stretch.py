"""A stretch of a film in place of all of it: for a look at the colours before the long work.

It begins at the key frame that a seek finds, with its time taken for 0, and is a film of its own
from then on; the seek's target is its start, proven like any other (`cuts`).
"""

from collections.abc import Iterator
from dataclasses import dataclass

import av

from .decoder import Faults, Film, decode

_USUAL_RATE = 25


@dataclass
class Stretch:
    """``start`` is the timestamp to seek to, None for the beginning; both times in seconds."""

    start: int | None
    seconds: float


def middle_of(film: Film, seconds: float) -> Stretch:
    """So many seconds around the middle of a film; its first ones where it has no known length."""
    stream, base = film.stream, film.time_base
    length = stream.duration * base if stream.duration else None
    if length is None and film.container.duration:
        length = film.container.duration / av.time_base
    if length is None or length <= seconds:
        return Stretch(None, seconds)
    begin = (stream.start_time or 0) + int((float(length) - seconds) / 2 / base)
    return Stretch(begin, seconds)


def decode_stretch(film: Film, stretch: Stretch) -> Iterator[av.VideoFrame]:
    """The frames of a stretch, from the first key frame on."""
    if stretch.start is not None:
        film.container.seek(stretch.start, stream=film.stream)
    begun, count = None, 0
    rate = film.stream.guessed_rate or film.stream.average_rate or _USUAL_RATE
    for frame in decode(film):
        if begun is None:
            if stretch.start is not None and not frame.key_frame:
                continue
            # What a seek into the middle of a group spoils is no fault of the film.
            film.faults, film.captions = Faults(), 0
            begun = frame.pts if frame.pts is not None else frame.dts
        now = frame.pts if frame.pts is not None else frame.dts
        if begun is None or now is None:
            # A bare stream.
            if count >= stretch.seconds * rate:
                return
        elif (now - begun) * film.time_base >= stretch.seconds:
            return
        elif now < begun:
            continue
        count += 1
        yield frame
