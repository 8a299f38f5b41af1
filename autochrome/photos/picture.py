"""A photograph as the rest of this room sees it: luma, what was seen of its colour, metadata."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import chroma_from_ab, lay_badge, luma_from_rgb, raise_ab, rgb_from_luma_chroma

# Work goes in strips of about this many pixels, so that memory does not grow with the picture.
_STRIP_PIXELS = 1 << 20
# The longer side of what the tone decision looks at is at least this, if there is.
_SEEN_SIDE = 1024
_MAP_ROWS = 1024


@dataclass
class Picture:
    """A decoded photograph, its rows as they are stored in the file (not turned upright).

    ``luma`` uint8 or uint16 (H, W), Rec. 601 on the picture's own codes; ``seen`` uint8 (h, w, 3),
    a reduced R'G'B' copy, or None where the file holds a single channel; ``alpha`` (H, W) of
    luma's type or None; ``orientation`` 1 … 8 as EXIF counts; ``xmp`` and ``icc`` raw bytes,
    empty if there are none. ``badge``: the visible mark is to be drawn. ``damage`` says what is
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


@dataclass(frozen=True)
class Indexed:
    """Pixels by their place in a palette: uint8 (H, W, 3), each looked up when it is asked for.

    ``indexes`` uint8 (H, W), ``palette`` uint8 (n, 3).
    """

    indexes: NDArray[np.uint8]
    palette: NDArray[np.uint8]
    ndim = 3
    dtype = np.dtype(np.uint8)

    @property
    def shape(self) -> tuple[int, int, int]:
        return (*self.indexes.shape, 3)

    def __getitem__(self, rows: slice) -> NDArray[np.uint8]:
        return self.palette[self.indexes[rows]]


def strips(height: int, width: int) -> Iterator[slice]:
    """Slices of rows that together are a picture of that size."""
    step = max(2, _STRIP_PIXELS // max(1, width) // 2 * 2)
    for top in range(0, height, step):
        yield slice(top, min(top + step, height))


def reduced(pixels: NDArray[np.integer] | Indexed, side: int = _SEEN_SIDE) -> NDArray[np.float32]:
    """A copy of moderate size by area means: float32 (h, w[, 3]) in [0, 1].

    ``pixels`` uint8 or uint16 (H, W[, 3]). The longer side becomes ``side`` … 2 ``side`` - 1
    pixels, or stays if it is less.
    """
    height, width = pixels.shape[:2]
    share = np.float32(1 / np.iinfo(pixels.dtype).max)
    factor = max(1, max(height, width) // side)
    if factor == 1:
        return pixels[:] * share
    columns = max(1, width // factor)
    step = max(1, _STRIP_PIXELS // (width * factor)) * factor
    rows = []
    for top in range(0, height, step):
        strip = pixels[top : top + step].astype(np.float32)
        count = max(1 if not rows else 0, strip.shape[0] // factor)
        if count:
            rows.append(cv2.resize(strip, (columns, count), interpolation=cv2.INTER_AREA) * share)
    return np.concatenate(rows)


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


def picture_from_pixels(pixels: NDArray[np.integer] | Indexed, **facts: Any) -> Picture:
    """A `Picture` of grey (H, W) or R'G'B' (H, W, 3) codes; ``facts`` are its other fields."""
    if pixels.ndim == 2:
        return Picture(luma=pixels, **facts)
    luma = np.empty(pixels.shape[:2], pixels.dtype)
    for rows in strips(*luma.shape):
        luma[rows] = luma_from_rgb(pixels[rows])
    seen = np.rint(reduced(pixels) * 255).astype(np.uint8)
    return Picture(luma=luma, seen=seen, **facts)


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
    peak = np.float32(np.iinfo(luma.dtype).max)
    for rows in strips(*luma.shape):
        full_ab = raised_ab(picture, ab, *luma.shape, rows.start, rows.stop - rows.start)
        chroma = chroma_from_ab(luma[rows] / peak, full_ab)
        yield rows, rgb_from_luma_chroma(luma[rows], chroma)


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
