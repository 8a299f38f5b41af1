"""The finished film read back and compared with the source, before it gets its name.

Every frame there and in its place, every timestamp, every copied stream; the luma exact after a
lossless encoder and close after a lossy one.
"""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..color import colorfulness
from ..errors import ItemError
from .decoder import Film, decode, fingerprint, open_container, open_film
from .encode import thumb_width
from .index import FilmIndex
from .join import Joined
from .pixels import luma_of, picture_of
from .shots import shrunk
from .streams import Copy

# A lossy encoder leaves at least this between source and result, at about an eighth of the size.
LOWEST_PSNR = 30.0
# Neighbouring frames may be alike: another one must be nearer by this (squared 8-bit codes).
_CLEARLY_NEARER = 2.0
_NEIGHBOURS = 2
_COLOUR_SAMPLES = 50

_REMEDY = "Nothing was delivered. Run again with redo=failed; if it stays, please report it."


@dataclass(frozen=True)
class Verdict:
    """The figures of the check: for the row of the manifest."""

    frames: int
    colorfulness: float
    luma_error: int | None
    checks: dict[str, Any]


def verify_film(
    index: FilmIndex, result: Path, joined: Joined, thumbs: list[Path], codec: str
) -> Verdict:
    """Compare the film ``result`` with the index of its source.

    ``thumbs`` are the files of small luma that were made with the chunks. Raises ItemError if
    anything is not as it must be.
    """
    lossless = codec == "ffv1"
    checks: dict[str, Any] = {}
    with open_film(str(result)) as film:
        seen = _look(index, film, thumbs, lossless)
        if film.faults.any or seen.count != len(index):
            raise ItemError(
                f"The result holds {seen.count} frames, {film.faults.corrupt_frames} of them "
                f"damaged, not the {len(index)} of the source.",
                _REMEDY,
            )
        checks["timestamps"] = _check_times(index, seen.pts, film.time_base)
    checks["frames"] = seen.count
    if lossless:
        checks["luma"] = "every plane equal to the source's"
    else:
        checks["luma"] = "equal to the source's before the encoder"
        checks["psnr"] = {"lowest": round(seen.lowest_psnr, 1), "mean": round(seen.mean_psnr, 1)}
    checks["streams"] = _check_copies(joined.copies, result)
    checks |= joined.notes
    depth_kept = index.picture.coded_depth(codec) >= index.picture.depth
    return Verdict(
        frames=seen.count,
        colorfulness=round(float(np.mean(seen.colours)), 3),
        luma_error=(0 if depth_kept else None),
        checks=checks,
    )


class _Thumbs:
    """The small luma of all frames, one chunk's file in memory at a time and the edges kept."""

    def __init__(self, paths: list[Path]):
        self._paths = iter(paths)
        self._frames: dict[int, NDArray[np.uint8]] = {}
        self._next = 0

    def around(self, frame: int) -> dict[int, NDArray[np.uint8]]:
        while self._next <= frame + _NEIGHBOURS:
            path = next(self._paths, None)
            if path is None:
                break
            with np.load(path) as data:
                for small in data["luma"]:
                    self._frames[self._next] = small
                    self._next += 1
        for old in [n for n in self._frames if n < frame - _NEIGHBOURS]:
            del self._frames[old]
        near = range(frame - _NEIGHBOURS, frame + _NEIGHBOURS + 1)
        return {n: self._frames[n] for n in near if n in self._frames}


class _Look:
    def __init__(self) -> None:
        self.count = 0
        self.pts: list[int | None] = []
        self.colours: list[float] = []
        self._psnr_sum = 0.0
        self.lowest_psnr = 99.0

    @property
    def mean_psnr(self) -> float:
        return self._psnr_sum / max(1, self.count)

    def psnr(self, error: float) -> None:
        value = min(99.0, 10 * np.log10(255**2 / error) if error else 99.0)
        self._psnr_sum += value
        self.lowest_psnr = min(self.lowest_psnr, value)


