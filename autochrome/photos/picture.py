"""A photograph as the rest of this room sees it: luma, what was seen of its colour, metadata."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import (
    lay_badge,
    luma_from_rgb,
    raise_ab,
    rgb_from_luma_ab,
    shrunk,
)

# Work goes in strips of about this many pixels, so that memory does not grow with the picture.
_STRIP_PIXELS = 1 << 20
# The longer side of what the tone decision looks at is at least this, if there is.
_SEEN_SIDE = 1024
_OVERVIEW_SIDE = 256
_MAP_ROWS = 1024


@dataclass
class Picture:
    """A decoded photograph, its rows as they are stored in the file (not turned upright).

    ``luma`` uint8 or uint16 (H, W), Rec. 601 on the picture's own codes; ``seen`` uint8 (h, w, 3),
    a reduced R'G'B' copy, or None where the file holds a single channel; ``alpha`` (H, W) of
    luma's type or None; ``orientation`` 1 … 8 as EXIF counts; ``xmp`` and ``icc`` raw bytes,
    empty if there are none. ``badge``: the visible mark is to be drawn. ``inverted``: the file
    holds the negative of what is here. ``damage`` says what is
    missing of a picture that decoded in part, ``decoded`` how many rows of it are there (0: all).
    ``notes`` are sentences for the record; ``store`` is what the format's own writer needs.
    """

    luma: NDArray[np.integer]
    seen: NDArray[np.uint8] | None = None
    alpha: NDArray[np.integer] | None = None
    orientation: int = 1
    xmp: bytes = b""
    icc: bytes = b""
    badge: bool = False
    inverted: bool = False
    damage: str = ""
    decoded: int = 0
    notes: list[str] = field(default_factory=list)
    store: Any = None

    @property
    def height(self) -> int:
        return self.luma.shape[0]

    @property
    def width(self) -> int:
        return self.luma.shape[1]

    def invert(self) -> None:
        """Make a negative the positive that it shows."""
        self.luma = np.bitwise_not(self.luma)
        self.seen = None if self.seen is None else np.bitwise_not(self.seen)
        self.inverted = not self.inverted


def sidecar_of(picture: Path) -> Path:
    """The XMP file beside a picture that cannot hold its packet itself."""
    return picture.with_name(f"{picture.name}.xmp")


@dataclass(frozen=True)
class Written:
    """What was checked of a written result: the greatest difference of luma, in codes, how the
    luma was compared, and notes. ``damage`` is what only the writer found missing of the source;
    ``marked`` is False where the file could not hold the XMP packet."""

    luma_error: int
    luma: str
    notes: tuple[str, ...] = ()
    damage: str = ""
    marked: bool = True


def strips(height: int, width: int) -> Iterator[slice]:
    """Slices of rows that together are a picture of that size."""
    step = max(2, _STRIP_PIXELS // max(1, width) // 2 * 2)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def reduced(pixels: NDArray[np.integer], side: int = _SEEN_SIDE) -> NDArray[np.float32]:
    """A copy of moderate size by area means: float32 (h, w[, 3]) in [0, 1].

    ``pixels`` uint8 or uint16 (H, W[, 3]). The longer side becomes ``side`` … 2 ``side`` - 1
    pixels, or stays if it is less.
    """
    if max(pixels.shape[:2]) < 2 * side:
        return pixels * np.float32(1 / np.iinfo(pixels.dtype).max)
    copy = _Reduced(*pixels.shape[:2], side)
    for rows in strips(*pixels.shape[:2]):
        copy.add(pixels[rows])
    return copy.whole()


def overview(luma: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A copy whose longer side is at most 256, uint8 (h', w'): what a scan is shows in it.

    ``luma`` float32 (h, w) in [0, 1].
    """
    scale = min(1.0, _OVERVIEW_SIDE / max(luma.shape))
    height, width = (max(1, round(side * scale)) for side in luma.shape)
    small = shrunk(luma, height, width)
    return np.rint(np.clip(small, 0, 1) * 255).astype(np.uint8)


