"""TIFF: the coloured file has the source's depth, tags, byte order and (where lossless) coding."""

import shlex
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import tifffile
from numpy.typing import NDArray
from tifffile import COMPRESSION, EXTRASAMPLE, PHOTOMETRIC, PLANARCONFIG

from ..color import REC601, luma_from_rgb
from ..errors import ItemError
from ..mark import CREDENTIALS_LEFT
from .faults import camera_raw, check_pixels, convert_remedy, damaged
from .icc import profile_for_colour
from .libjpeg import told_by_libtiff
from .picture import (
    Picture,
    Written,
    coloured_strips,
    luma_difference,
    picture_from_pixels,
    picture_from_strips,
    strips,
)
from .raster import judged
from .tiff_tags import Tag, read_tags, replace_tags

_ORIENTATION, _XMP, _ICC = 274, 700, 34675
_REDUCED = 1
# What describes how the pixels are coded: written anew, never carried over.
_STRUCTURE = {255, 256, 257, 258, 259, 262, 263, 264, 265, 266, 273, 277, 278, 279, 280, 281}
_STRUCTURE |= {284, 288, 289, 290, 291, 292, 293, 301, 317, 320, 322, 323, 324, 325, 330, 338, 339}
_STRUCTURE |= {340, 341, 347, *range(512, 522), 529, 530, 531, 532}
_EXIF, _MAKER_NOTE, _CREDENTIALS = 34665, 37500, 52545
_ENCODERS = {
    None: bytes,
    "lzw": imagecodecs.lzw_encode,
    # libdeflate's lowest level is as small as zlib's 6, within 3 %, at a fifth of the time.
    "zlib": partial(imagecodecs.deflate_encode, level=1),
    "zstd": imagecodecs.zstd_encode,
    "lzma": imagecodecs.lzma_encode,
}
_SUB_DIRECTORIES = 330
# What the writer gives every file: one pixel to no unit.
_RESOLUTION = {282, 283, 296}
_RAW_PHOTOMETRICS = (PHOTOMETRIC.CFA, PHOTOMETRIC.LINEAR_RAW)
_DNG_VERSION = 50706
# Values of floating-point samples that stand for white, and the least greatest value that tells so:
# 1.3 may be overshoot beyond 1, and 4000 of 12 bits.
_WHITES = {1.0: 0.0, 255.0: 32.0, 65535.0: 8192.0}
_STRIP_BYTES = 1 << 22
# A large photograph is alone, and its strips are all that several cores can share.
_THREADS = 2
# A classic TIFF counts with 32 bits.
_MOST_CLASSIC = (1 << 32) - (1 << 25)

_SILENT = {
    COMPRESSION.CCITTRLE,
    COMPRESSION.CCITT_T4,
    COMPRESSION.CCITT_T6,
    COMPRESSION.CCIRLEW,
    COMPRESSION.JPEG,
}
_LOSSLESS = {
    COMPRESSION.NONE: None,
    COMPRESSION.LZW: "lzw",
    COMPRESSION.ADOBE_DEFLATE: "zlib",
    COMPRESSION.DEFLATE: "zlib",
    COMPRESSION.PACKBITS: "packbits",
    COMPRESSION.ZSTD: "zstd",
    COMPRESSION.LZMA: "lzma",
}


@dataclass(frozen=True)
class _Store:
    """What the writer needs of the source: its raw tags, and how its pixels were coded."""

    tags: dict[int, Tag]
    order: str
    big: bool
    coding: dict[str, Any]
    extrasamples: tuple[int, ...]
    floating: "_Floating | None" = None


@dataclass(frozen=True)
class _Floating:
    """Luma of floating-point samples, float32 (H, W), and the value that is white."""

    luma: NDArray[np.float32]
    white: float


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a TIFF's first picture. Raises ItemError for what is broken or not supported."""
    try:
        with tifffile.TiffFile(path) as file:
            pages = list(file.pages)
            if not pages:
                raise damaged(path, "it has no directory that can be read")
            page = pages[0]
            check_pixels(page.imagelength, page.imagewidth, max_pixels)
            notes = ["reduced copies in further directories left out"] if len(pages) > 1 else []
            _check_coding(path, page)
            if _ends_early(page, file.filehandle.size):
                raise damaged(path, "its picture data is cut")
            floating = None
            if page.dtype.kind == "f":
                pixels = page.asarray()
                floating = _floating(path, pixels)
                if page.photometric == PHOTOMETRIC.MINISWHITE:
                    floating = replace(floating, luma=floating.white - floating.luma)
                codes = _channels(page, _codes(pixels, floating))
                picture = picture_from_pixels(_meant(page, codes))
            else:
                pieces = (_meant(page, rows) for rows in _strips_of(page))
                picture = picture_from_strips(page.imagelength, page.imagewidth, pieces)
            order, big = file.byteorder, file.is_bigtiff
            # The decoders used here fill up what is broken and say nothing.
            broken = page.compression in _SILENT and told_by_libtiff(path)
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
    picture = replace(
        picture,
        orientation=orientation if 1 <= orientation <= 8 else 1,
        xmp=tags[_XMP].data if _XMP in tags else b"",
        icc=tags[_ICC].data if _ICC in tags else b"",
        notes=notes,
        damage=f"the picture data is cut or broken ({broken})" if broken else "",
        store=_Store(tags, order, big, _coding(page), tuple(map(int, page.extrasamples)), floating),
    )
    _check_alpha(path, picture)
    return picture