def _look(index: FilmIndex, film: Film, thumbs: list[Path], lossless: bool) -> _Look:
    seen = _Look()
    small = _Thumbs(thumbs)
    picture = None
    count = len(index)
    samples = set(np.linspace(0, count - 1, min(count, _COLOUR_SAMPLES)).astype(int).tolist())
    for frame in decode(film):
        number = seen.count
        seen.count += 1
        seen.pts.append(frame.pts)
        if number >= count:
            continue
        picture = picture or picture_of(frame, film.stream)
        luma = luma_of(frame, picture)
        if lossless and picture.depth == index.picture.depth:
            if fingerprint(luma) != index.prints[number]:
                raise ItemError(f"The luma of frame {number} is not the source's.", _REMEDY)
        else:
            _check_place(
                seen, number, shrunk(luma, picture.depth, thumb_width(picture.width)), small
            )
        if number in samples:
            seen.colours.append(colorfulness(frame.to_ndarray(format="rgb24")))
    return seen


def _check_place(seen: _Look, number: int, luma: NDArray[np.uint8], small: _Thumbs) -> None:
    near = small.around(number)
    errors = {
        n: float(np.mean((luma.astype(np.float32) - other) ** 2)) for n, other in near.items()
    }
    own = errors[number]
    nearest = min(errors, key=errors.__getitem__)
    if own > errors[nearest] + _CLEARLY_NEARER and own > 2 * errors[nearest]:
        raise ItemError(f"Frame {number} of the result is frame {nearest} of the source.", _REMEDY)
    seen.psnr(own)
    if seen.lowest_psnr < LOWEST_PSNR:
        raise ItemError(
            f"The luma of frame {number} has only {seen.lowest_psnr:.1f} dB to the source.",
            "Encode at a higher quality (a lower crf).",
        )


def _check_times(index: FilmIndex, pts: list[int | None], time_base: Fraction) -> str:
    """Every timestamp is the source's, in the container's clock."""
    exact = True
    for number, value in enumerate(pts):
        true = int(index.pts[number]) * index.time_base
        if value is None or abs(value * time_base - true) > time_base / 2:
            raise ItemError(
                f"Frame {number} of the result stands at "
                f"{'no time' if value is None else f'{float(value * time_base):.6f} s'}, "
                f"not at {float(true):.6f} s.",
                _REMEDY,
            )
        if number and value <= pts[number - 1]:
            raise ItemError(f"Frame {number} of the result does not follow in time.", _REMEDY)
        exact = exact and value * time_base == true
    return "exact" if exact else f"rounded to {time_base} s, order kept"


def _check_copies(copies: list[Copy], result: Path) -> dict[str, str]:
    """Every copied stream holds the source's bytes at the source's times."""
    verdicts: dict[str, str] = {}
    for place in ("film", "mka", "mks"):
        here = {c.output: c for c in copies if c.place == place and c.kind != "attachment"}
        if here:
            path = str(result) if place == "film" else f"{result}.{place}"
            for copy, found in _read_copies(path, here):
                verdicts[f"{copy.source}: {copy.name}"] = _compare(copy, found)
    return verdicts


def _read_copies(path: str, here: dict[int, Copy]) -> list[tuple[Copy, Copy]]:
    with open_container(path) as film:
        streams = [film.streams[output] for output in here]
        found = {s.index: Copy(s.type, s.index, "", "film", time_base=s.time_base) for s in streams}
        for packet in film.demux(streams):
            if packet.size or packet.dts is not None:
                found[packet.stream_index].note(packet)
    return [(copy, found[output]) for output, copy in here.items()]


def _compare(copy: Copy, found: Copy) -> str:
    if found.hash.digest() != copy.hash.digest():
        raise ItemError(f"The copied stream {copy.source} ({copy.name}) differs.", _REMEDY)
    if len(found.times) != len(copy.times):
        return f"equal bytes, {len(copy.times)} packets as {len(found.times)}"
    half = found.time_base / 2
    for true, value in zip(copy.times, found.times, strict=True):
        if abs(value * found.time_base - true * copy.time_base) > half:
            raise ItemError(
                f"A packet of the copied stream {copy.source} ({copy.name}) stands at "
                f"{float(value * found.time_base):.6f} s, "
                f"not at {float(true * copy.time_base):.6f} s.",
                _REMEDY,
            )
    return f"equal, {len(copy.times)} packets"
