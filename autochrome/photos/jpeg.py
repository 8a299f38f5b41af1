"""JPEG: the coloured file carries the source's luma coefficients, bit for bit.

Only chroma is new: 4:2:0, with the standard chroma table. APPn and COM segments are passed on.
Where there is no jpeglib (Linux on arm64), the same luma is encoded again with the source's
quantisation table, and the difference is measured.
"""

import io
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from ..color import chroma_from_ab, raise_ab
from ..errors import ItemError
from .exif import orientation_of
from .faults import check_pixels, convert_remedy, damaged, foreign_content
from .icc import profile_for_colour
from .jpeg_coefficients import TransplantError, transplant
from .jpeg_segments import EXIF_MARK, Jpeg, Segment, parse, result_segments, with_segments
from .picture import (
    Picture,
    Written,
    luma_difference,
    picture_from_pixels,
    rows_with_content,
    strips,
)
from .thumbnail import exif_with_thumbnail

_CHROMA_QUALITY = 92
_SEEN = (1024, 1024)


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a JPEG's luma. Raises ItemError for what is broken or not supported."""
    data = path.read_bytes()
    try:
        jpeg = parse(data)
    except ItemError as error:
        raise foreign_content(path) or error from None
    check_pixels(jpeg.height, jpeg.width, max_pixels)
    if jpeg.coding or jpeg.precision != 8 or len(jpeg.components) not in (1, 3):
        kinds = {4: "a CMYK JPEG", 2: "a JPEG with two channels"}
        kind = (jpeg.coding and f"a file in {jpeg.coding}") or (
            kinds.get(len(jpeg.components), f"a JPEG of {jpeg.precision} bits a sample")
        )
        raise ItemError(f"It is {kind}, which is not supported.", convert_remedy(path))
    facts = {
        "orientation": orientation_of(jpeg.exif),
        "xmp": jpeg.xmp,
        "icc": jpeg.icc,
        "store": jpeg,
    }
    try:
        if jpeg.is_rgb:
            pixels, facts["damage"] = _decoded(jpeg, "RGB")
            return picture_from_pixels(pixels, **facts)
        luma, facts["damage"] = _decoded(jpeg, "L")
        if len(jpeg.components) == 3:
            facts["seen"] = _decoded(jpeg, "RGB", _SEEN)[0]
    except (OSError, SyntaxError, ValueError) as error:
        raise damaged(path, str(error)) from error
    if facts["damage"]:
        facts["decoded"] = rows_with_content(luma)
        if not facts["decoded"]:
            raise damaged(path, facts["damage"])
    return Picture(luma=luma, **facts)


def _decoded(
    jpeg: Jpeg, mode: str, size: tuple[int, int] | None = None
) -> tuple[NDArray[np.uint8], str]:
    """Pixels in ``mode`` ("L": the luma plane itself), and what is missing of them.

    With ``size``, a reduced copy of at least that size.
    """
    try:
        return _draft(jpeg, mode, size), ""
    except UnidentifiedImageError:
        raise
    except OSError as error:
        try:
            ImageFile.LOAD_TRUNCATED_IMAGES = True
            return _draft(jpeg, mode, size), f"the picture data is cut or broken ({error})"
        finally:
            ImageFile.LOAD_TRUNCATED_IMAGES = False


def _draft(jpeg: Jpeg, mode: str, size: tuple[int, int] | None) -> NDArray[np.uint8]:
    segments = [s for s in jpeg.segments if s.code in (0xE0, 0xEE)]
    with Image.open(io.BytesIO(with_segments(jpeg.stripped, segments))) as image:
        image.draft(mode, size)
        image.load()
        return np.asarray(image if image.mode == mode else image.convert(mode))


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured JPEG and compare its luma with the source's, read back."""
    source: Jpeg = picture.store
    if source.is_rgb:
        raise ItemError(
            "It is a JPEG that stores R, G, B, so it has no luma that could stay as it is.",
            "Convert it to TIFF or PNG, for example: magick IN.jpg out.tif",
        )
    icc, notes = profile_for_colour(picture.icc)
    segments, changed = result_segments(source, xmp, icc)
    segments, more = _with_thumbnail(segments, picture, ab)
    changed += more
    chroma = _chroma_planes(picture.luma, ab)
    stripped, written = _assembled(source, picture.luma, chroma)
    part.write_bytes(with_segments(parse(stripped).stripped, segments) + source.trailer)
    return replace(written, notes=(*notes, *changed, *written.notes, "chroma 4:2:0"))