def _endian(order: str) -> Any:
    return "little" if order == "<" else "big"


def _check_coding(path: Path, page: Any) -> None:
    """Raise ItemError unless the pixels are of a kind that is done right."""
    kind = ""
    sampleformat = page.sampleformat if isinstance(page.sampleformat, int) else 0
    if page.photometric in _RAW_PHOTOMETRICS or _DNG_VERSION in page.tags:
        raise camera_raw()
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
    elif sampleformat == 3 and page.bitspersample == 32:
        if page.extrasamples or page.photometric == PHOTOMETRIC.PALETTE:
            kind = "a TIFF of floating-point samples with alpha or a palette"
    elif sampleformat != 1:
        kind = f"a TIFF of {page.bitspersample}-bit floating-point or signed samples"
    elif page.bitspersample not in (1, 2, 4, 8, 16):
        kind = f"a TIFF of {page.bitspersample} bits a sample"
    elif page.photometric == PHOTOMETRIC.PALETTE and page.samplesperpixel > 1:
        kind = "a TIFF of a palette with alpha"
    elif page.samplesperpixel > 4 or len(page.extrasamples) > 1 or page.imagedepth > 1:
        kind = f"a TIFF of {page.samplesperpixel} channels"
    elif page.compression == COMPRESSION.JPEG and page.bitspersample != 8:
        kind = f"a TIFF in JPEG of {page.bitspersample} bits"
    if kind:
        raise ItemError(f"It is {kind}, which is not supported.", convert_remedy(path))


def _ends_early(page: Any, size: int) -> bool:
    segments = list(zip(page.dataoffsets, page.databytecounts, strict=False))
    return not segments or any(not n or offset + n > size for offset, n in segments)


def _strips_of(page: Any) -> Iterator[NDArray[np.integer]]:
    """The samples as they stand in the file, from the first row to the last: (rows, W[, n])."""
    height, width, samples = page.imagelength, page.imagewidth, page.samplesperpixel
    # What tifffile decodes as a whole is left to it; so are planes, which lie one after another.
    is_whole = page.jpegheader is not None and page.is_tiled
    if is_whole or (samples > 1 and page.planarconfig == PLANARCONFIG.SEPARATE):
        pixels = _channels(page, page.asarray())
        yield from (pixels[rows] for rows in strips(height, width))
    elif page.is_contiguous and page.fillorder == page.predictor == 1:
        kind = np.dtype(page.parent.byteorder + page.dtype.char)
        file = page.parent.filehandle
        for rows in strips(height, width):
            # Between strips, tags may be read.
            file.seek(page.dataoffsets[0] + rows.start * width * samples * kind.itemsize)
            count = (rows.stop - rows.start) * width * samples
            yield file.read_array(kind, count).reshape(-1, width, samples)
    else:
        band: NDArray = np.empty(0)
        for piece, (_, _, top, left, _), shape in page.segments(
            maxworkers=1, buffersize=_STRIP_BYTES
        ):
            if piece is None:
                piece = np.full(shape, page.nodata, page.dtype)
            piece = piece[0, : height - top, : width - left]
            if left == 0:
                band = np.empty((len(piece), width, samples), piece.dtype)
            band[:, left : left + piece.shape[1]] = piece
            if left + piece.shape[1] == width:
                yield band


def _channels(page: Any, pixels: NDArray) -> NDArray:
    """A whole picture's samples as (H, W) or (H, W, n)."""
    shape = (page.imagelength, page.imagewidth)
    if pixels.ndim == 3 and pixels.shape[:2] != shape:
        pixels = np.moveaxis(pixels, 0, 2)
    if pixels.shape[:2] != shape:
        raise ValueError(f"its pixels have the shape {pixels.shape}")
    return pixels


