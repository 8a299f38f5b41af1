"""The index of a film, the truth that the other stages are held to.

One pass over all frames: exact timestamps, a fingerprint of every luma plane, shots, key frames,
damage, how colourful it is already; then the cuts into chunks, each with a proven start.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .arrays import save_arrays
from .cuts import Cuts, choose_cuts, prove_start
from .decoder import (
    CLEAN_THREADS,
    DAMAGED_THREADS,
    Film,
    decode,
    fingerprint,
    open_film,
)
from .pixels import Picture, colour_spread, luma_of, picture_of
from .shots import ShotFinder
from .stretch import Stretch, decode_stretch, middle_of

# Raised when an index of the same film would hold anything else than before.
INDEX_VERSION = 2

NO_PTS = np.iinfo(np.int64).min

# A frame counts as coloured above this spread of chroma (see `colour_spread`).
COLOUR_SPREAD = 3.0
# The share of such frames from which a film counts as coloured already.
COLOUR_SHARE = 0.5


@dataclass(frozen=True)
class FilmIndex:
    """What is known of a film. Arrays have one entry a frame, in display order, unless said.

    ``pts``, ``durations`` int64, in units of ``time_base``, strictly rising; ``raw_pts`` as the
    decoder gave them (NO_PTS for none); ``prints`` uint64; ``corrupt`` bool; ``shots`` int64,
    first frames of shots, beginning with 0; ``keys`` int64, frames at which decoding can start.
    ``rate`` is in frames a second, an average where the film has no steady one.
    ``facts`` holds plain values for the record.
    """

    picture: Picture
    time_base: Fraction
    rate: Fraction
    pts: NDArray[np.int64]
    raw_pts: NDArray[np.int64]
    durations: NDArray[np.int64]
    prints: NDArray[np.uint64]
    corrupt: NDArray[np.bool_]
    shots: NDArray[np.int64]
    keys: NDArray[np.int64]
    cuts: Cuts
    threads: int
    facts: dict[str, Any]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def is_steady(self) -> bool:
        """Do the frames follow each other at `rate`, as far as the clock can tell?"""
        return _follows(self.pts, self.rate * self.time_base)

    def chunk(self, number: int) -> range:
        """The frames of one chunk; empty for a surplus chunk."""
        return self.cuts.frames(number)

    def shot_of(self, frame: int) -> tuple[int, int]:
        """First and last + 1 frame of the shot that a frame belongs to."""
        at = int(np.searchsorted(self.shots, frame, side="right"))
        return int(self.shots[at - 1]), int(self.shots[at]) if at < len(self.shots) else len(self)

    def save(self, path: Path) -> None:
        about = {
            "picture": self.picture.to_json(),
            "time_base": [self.time_base.numerator, self.time_base.denominator],
            "rate": [self.rate.numerator, self.rate.denominator],
            "threads": self.threads,
            "cuts": self.cuts.to_json(),
            "facts": self.facts,
        }
        arrays = [("about", np.frombuffer(json.dumps(about, sort_keys=True).encode(), np.uint8))]
        arrays += [(name, getattr(self, name)) for name in _ARRAYS]
        save_arrays(path, arrays)

    @classmethod
    def load(cls, path: Path) -> "FilmIndex":
        with np.load(path) as data:
            about = json.loads(data["about"].tobytes())
            return cls(
                picture=Picture.from_json(about["picture"]),
                time_base=Fraction(*about["time_base"]),
                rate=Fraction(*about["rate"]),
                cuts=Cuts.from_json(about["cuts"]),
                threads=about["threads"],
                facts=about["facts"],
                **{name: data[name] for name in _ARRAYS},
            )


_ARRAYS = ("pts", "raw_pts", "durations", "prints", "corrupt", "shots", "keys")


class _DamagedError(Exception):
    """The film shows faults: it is to be decoded with one thread."""


def make_index(source: str, target: str, chunks: int, seconds: float | None = None) -> None:
    """Index the film ``source``, cut into at most ``chunks``, and write the index to ``target``.

    With ``seconds`` only so many around the middle are indexed, as if they were a film, in one
    piece. Raises ItemError if it has no picture that can be decoded.
    """
    try:
        index = _index(source, chunks, CLEAN_THREADS, seconds)
    except _DamagedError:
        index = _index(source, chunks, DAMAGED_THREADS, seconds)
    index.save(Path(target))


def _index(source: str, chunks: int, threads: int, seconds: float | None) -> FilmIndex:
    with open_film(source, threads) as film:
        stretch = None if seconds is None else middle_of(film, seconds)
        frames = decode(film) if stretch is None else decode_stretch(film, stretch)
        seen = _look_through(film, frames, threads)
        time_base = film.time_base
        promised = [r for r in (film.stream.guessed_rate, film.stream.average_rate) if r]
    usual = max(1, round(1 / ((promised or [Fraction(25)])[0] * time_base)))
    pts, repaired = _rising(seen.raw_pts, seen.dts, usual)
    durations = np.empty_like(pts)
    durations[:-1] = np.diff(pts)
    typical = int(np.median(durations[:-1])) if len(pts) > 1 else usual
    durations[-1] = seen.last_duration or typical
    raw_pts = np.array([NO_PTS if p is None else p for p in seen.raw_pts], np.int64)
    at = {int(p): i for i, p in reversed(list(enumerate(raw_pts)))}
    key_times = dict(film.key_packets)
    keys = np.array(sorted(at[p] for p in key_times if p in at), np.int64)
    faults = film.faults
    coloured = float(np.mean(np.array(seen.spreads) > COLOUR_SPREAD))
    index = FilmIndex(
        picture=seen.picture,
        time_base=time_base,
        rate=_rate(pts, durations, time_base, promised),
        pts=pts,
        raw_pts=raw_pts,
        durations=durations,
        prints=np.array(seen.prints, np.uint64),
        corrupt=np.array(seen.corrupt, bool),
        shots=np.array([0, *(s for s in seen.shots if s > 0)], np.int64),
        keys=keys,
        cuts=Cuts((0, len(pts)), (None,)),
        threads=threads,
        facts={
            "packets": faults.packets,
            "bad_frames": faults.bad,
            "first_fault": faults.first,
            "repaired_timestamps": repaired,
            "captions": film.captions,
            "coloured_share": round(coloured, 4),
            "colour_spread": round(float(np.median(seen.spreads)), 3),
            "in_colour": coloured >= COLOUR_SHARE,
        },
    )
    if stretch is None:
        cuts = choose_cuts(index, source, chunks, key_times)
    else:
        index, cuts = _as_a_film(index, source, stretch)
    return FilmIndex(**{**vars(index), "cuts": cuts})


def _as_a_film(index: FilmIndex, source: str, stretch: Stretch) -> tuple[FilmIndex, Cuts]:
    """A stretch with times of its own. Raises ItemError if a seek does not find it again."""
    cuts = Cuts((0, len(index)), (stretch.start,))
    if stretch.start is not None:
        prove_start(index, source, stretch.start)
    first = float(index.pts[0] * index.time_base)
    facts = index.facts | {"packets": len(index), "stretch": [round(first, 3), stretch.seconds]}
    return FilmIndex(**{**vars(index), "pts": index.pts - index.pts[0], "facts": facts}), cuts


class _Seen:
    """What one pass over the frames collects."""

    def __init__(self, picture: Picture):
        self.picture = picture
        self.finder = ShotFinder()
        self.raw_pts: list[int | None] = []
        self.dts: list[int | None] = []
        self.prints: list[int] = []
        self.corrupt: list[bool] = []
        self.spreads: list[float] = []
        self.last_duration = 0

    @property
    def shots(self) -> list[int]:
        return self.finder.starts

    def add(self, frame: av.VideoFrame) -> None:
        luma = luma_of(frame, self.picture)
        self.raw_pts.append(frame.pts)
        self.dts.append(frame.dts)
        self.prints.append(fingerprint(luma))
        self.corrupt.append(frame.is_corrupt)
        self.spreads.append(colour_spread(frame))
        self.finder.look(luma, self.picture.depth)
        self.last_duration = frame.duration or 0


def _look_through(film: Film, frames: Iterator[av.VideoFrame], threads: int) -> _Seen:
    seen = None
    for frame in frames:
        if seen is None:
            seen = _Seen(picture_of(frame, film.stream))
        if frame.interlaced_frame and not seen.picture.fields:
            again = picture_of(frame, film.stream)
            seen.picture = Picture(**{**vars(seen.picture), "fields": again.fields})
        seen.add(frame)
        if film.faults.bad and threads != DAMAGED_THREADS:
            raise _DamagedError
    if film.faults.bad and threads != DAMAGED_THREADS:
        raise _DamagedError
    if seen is None:
        why = f" ({film.faults.first})" if film.faults.first else ""
        raise ItemError(
            f"Not one frame of the picture could be decoded{why}.",
            "The film is damaged or incomplete: repair it, or get another copy.",
        )
    return seen


def _rising(
    pts: list[int | None], dts: list[int | None], usual: int
) -> tuple[NDArray[np.int64], int]:
    """Timestamps that rise strictly, from what the decoder gave, and how many were changed."""
    given = pts if any(p is not None for p in pts) else dts
    result = np.empty(len(pts), np.int64)
    repaired = 0
    for i, value in enumerate(given):
        earliest = int(result[i - 1]) + 1 if i else value or 0
        if value is None:
            value = int(result[i - 1]) + usual if i else 0
            repaired += 1
        elif i and value < earliest:
            value = earliest
            repaired += 1
        result[i] = value
    return result, repaired


def _rate(
    pts: NDArray[np.int64],
    durations: NDArray[np.int64],
    time_base: Fraction,
    promised: list[Fraction],
) -> Fraction:
    """The rate that the header promises if the frames follow it, else their average."""
    for rate in promised:
        if _follows(pts, rate * time_base):
            return rate
    span = int(pts[-1] - pts[0] + durations[-1]) * time_base
    rate = len(pts) / span if span > 0 else Fraction(25)
    return min(max(rate, Fraction(1, 100)), Fraction(1000)).limit_denominator(1001)


def _follows(pts: NDArray[np.int64], frames_a_tick: Fraction) -> bool:
    even = pts[0] + np.arange(len(pts)) / float(frames_a_tick)
    return bool(np.all(np.abs(pts - even) <= 1))
