"""TIFF: the coloured file has the source's depth, tags, byte order and (where lossless) coding."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC

from ..errors import ItemError
from .faults import check_pixels, convert_remedy, damaged
from .icc import profile_for_colour
from .picture import Picture, Written, coloured
from .raster import picture_from_channels, verified
from .tiff_tags import Tag, read_tags, replace_tags

_ORIENTATION, _XMP, _ICC = 274, 700, 34675
_REDUCED = 1
# What describes how the pixels are coded: written anew, never carried over.
_STRUCTURE = {254, 255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281}
_STRUCTURE |= {284, 288, 289, 290, 291, 292, 293, 301, 317, 320, 322, 323, 324, 325, 330, 338, 339}
_STRUCTURE |= {340, 341, 347, *range(512, 522), 529, 530, 531, 532}
_SUB_DIRECTORIES = 330

_LOSSLESS = {
    COMPRESSION.NONE: None,
    COMPRESSION.LZW: "lzw",
    COMPRESSION.ADOBE_DEFLATE: "zlib",
    COMPRESSION.DEFLATE: "zlib",
    COMPRESSION.PACKBITS: "packbits",
    COMPRESSION.ZSTD: "zstd",
    COMPRESSION.LZMA: "lzma",
}
_PREDICTED = {"lzw", "zlib", "zstd"}


@dataclass(frozen=True)
class _Store:
    """What the writer needs of the source: its raw tags, and how its pixels were coded."""

    tags: dict[int, Tag]
    order: str
    big: bool
    compression: str | None
    tile: tuple[int, int] | None
    extrasamples: tuple[int, ...]


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a TIFF of one picture. Raises ItemError for what is broken or not supported."""
    try:
        with tifffile.TiffFile(path) as file:
            pages = list(file.pages)
            page = pages[0]
            check_pixels(page.imagelength, page.imagewidth, max_pixels)
            notes = _check_pages(path, pages)
            _check_coding(path, page)
            if _ends_early(page, file.filehandle.size):
                raise damaged(path, "its picture data is cut")
            pixels = page.asarray()
            pixels = _channels(page, pixels)
            order, big = file.byteorder, file.is_bigtiff
        tags = read_tags(path)
    except (MemoryError, ItemError):
        raise
    except Exception as error:  # tifffile and its codecs raise many types on damaged files
        raise damaged(path, str(error)) from error
    if _SUB_DIRECTORIES in tags:
        notes.append("pictures in sub-directories left out")
    orientation = int.from_bytes(
        tags[_ORIENTATION].data[:2] if _ORIENTATION in tags else b"", _endian(order)
    )
    picture = picture_from_channels(
        pixels,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        xmp=tags[_XMP].data if _XMP in tags else b"",
        icc=tags[_ICC].data if _ICC in tags else b"",
        notes=notes,
        store=_Store(tags, order, big, *_coding(page)),
    )
    _check_alpha(path, picture)
    return picture


def _endian(order: str) -> Any:
    return "little" if order == "<" else "big"


def _check_pages(path: Path, pages: list) -> list[str]:
    further = [page for page in pages[1:] if not page.subfiletype & _REDUCED]
    if further:
        raise ItemError(
            f"It holds {len(pages)} pictures, which is not supported.",
            f"Take them apart, for example: magick {shlex.quote(path.name)} page-%d.tif",
        )
    return ["reduced copies in further directories left out"] if len(pages) > 1 else []


