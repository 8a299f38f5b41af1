"""The finished film read back and compared with the source, before it gets its name.

Every frame there and in its place, every timestamp, every copied stream; the luma exact after a
lossless encoder and close after a lossy one.
"""

import math
from contextlib import closing
from dataclasses import dataclass
from fractions import Fraction
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..color import colorfulness
from ..errors import ItemError
from .arrays import from_blocks
from .coding import Coding
from .curve import Curve
from .decoder import Film, decode, fingerprint, open_film
from .encode import thumb_width
from .fields import FieldOrder
from .index import FilmIndex
from .join import Joined
from .overlap import ahead
from .pixels import Picture, luma_of, picture_of
from .shots import shrunk
from .verify_copies import REMEDY, check_copies, compare_tags

# A lossy encoder leaves at least this between source and result, at about an eighth of the size.
LOWEST_PSNR = 30.0
# Neighbouring frames may be alike: another one must be nearer by this (squared 8-bit codes).
_CLEARLY_NEARER = 2.0
_NEIGHBOURS = 2
_COLOUR_SAMPLES = 50


@dataclass(frozen=True)
class Verdict:
    """The figures of the check: for the row of the manifest."""

    frames: int
    colorfulness: float
    luma_error: int | None
    checks: dict[str, Any]
    curve: dict[str, list[float]]


def verify_film(
    index: FilmIndex, result: Path, joined: Joined, thumbs: list[Path], coding: Coding
) -> Verdict:
    """Compare the film ``result`` with the index of its source.

    ``thumbs`` are the files of small luma that were made with the chunks. Raises ItemError if
    anything is not as it must be.
    """
    checks: dict[str, Any] = {}
    with open_film(str(result)) as film:
        seen = _look(index, film, thumbs, coding)
        if film.faults.bad or seen.count != len(index):
            raise ItemError(
                f"The result holds {seen.count} frames, {film.faults.bad} of them damaged; "
                f"the source has {len(index)}.",
                REMEDY,
            )
        checks["timestamps"] = _check_times(index, seen.pts, film.time_base)
        checks |= compare_tags(film.container, joined.tags, joined.chapters)
        checks |= _compare_picture(index, coding, seen, film.captions)
    checks["frames"] = seen.count
    if coding.codec.lossless and coding.is_exact:
        checks["luma"] = "every plane equal to the source's"
    else:
        if coding.is_exact:
            checks["luma"] = "equal to the source's before the encoder"
        checks["psnr"] = {"lowest": round(seen.lowest_psnr, 1), "mean": round(seen.mean_psnr, 1)}
    checks["streams"] = check_copies(joined.copies, result)
    checks |= joined.notes
    return Verdict(
        frames=seen.count,
        colorfulness=round(float(np.mean(seen.colours)), 3),
        luma_error=(0 if coding.is_exact else None),
        checks=checks,
        curve=seen.curve.told(index),
    )


def _compare_picture(
    index: FilmIndex, coding: Coding, seen: "_Look", captions: int
) -> dict[str, Any]:
    """What the result did not keep of how the picture is to be shown, named.

    Raises ItemError if its colours would be read by another matrix or range.
    """
    true, found = index.picture, seen.picture
    if (coding.full, true.weights) != (found.full, found.weights):
        raise ItemError("The result does not carry the film's matrix and range.", REMEDY)
    lost = [
        name
        for name, kept in {
            "display matrix": true.display == found.display,
            "pixel aspect": _square(true.aspect) == _square(found.aspect),
            "interlacing": true.fields == seen.order.fields,
            "primaries": true.primaries == found.primaries,
            "transfer": true.transfer == found.transfer,
        }.items()
        if not kept
    ]
    if captions < index.facts["captions"]:
        lost.append("closed captions")
    return {"picture_not_kept": lost} if lost else {}


def _square(aspect: tuple[int, int]) -> tuple[int, int]:
    return aspect if aspect[0] else (1, 1)


class _Thumbs:
    """The small luma of the source's frames, those around the one that is looked at."""

    def __init__(self, paths: list[Path]):
        self._all = enumerate(chain.from_iterable(map(from_blocks, paths)))
        self._frames: dict[int, NDArray[np.uint8]] = {}

    def around(self, frame: int) -> dict[int, NDArray[np.uint8]]:
        while max(self._frames, default=-1) < frame + _NEIGHBOURS:
            number, small = next(self._all, (None, None))
            if number is None:
                break
            self._frames[number] = small
        for old in [n for n in self._frames if n < frame - _NEIGHBOURS]:
            del self._frames[old]
        near = range(frame - _NEIGHBOURS, frame + _NEIGHBOURS + 1)
        return {n: self._frames[n] for n in near if n in self._frames}


class _Look:
    def __init__(self) -> None:
        self.count = 0
        self.pts: list[int | None] = []
        self.colours: list[float] = []
        self.picture: Picture | None = None
        self.order = FieldOrder()
        self.curve = Curve()
        self._psnr_sum = 0.0
        self.lowest_psnr = 99.0

    @property
    def mean_psnr(self) -> float:
        return self._psnr_sum / max(1, self.count)

    def psnr(self, error: float) -> None:
        value = min(99.0, 10 * math.log10(255**2 / error)) if error else 99.0
        self._psnr_sum += value
        self.lowest_psnr = min(self.lowest_psnr, value)


def _look(index: FilmIndex, film: Film, thumbs: list[Path], coding: Coding) -> _Look:
    seen = _Look()
    small = _Thumbs(thumbs)
    count = len(index)
    samples = set(np.linspace(0, count - 1, min(count, _COLOUR_SAMPLES)).astype(int).tolist())
    with closing(ahead(decode(film))) as frames:
        for frame in frames:
            number = seen.count
            seen.count += 1
            seen.pts.append(frame.pts)
            seen.order.look(frame)
            if number >= count:
                continue
            picture = seen.picture = seen.picture or picture_of(frame, film.stream)
            luma = luma_of(frame, picture)
            if coding.codec.lossless and coding.is_exact:
                luma = coding.original(luma)
                if luma is None or fingerprint(luma) != index.prints[number]:
                    raise ItemError(f"The luma of frame {number} is not the source's.", REMEDY)
            else:
                _check_place(
                    seen, number, shrunk(luma, picture.depth, thumb_width(picture.width)), small
                )
            seen.curve.add(frame)
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
        raise ItemError(f"Frame {number} of the result is frame {nearest} of the source.", REMEDY)
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
                REMEDY,
            )
        if number and value <= pts[number - 1]:
            raise ItemError(f"Frame {number} of the result does not follow in time.", REMEDY)
        exact = exact and value * time_base == true
    return "exact" if exact else f"rounded to {time_base} s, order kept"