def _with_thumbnail(
    segments: list[Segment], picture: Picture, ab: NDArray[np.float32]
) -> tuple[list[Segment], list[str]]:
    notes: list[str] = []
    for number, segment in enumerate(segments):
        if segment.code == 0xE1 and segment.payload.startswith(EXIF_MARK):
            exif, changed = exif_with_thumbnail(segment.payload[6:], picture, ab)
            segments[number] = replace(segment, payload=EXIF_MARK + exif)
            notes += changed
    return segments, notes


def _assembled(
    source: Jpeg, luma: NDArray[np.uint8], chroma: NDArray[np.uint8]
) -> tuple[bytes, Written]:
    """The coloured file without the source's segments, and what was checked of it."""
    if transplant is None:
        return _encoded_again(source, luma, chroma)
    try:
        size = source.height, source.width
        stripped, damage = transplant(source.stripped, size, chroma, _chroma_table())
    except TransplantError as error:
        stripped, written = _encoded_again(source, luma, chroma)
        return stripped, replace(written, damage=f"its luma coefficients are broken ({error})")
    damage = damage and f"the decoder says: {damage}"
    return stripped, Written(0, "coefficients and table equal", damage=damage)


def _chroma_planes(luma: NDArray[np.uint8], ab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cb and Cr codes, uint8 (2, ceil(H/2), ceil(W/2)): each fits all luma of its 2 x 2 block."""
    height, width = (luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2
    planes = np.empty((2, height, width), np.uint8)
    for rows in strips(height, width):
        block = luma[2 * rows.start : 2 * rows.stop]
        block = np.pad(block, ((0, block.shape[0] % 2), (0, block.shape[1] % 2)), "edge")
        corners = [block[y::2, x::2] for y in (0, 1) for x in (0, 1)]
        mean = sum(c.astype(np.float32) for c in corners) / (4 * 255)
        low = np.minimum(np.minimum(*corners[:2]), np.minimum(*corners[2:])) / np.float32(255)
        high = np.maximum(np.maximum(*corners[:2]), np.maximum(*corners[2:])) / np.float32(255)
        full_ab = raise_ab(ab, height, width, rows.start, rows.stop - rows.start)
        chroma = chroma_from_ab(mean, full_ab, low=low, high=high)
        planes[:, rows] = np.moveaxis(np.clip(np.rint(chroma * 255 + 128), 0, 255), 2, 0)
    return planes


def _encoded_again(
    source: Jpeg, luma: NDArray[np.uint8], chroma: NDArray[np.uint8]
) -> tuple[bytes, Written]:
    """The luma encoded again with the source's table, and how far it came out of that."""
    with Image.open(io.BytesIO(source.stripped)) as image:
        table = next(iter(image.quantization.values()))
    full = np.repeat(np.repeat(chroma, 2, axis=1), 2, axis=2)[:, : luma.shape[0], : luma.shape[1]]
    buffer = io.BytesIO()
    Image.fromarray(np.dstack([luma, *full]), "YCbCr").save(
        buffer, "JPEG", qtables=[table, _chroma_table()], subsampling="4:2:0"
    )
    error = luma_difference(luma, _decoded(parse(buffer.getvalue()), "L")[0])
    return buffer.getvalue(), Written(error, "encoded again with the source's table")


@lru_cache
def _chroma_table() -> list[int]:
    """The standard chroma table (T.81, K.2) at our quality, as libjpeg scales it."""
    buffer = io.BytesIO()
    Image.new("YCbCr", (8, 8)).save(buffer, "JPEG", quality=_CHROMA_QUALITY)
    return Image.open(buffer).quantization[1]