def _check_coding(path: Path, page: Any) -> None:
    """Raise ItemError unless the pixels are of a kind that is done right."""
    kind = ""
    sampleformat = page.sampleformat if isinstance(page.sampleformat, int) else 0
    if page.photometric == PHOTOMETRIC.YCBCR and page.compression != COMPRESSION.JPEG:
        kind = "a TIFF in YCbCr that is not JPEG-compressed"
    elif page.photometric not in (
        PHOTOMETRIC.MINISWHITE,
        PHOTOMETRIC.MINISBLACK,
        PHOTOMETRIC.RGB,
        PHOTOMETRIC.PALETTE,
        PHOTOMETRIC.YCBCR,
    ):
        kind = f"a TIFF of the colour space {getattr(page.photometric, 'name', page.photometric)}"
    elif page.compression == COMPRESSION.OJPEG:
        kind = "a TIFF with the old JPEG compression of TIFF 6.0"
    elif sampleformat != 1:
        kind = f"a TIFF of {page.bitspersample}-bit floating-point or signed samples"
    elif page.bitspersample not in (1, 2, 4, 8, 16):
        kind = f"a TIFF of {page.bitspersample} bits a sample"
    elif page.samplesperpixel > 4 or len(page.extrasamples) > 1 or page.imagedepth > 1:
        kind = f"a TIFF of {page.samplesperpixel} channels"
    elif page.compression == COMPRESSION.JPEG and page.bitspersample != 8:
        kind = f"a TIFF in JPEG of {page.bitspersample} bits"
    if kind:
        raise ItemError(f"It is {kind}, which is not supported.", convert_remedy(path))


def _ends_early(page: Any, size: int) -> bool:
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    return not segments or any(not n or offset + n > size for offset, n in segments)


def _channels(page: Any, pixels: NDArray) -> NDArray[np.integer]:
    """Codes as uint8 or uint16, (H, W) or (H, W, n), black at 0."""
    shape = (page.imagelength, page.imagewidth)
    if pixels.ndim == 3 and pixels.shape[:2] != shape:
        pixels = np.ascontiguousarray(np.moveaxis(pixels, 0, 2))
    if pixels.shape[:2] != shape:
        raise ValueError(f"its pixels have the shape {pixels.shape}")
    if page.photometric == PHOTOMETRIC.PALETTE:
        palette = page.colormap
        palette = (palette >> 8 if palette.max() > 255 else palette).astype(np.uint8)
        return np.ascontiguousarray(palette.T)[pixels.astype(np.uint8)]
    if page.bitspersample < 8:
        pixels = pixels.astype(np.uint8) * np.uint8(255 // (2**page.bitspersample - 1))
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        pixels = np.iinfo(pixels.dtype).max - pixels
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _coding(page: Any) -> tuple[str | None, tuple[int, int] | None, tuple[int, ...]]:
    tile = None
    if page.is_tiled and page.tilelength % 16 == 0 and page.tilewidth % 16 == 0:
        tile = (page.tilelength, page.tilewidth)
    extrasamples = tuple(int(sample) for sample in page.extrasamples)
    return _LOSSLESS.get(page.compression, "zlib"), tile, extrasamples


def _check_alpha(path: Path, picture: Picture) -> None:
    associated = EXTRASAMPLE.ASSOCALPHA in picture.store.extrasamples
    if (
        associated
        and picture.alpha is not None
        and picture.alpha.min() < np.iinfo(picture.alpha.dtype).max
    ):
        raise ItemError(
            "It has transparent parts with premultiplied alpha, which is not supported.",
            f"Flatten it, for example: magick {shlex.quote(path.name)} -alpha off out.tif",
        )


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured TIFF with the source's tags, and check it."""
    store: _Store = picture.store
    icc, notes = profile_for_colour(picture.icc)
    compression = store.compression
    tifffile.imwrite(
        part,
        coloured(picture, ab),
        byteorder=store.order,
        bigtiff=store.big,
        photometric="rgb",
        compression=compression,
        predictor=compression in _PREDICTED or None,
        tile=store.tile,
        rowsperstrip=None,
        extrasamples=store.extrasamples or None,
        metadata=None,
        software=False,
    )
    tags = {code: tag for code, tag in store.tags.items() if code not in _STRUCTURE}
    tags.pop(_ICC, None)
    if icc:
        tags[_ICC] = Tag(7, len(icc), icc)
    if xmp:
        tags[_XMP] = Tag(1, len(xmp), xmp)
    replace_tags(part, tags)
    return verified(part, picture, read, [*picture.notes, *notes])