def _meant(page: Any, pixels: NDArray[np.integer]) -> NDArray[np.integer]:
    """What samples stand for: codes as uint8 or uint16, black at 0."""
    if page.photometric == PHOTOMETRIC.PALETTE:
        palette = page.colormap
        palette = (palette >> 8 if palette.max() > 255 else palette).astype(np.uint8)
        # Indexes of one bit come as truth values.
        return palette.T[pixels.reshape(pixels.shape[:2]).astype(np.uint16, copy=False)]
    if page.bitspersample < 8:
        pixels = pixels.astype(np.uint8) * np.uint8(255 // (2**page.bitspersample - 1))
    if page.photometric == PHOTOMETRIC.MINISWHITE:
        # Not the alpha beside it.
        light = pixels if pixels.ndim == 2 else pixels[..., :1]
        np.bitwise_not(light, out=light)
    return pixels.astype(pixels.dtype.newbyteorder("="), copy=False)


def _floating(path: Path, pixels: NDArray[np.floating]) -> _Floating:
    """Luma of floating-point samples (H, W[, 3]). Raises ItemError if they are no picture's."""
    low, high = float(pixels.min()), float(pixels.max())
    white = next((white for white, least in _WHITES.items() if least <= high <= white), None)
    # NaN compares as false with everything.
    if white is None or not low >= 0:
        raise ItemError(
            f"It is a TIFF of floating-point samples from {low:g} to {high:g}, "
            "for which it is not known what is white.",
            "Scale it to 0 … 1, or convert it to 16 bits, in the program that made it.",
        )
    if pixels.ndim == 3 and pixels.shape[0] == 3 and pixels.shape[2] != 3:
        pixels = np.moveaxis(pixels, 0, 2)
    luma = pixels if pixels.ndim == 2 else pixels @ np.float32(REC601)
    return _Floating(np.ascontiguousarray(luma, np.float32), white)


def _codes(pixels: NDArray[np.floating], floating: _Floating) -> NDArray[np.uint16]:
    return np.rint(pixels * np.float32(65535 / floating.white)).astype(np.uint16)


def _coding(page: Any) -> dict[str, Any]:
    """How the pixels are laid out and compressed, in the words of tifffile's writer."""
    compression = _LOSSLESS.get(page.compression, "zlib")
    kept = page.compression in _LOSSLESS
    coding: dict[str, Any] = {"compression": compression}
    coding["predictor"] = (
        int(page.predictor)
        if kept and page.predictor in (2, 3)
        else (not kept and page.sampleformat != 3) or None
    )
    if page.is_tiled and page.tilelength % 16 == 0 and page.tilewidth % 16 == 0:
        coding["tile"] = (page.tilelength, page.tilewidth)
    else:
        # A strip is coded as a whole: of a large picture it is cut, since memory counts.
        most = max(1, _STRIP_BYTES // (page.imagewidth * 3 * page.dtype.itemsize))
        coding["rowsperstrip"] = min(page.rowsperstrip or 1, page.imagelength, most)
    if page.samplesperpixel > 1 and page.planarconfig == PLANARCONFIG.SEPARATE:
        coding["planarconfig"] = "separate"
    return coding


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


def _coloured_strips(picture: Picture, ab: NDArray[np.float32]) -> Iterator[NDArray]:
    """Rows of the result from the first to the last: (rows, W, 3), or 4 with alpha."""
    floating: _Floating | None = picture.store.floating
    for rows, rgb in coloured_strips(picture, ab):
        if floating is not None:
            difference = rgb.astype(np.float32) - picture.luma[rows, :, None]
            difference *= np.float32(floating.white / 65535)
            luma = floating.luma[rows, :, None]
            luma = floating.white - luma if picture.inverted else luma
            yield np.clip(luma + difference, 0, floating.white)
        elif picture.alpha is not None:
            yield np.dstack([rgb, picture.alpha[rows]])
        else:
            yield rgb


def _pieces(strips_of_it: Iterator[NDArray], store: _Store) -> Iterator[NDArray | bytes]:
    """The same rows as the tiles of the file, or as its strips, encoded."""
    if "tile" in store.coding:
        height, width = store.coding["tile"]
        for rows in _cut(strips_of_it, height):
            for left in range(0, rows.shape[1], width):
                yield np.ascontiguousarray(rows[:, left : left + width])
    else:
        yield from _all_encoded(_cut(strips_of_it, store.coding["rowsperstrip"]), store)


def _cut(strips_of_it: Iterator[NDArray], step: int) -> Iterator[NDArray]:
    """The same rows, ``step`` at a time."""
    waiting = next(strips_of_it)
    for rows in strips_of_it:
        while len(waiting) >= step:
            yield waiting[:step]
            waiting = waiting[step:]
        waiting = np.concatenate([waiting, rows])
    while len(waiting):
        yield waiting[:step]
        waiting = waiting[step:]


def _all_encoded(strips_of_it: Iterator[NDArray], store: _Store) -> Iterator[bytes]:
    """The strips as they stand in the file, in their order; some are encoded ahead."""
    waiting: deque[Future[bytes]] = deque()
    with ThreadPoolExecutor(_THREADS) as pool:
        for rows in strips_of_it:
            waiting.append(pool.submit(_encoded, rows, store))
            if len(waiting) > _THREADS:
                yield waiting.popleft().result()
        while waiting:
            yield waiting.popleft().result()


def _encoded(rows: NDArray, store: _Store) -> bytes:
    """One strip as it stands in the file: tifffile takes strips one by one only so."""
    coding = store.coding
    rows = np.ascontiguousarray(rows)
    if coding["predictor"] == 3:
        data = imagecodecs.floatpred_encode(rows, axis=-2).tobytes()
    else:
        if coding["predictor"]:
            rows = imagecodecs.delta_encode(rows, axis=-2)
        rows = rows.astype(rows.dtype.newbyteorder(store.order))
        if coding["compression"] == "packbits":
            # Each row by itself (TIFF 6.0, section 9).
            return b"".join(imagecodecs.packbits_encode(row.tobytes()) for row in rows)
        data = rows.tobytes()
    return _ENCODERS[coding["compression"]](data)


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured TIFF with the source's tags, and check it."""
    store: _Store = picture.store
    icc, notes = profile_for_colour(picture.icc)
    channels = 3 if picture.alpha is None else 4
    kind = picture.luma.dtype if store.floating is None else np.dtype(np.float32)
    shape = (picture.height, picture.width, channels)
    strips_of_it = _coloured_strips(picture, ab)
    if "planarconfig" in store.coding:
        data: Any = np.moveaxis(np.concatenate(list(strips_of_it)), 2, 0)
        shape = data.shape
    else:
        data = _pieces(strips_of_it, store)
    tifffile.imwrite(
        part,
        data,
        shape=shape,
        dtype=kind,
        byteorder=store.order,
        bigtiff=store.big or channels * picture.luma.size * kind.itemsize > _MOST_CLASSIC,
        photometric="rgb",
        extrasamples=store.extrasamples or None,
        metadata=None,
        software=False,
        **store.coding,
    )
    tags = {code: tag for code, tag in store.tags.items() if code not in _STRUCTURE}
    tags.pop(_ICC, None)
    if tags.pop(_CREDENTIALS, None):
        notes.append(CREDENTIALS_LEFT)
    if _EXIF in tags and _MAKER_NOTE in tags[_EXIF].directory:
        notes.append("maker notes lie elsewhere in the file: offsets in them may point nowhere")
    if icc:
        tags[_ICC] = Tag(7, len(icc), icc)
    if xmp:
        tags[_XMP] = Tag(1, len(xmp), xmp)
    replace_tags(part, tags, _RESOLUTION - store.tags.keys())
    return judged(*_differences(part, picture), [*picture.notes, *notes])


def _differences(part: Path, picture: Picture) -> tuple[int, bool]:
    """Read the file back piece by piece: the greatest difference of luma, is alpha the same?"""
    worst, same = 0, True
    floating = picture.store.floating
    with tifffile.TiffFile(part) as file:
        page = file.pages[0]
        if page.planarconfig == PLANARCONFIG.SEPARATE:
            pieces = [(np.moveaxis(page.asarray(), 0, 2), 0, 0)]
        else:
            pieces = (
                (piece[0], *at[2:4])
                for piece, at, _ in page.segments(maxworkers=1, buffersize=_STRIP_BYTES)
            )
        for piece, top, left in pieces:
            rows = slice(top, min(top + piece.shape[0], picture.height))
            columns = slice(left, min(left + piece.shape[1], picture.width))
            piece = piece[: rows.stop - top, : columns.stop - left]
            if floating is not None:
                piece = _codes(piece, floating)
            luma = luma_from_rgb(np.ascontiguousarray(piece[..., :3]))
            worst = max(worst, luma_difference(picture.luma[rows, columns], luma))
            if picture.alpha is not None:
                same &= np.array_equal(picture.alpha[rows, columns], piece[..., 3])
    return worst, same
