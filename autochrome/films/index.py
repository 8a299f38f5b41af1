"""The index of a film, the truth that the other stages are held to.

One pass over all frames: exact timestamps, a fingerprint of every luma plane, shots, key frames,
damage, how colourful it is already; then the cuts into chunks, each with a proven start.
"""

import json
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.format import Flags
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
from .fields import FieldOrder
from .keyframes import NOVELTY_WIDTH, KeyFrames, NoveltyFinder, choose_key_frames, even_levels
from .overlap import ahead
from .pixels import Picture, luma_of, picture_of
from .shots import ShotFinder, shrunk
from .stretch import Stretch, decode_stretch, middle_of
from .times import follows, out_of_order, rate_of, rising
from .tone import (
    COLOUR,
    COLOUR_SHARE,
    GREY,
    TINTED,
    ToneMeter,
    share_of,
    split_where_colour_begins,
    tones_of,
)

# Raised when an index of the same film would hold anything else than before.
INDEX_VERSION = 3

# Timestamps that go back by more than this, in seconds, are those of another recording.
JUMP_BACK = 1

_SIZES_TOLD = 4

NO_PTS = np.iinfo(np.int64).min


@dataclass(frozen=True)
class FilmIndex:
    """What is known of a film. Arrays have one entry a frame, in display order, unless said.

    ``pts``, ``durations`` int64, in units of ``time_base``, strictly rising; ``raw_pts`` as the
    decoder gave them (NO_PTS for none); ``prints`` uint64; ``corrupt`` bool; ``shots`` int64,
    first frames of shots, beginning with 0; ``tones`` uint8, what each shot is: GREY, TINTED or
    COLOUR; ``keys`` int64, frames at which decoding can start; ``colour_keys`` int64, the key
    frames that the network is asked for, as ``key_frames`` wishes; ``levels`` float32 (n, 2), mean
    and standard deviation of the luma on 8-bit codes; ``even_levels`` the same without flicker.
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
    tones: NDArray[np.uint8]
    keys: NDArray[np.int64]
    colour_keys: NDArray[np.int64]
    levels: NDArray[np.float32]
    even_levels: NDArray[np.float32]
    key_frames: KeyFrames
    cuts: Cuts
    threads: int
    facts: dict[str, Any]

    def __len__(self) -> int:
        return len(self.pts)

    @property
    def is_steady(self) -> bool:
        """Do the frames follow each other at `rate`, as far as the clock can tell?"""
        return follows(self.pts, self.rate * self.time_base)

    def chunk(self, number: int) -> range:
        """The frames of one chunk; empty for a surplus chunk."""
        return self.cuts.frames(number)

    def shot_of(self, frame: int) -> tuple[int, int]:
        """First and last + 1 frame of the shot that a frame belongs to."""
        at = int(np.searchsorted(self.shots, frame, side="right"))
        return int(self.shots[at - 1]), int(self.shots[at]) if at < len(self.shots) else len(self)

    def keeps_colour(self, frame: int, keep_tints: bool) -> bool:
        """Does this frame's shot keep the film's own colours, or its tint?"""
        tone = self.tones[np.searchsorted(self.shots, frame, side="right") - 1]
        return bool(tone == COLOUR or (tone == TINTED and keep_tints))

    def stays_as_it_is(self, keep_tints: bool) -> bool:
        """Is it a colour film, or are all its shots in colours or tints that are kept?"""
        return bool(self.facts["in_colour"] or (keep_tints and not np.any(self.tones == GREY)))

    def save(self, path: Path) -> None:
        about = {
            "picture": self.picture.to_json(),
            "time_base": [self.time_base.numerator, self.time_base.denominator],
            "rate": [self.rate.numerator, self.rate.denominator],
            "threads": self.threads,
            "key_frames": self.key_frames,
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
                key_frames=about["key_frames"],
                facts=about["facts"],
                **{name: data[name] for name in _ARRAYS},
            )


_ARRAYS = (
    "pts", "raw_pts", "durations", "prints", "corrupt", "shots", "tones", "keys",
    "colour_keys", "levels", "even_levels",
)  # fmt: skip


class _DamagedError(Exception):
    """The film shows faults: it is to be decoded with one thread."""


def make_index(
    source: str,
    target: str,
    chunks: int,
    key_frames: KeyFrames = "auto",
    treat_as: str | None = None,
    seconds: float | None = None,
) -> None:
    """Index the film ``source``, cut into at most ``chunks``, and write the index to ``target``.

    ``key_frames`` is as `choose_key_frames` has it; ``treat_as`` "grey", "colour" or "negative" is
    a person's word on the whole film, which goes before what is measured. With ``seconds`` only
    so many around the middle are indexed, as if they were a film, in one piece.

    Raises ItemError if it has no picture that can be decoded.
    """
    try:
        index = _index(source, chunks, key_frames, treat_as, seconds, CLEAN_THREADS)
    except _DamagedError:
        index = _index(source, chunks, key_frames, treat_as, seconds, DAMAGED_THREADS)
    index.save(Path(target))


def _index(
    source: str,
    chunks: int,
    key_frames: KeyFrames,
    treat_as: str | None,
    seconds: float | None,
    threads: int,
) -> FilmIndex:
    with open_film(source, threads) as film:
        stretch = None if seconds is None else middle_of(film, seconds)
        frames = decode(film) if stretch is None else decode_stretch(film, stretch)
        seen = _look_through(film, frames, threads, treat_as == "negative")
        time_base = film.time_base
        promised_seconds = (film.container.duration or 0) / av.time_base
        promised_frames = film.stream.frames
        has_no_times = bool(film.container.format.flags & Flags.no_timestamps.value)
        promised = [r for r in (film.stream.guessed_rate, film.stream.average_rate) if r]
    usual = max(1, round(1 / ((promised or [Fraction(25)])[0] * time_base)))
    back = max(1, round(JUMP_BACK / time_base))
    # AVI knows no display times, and FFmpeg gives those of the coded order for them.
    given = min(seen.raw_pts, seen.dts, key=out_of_order)
    if has_no_times:
        # A bare stream: FFmpeg's guesses have a gap after the first frame.
        given = [usual * number for number in range(len(given))]
    pts, repaired, jumps = rising(given, usual, back)
    durations = np.empty_like(pts)
    durations[:-1] = np.diff(pts)
    typical = int(np.median(durations[:-1])) if len(pts) > 1 else usual
    durations[-1] = seen.last_duration or typical
    raw_pts = np.array([NO_PTS if p is None else p for p in seen.raw_pts], np.int64)
    at = {int(p): i for i, p in reversed(list(enumerate(raw_pts)))}
    key_times = dict(film.key_packets)
    keys = np.array(sorted(at[p] for p in key_times if p in at), np.int64)
    faults = film.faults
    prints = np.array(seen.prints, np.uint64)
    spreads, tints = np.array(seen.meter.spreads), np.array(seen.meter.tints)
    shots = np.array([0, *(s for s in seen.shots if s > 0)], np.int64)
    shots = split_where_colour_begins(shots, spreads)
    tones = tones_of(shots, spreads, tints)
    coloured = share_of(COLOUR, shots, tones, len(pts))
    if treat_as == "colour":
        tones[:] = COLOUR
    elif treat_as == "grey":
        tones[tones == COLOUR] = GREY
    elif treat_as == "negative":
        # The mask of a colour negative is no tint to keep.
        tones[:] = GREY
    in_colour = share_of(COLOUR, shots, tones, len(pts)) >= COLOUR_SHARE
    if not in_colour:
        _refuse(seen, pts, time_base)
    # Of a film in colour nothing is asked; where its size changes it was not looked at to the end.
    levels = np.zeros((len(pts), 2)) if in_colour else np.array(seen.novelty.levels)
    steps = np.zeros(len(pts)) if in_colour else np.array(seen.novelty.steps)
    levels, steps = levels.astype(np.float32), steps.astype(np.float32)
    even = even_levels(levels, shots)
    index = FilmIndex(
        picture=replace(seen.picture, fields=seen.order.fields),
        time_base=time_base,
        rate=rate_of(pts, durations, time_base, promised),
        pts=pts,
        raw_pts=raw_pts,
        durations=durations,
        prints=prints,
        corrupt=np.array(seen.corrupt, bool),
        shots=shots,
        tones=tones,
        keys=keys,
        colour_keys=choose_key_frames(key_frames, steps, even, prints, shots),
        levels=levels,
        even_levels=even,
        key_frames=key_frames,
        cuts=Cuts((0, len(pts)), (None,)),
        threads=threads,
        facts={
            "packets": faults.packets,
            "bad_frames": faults.bad,
            "first_fault": faults.first,
            "repaired_timestamps": repaired,
            "jumps": jumps,
            "seconds": round(float((pts[-1] - pts[0] + durations[-1]) * time_base), 3),
            "promised_frames": promised_frames,
            "promised_seconds": round(promised_seconds, 3),
            "has_no_times": has_no_times,
            "captions": film.captions,
            "interlaced_frames": seen.order.interlaced,
            "mixed_fields": seen.order.is_mixed,
            "coloured_share": round(coloured, 4),
            "tinted_share": round(share_of(TINTED, shots, tones, len(pts)), 4),
            "colour_spread": round(float(np.median(spreads)), 3),
            "tint": round(float(np.median(tints)), 3),
            "in_colour": in_colour,
        },
    )
    if in_colour:
        return index
    if stretch is not None:
        return _as_a_film(index, source, stretch)
    return replace(index, cuts=choose_cuts(index, source, chunks, key_times))


def _as_a_film(index: FilmIndex, source: str, stretch: Stretch) -> FilmIndex:
    """A stretch with times of its own. Raises ItemError if a seek does not find it again."""
    cuts = Cuts((0, len(index)), (stretch.start,))
    if stretch.start is not None:
        prove_start(index, source, stretch.start)
    first = float(index.pts[0] * index.time_base)
    facts = index.facts | {"packets": len(index), "stretch": [round(first, 3), stretch.seconds]}
    return replace(index, pts=index.pts - index.pts[0], facts=facts, cuts=cuts)


class _Seen:
    """What one pass over the frames collects."""

    def __init__(self, picture: Picture):
        self.picture = picture
        self.finder = ShotFinder()
        self.novelty = NoveltyFinder()
        self.meter = ToneMeter()
        self.raw_pts: list[int | None] = []
        self.dts: list[int | None] = []
        self.prints: list[int] = []
        self.corrupt: list[bool] = []
        self.order = FieldOrder()
        self.last_duration = 0
        # The first frame that is not of the film's size or kind, and what is wrong with it.
        self.misfit: tuple[int, ItemError] | None = None
        # The first frames of stretches of one size: number, width, height.
        self.sizes = [(0, picture.width, picture.height)]

    @property
    def shots(self) -> list[int]:
        return self.finder.starts

    def add(self, frame: av.VideoFrame) -> None:
        self.meter.look(frame)
        self.order.look(frame)
        self.raw_pts.append(frame.pts)
        self.dts.append(frame.dts)
        self.corrupt.append(frame.is_corrupt)
        self.last_duration = frame.duration or 0
        if (frame.width, frame.height) != self.sizes[-1][1:]:
            self.sizes.append((len(self.prints), frame.width, frame.height))
        try:
            luma = luma_of(frame, self.picture)
        except ItemError as error:
            # It matters only where the film is to be coloured: that is known at its end.
            self.misfit = self.misfit or (len(self.prints), error)
            self.prints.append(0)
            return
        self.prints.append(fingerprint(luma))
        if self.misfit is None:
            self.finder.look(luma, self.picture.depth)
            small = shrunk(luma, self.picture.depth, NOVELTY_WIDTH)
            self.novelty.look(small, self.prints[-2:-1] == self.prints[-1:])


def _look_through(
    film: Film, frames: Iterator[av.VideoFrame], threads: int, inverted: bool
) -> _Seen:
    seen = None
    with closing(ahead(frames)) as decoded:
        for frame in decoded:
            if seen is None:
                seen = _Seen(replace(picture_of(frame, film.stream), inverted=inverted))
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


def _refuse(seen: _Seen, pts: NDArray[np.int64], time_base: Fraction) -> None:
    """Raise ItemError if a film that is to be coloured is of a kind that cannot be."""
    if len(seen.sizes) > 1:
        raise ItemError(
            f"The picture changes its size: {_stretches(seen.sizes, pts, time_base)}.",
            "Cut it there into films of one size each, for example with FFmpeg (-ss and -t before "
            "-i, -c:v ffv1 -c:a copy), and colour these.",
        )
    if seen.misfit is not None:
        frame, error = seen.misfit
        at = float((pts[frame] - pts[0]) * time_base)
        raise ItemError(
            f"{error.fault} (From frame {frame} on, {at:.3f} s after its start.)", error.remedy
        )
    if seen.picture.is_hdr:
        raise ItemError(
            "It is HDR (PQ or HLG): the network's colours are those of SDR and would be shown "
            "wrongly on its scale.",
            "Convert it to SDR, Rec. 709 first, for example with FFmpeg's filters zscale and "
            "tonemap, and colour that.",
        )


def _stretches(
    sizes: list[tuple[int, int, int]], pts: NDArray[np.int64], time_base: Fraction
) -> str:
    """What sizes the picture has, from where on; the first ones if there are many."""
    told = []
    for frame, width, height in sizes[:_SIZES_TOLD]:
        seconds = float((pts[frame] - pts[0]) * time_base)
        told.append(f"{width} × {height} from frame {frame} on ({seconds:.3f} s)")
    more = len(sizes) - len(told)
    return ", ".join(told) + (f", and {more} more changes" if more else "")