class _Reduced:
    """A copy of moderate size of pixels that come strip by strip, as `reduced` makes it."""

    def __init__(self, height: int, width: int, side: int = _SEEN_SIDE):
        self._factor = max(1, max(height, width) // side)
        self._columns = max(1, width // self._factor)
        # However the strips are cut, the means are taken of these rows together.
        self._step = max(1, _STRIP_PIXELS // (width * self._factor)) * self._factor
        self._waiting: list[NDArray[np.integer]] = []
        self._rows: list[NDArray[np.float32]] = []

    def add(self, strip: NDArray[np.integer]) -> None:
        while sum(map(len, self._waiting)) + len(strip) >= self._step:
            rest = self._step - sum(map(len, self._waiting))
            self._waiting.append(strip[:rest])
            self._take()
            strip = strip[rest:]
        if len(strip):
            self._waiting.append(strip.copy())

    def whole(self) -> NDArray[np.float32]:
        """The copy, when all strips are there."""
        if self._waiting:
            self._take()
        return np.concatenate(self._rows)

    def _take(self) -> None:
        strip = np.concatenate(self._waiting)
        self._waiting = []
        share = np.float32(1 / np.iinfo(strip.dtype).max)
        if self._factor == 1:
            self._rows.append(strip * share)
            return
        count = max(0 if self._rows else 1, len(strip) // self._factor)
        if count:
            size = self._columns, count
            mean = cv2.resize(strip.astype(np.float32), size, interpolation=cv2.INTER_AREA)
            self._rows.append(mean * share)


def rows_with_content(luma: NDArray[np.integer]) -> int:
    """How many rows there are above the flat area with which decoders fill what is missing."""
    changes = np.flatnonzero((luma != luma[-1, -1]).any(axis=1))
    return int(changes[-1]) + 1 if len(changes) else 0


def extended(ab: NDArray[np.float32], decoded: int, height: int) -> NDArray[np.float32]:
    """The map of a picture's upper ``decoded`` rows as one of all ``height``, grey below."""
    rows = max(1, min(ab.shape[0], round(_MAP_ROWS * decoded / height)))
    upper = cv2.resize(ab, (ab.shape[1], rows), interpolation=cv2.INTER_AREA)
    missing = round(rows * (height - decoded) / decoded)
    return np.pad(upper, ((0, missing), (0, 0), (0, 0)))


def picture_from_pixels(pixels: NDArray[np.integer], **facts: Any) -> Picture:
    """A `Picture` of codes (H, W) or (H, W, n): grey, grey + alpha, R'G'B', R'G'B' + alpha.

    ``facts`` are its other fields.
    """
    if pixels.shape[2:] in ((), (1,)):
        return Picture(luma=pixels.reshape(pixels.shape[:2]), **facts)
    height, width = pixels.shape[:2]
    pieces = (pixels[rows] for rows in strips(height, width))
    return picture_from_strips(height, width, pieces, **facts)


def picture_from_strips(
    height: int, width: int, pieces: Iterable[NDArray[np.integer]], **facts: Any
) -> Picture:
    """The same of codes that come strip by strip, from the first row to the last.

    ``pieces`` (rows, W) or (rows, W, n). Raises ValueError if their rows are too few.
    """
    luma = alpha = small = None
    top = 0
    for piece in pieces:
        channels = 1 if piece.ndim == 2 else piece.shape[2]
        if luma is None:
            luma = np.empty((height, width), piece.dtype)
            alpha = np.empty_like(luma) if channels in (2, 4) else None
            small = _Reduced(height, width) if channels > 2 else None
        rows = slice(top, top + len(piece))
        if small is None:
            luma[rows] = piece if piece.ndim == 2 else piece[..., 0]
        else:
            rgb = np.ascontiguousarray(piece[..., :3])
            luma[rows] = luma_from_rgb(rgb)
            small.add(rgb)
        if alpha is not None:
            alpha[rows] = piece[..., -1]
        top += len(piece)
    if luma is None or top != height:
        raise ValueError(f"it has {top} rows of {height}")
    seen = None if small is None else np.rint(small.whole() * 255).astype(np.uint8)
    return Picture(luma=luma, seen=seen, alpha=alpha, **facts)


def raised_ab(
    picture: Picture,
    ab: NDArray[np.float32],
    height: int,
    width: int,
    first_row: int = 0,
    rows: int | None = None,
) -> NDArray[np.float32]:
    """As `raise_ab`, with the visible mark where the picture is to have it."""
    full_ab = raise_ab(ab, height, width, first_row, rows)
    if picture.badge:
        lay_badge(full_ab, height, first_row, picture.orientation)
    return full_ab


def coloured_strips(
    picture: Picture, ab: NDArray[np.float32], luma: NDArray[np.integer] | None = None
) -> Iterator[tuple[slice, NDArray[np.integer]]]:
    """Rows of the coloured picture: which rows, and their R'G'B' codes (rows, W, 3).

    ``ab`` float32 (h, w, 2), the network's map in the picture's orientation; ``luma`` is that of
    a copy of another size, if not the picture's own.
    """
    luma = picture.luma if luma is None else luma
    for rows in strips(*luma.shape):
        full_ab = raised_ab(picture, ab, *luma.shape, rows.start, rows.stop - rows.start)
        yield rows, rgb_from_luma_ab(luma[rows], full_ab)


def coloured(picture: Picture, ab: NDArray[np.float32]) -> NDArray[np.integer]:
    """The whole coloured picture: (H, W, 3), or (H, W, 4) where there is alpha."""
    channels = 3 if picture.alpha is None else 4
    pixels = np.empty((picture.height, picture.width, channels), picture.luma.dtype)
    for rows, rgb in coloured_strips(picture, ab):
        pixels[rows, :, :3] = rgb
    if picture.alpha is not None:
        pixels[..., 3] = picture.alpha
    return pixels


def coloured_small(picture: Picture, ab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A coloured copy of moderate size: uint8 (h, w, 3), the longer side at most 2047."""
    luma = np.rint(np.clip(reduced(picture.luma), 0, 1) * 255).astype(np.uint8)
    return np.concatenate([rgb for _, rgb in coloured_strips(picture, ab, luma)])


def luma_difference(one: NDArray[np.integer], other: NDArray[np.integer]) -> int:
    """The greatest difference of two lumas (H, W) of one type, in codes."""
    if one.shape != other.shape or one.dtype != other.dtype:
        return int(np.iinfo(one.dtype).max)
    return max(
        int(np.abs(one[rows].astype(np.int32) - other[rows]).max()) for rows in strips(*one.shape)
    )


def upright(array: NDArray, orientation: int) -> NDArray:
    """Stored rows (H, W[, …]) turned as a person sees them."""
    if orientation in (5, 6, 7, 8):
        array = np.swapaxes(array, 0, 1)
    if orientation in (3, 4, 7, 8):
        array = array[::-1]
    if orientation in (2, 3, 6, 7):
        array = array[:, ::-1]
    return np.ascontiguousarray(array)


def as_stored(array: NDArray, orientation: int) -> NDArray:
    """The inverse of `upright`."""
    return upright(array, {6: 8, 8: 6}.get(orientation, orientation))
