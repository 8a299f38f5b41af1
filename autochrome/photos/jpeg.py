"""JPEG: the coloured file carries the source's luma coefficients, bit for bit.

Only chroma is new: 4:2:0, with the standard chroma table. APPn and COM segments are passed on.
Of a sound grey JPEG the coded luma is taken over byte for byte; of one with chroma, or a damaged
one, the coefficients are. Where there is no jpeglib for that (Linux on arm64), the same luma is
encoded again with the source's quantisation table, and the difference is measured.
"""

import io
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFile, UnidentifiedImageError

from ..color import chroma_from_ab
from ..errors import ItemError
from .exif import orientation_of
from .faults import check_pixels, convert_remedy, damaged, foreign_content
from .icc import profile_for_colour
from .jpeg_coefficients import TransplantError, transplant
from .jpeg_scans import join_scans
from .jpeg_segments import (
    EXIF_MARK,
    Jpeg,
    Segment,
    fits_in_a_segment,
    parse,
    result_segments,
    with_segments,
)
from .libjpeg import libjpeg_warnings
from .picture import (
    Picture,
    Written,
    luma_difference,
    picture_from_pixels,
    raised_ab,
    rows_with_content,
    strips,
)
from .thumbnail import exif_with_thumbnail

_CHROMA_QUALITY = 92
_SEEN = (1024, 1024)
_THREADS = 2
_LARGE = 50_000_000


@dataclass(frozen=True)
class _Store:
    """What the writer needs of the source; a ``sound`` one is grey and decodes without a word."""

    jpeg: Jpeg
    sound: bool


def read(path: Path, max_pixels: int) -> Picture:
    """Decode a JPEG's luma. Raises ItemError for what is broken or not supported."""
    data = path.read_bytes()
    if data[:1] == b"%" and (fault := foreign_content(path)):
        # A document may hold a JPEG among its first bytes.
        raise fault
    try:
        jpeg = parse(data)
    except ItemError as error:
        raise foreign_content(path) or error from None
    del data
    check_pixels(jpeg.height, jpeg.width, max_pixels)
    if jpeg.coding or jpeg.precision != 8 or len(jpeg.components) not in (1, 3):
        kinds = {4: "a CMYK JPEG", 2: "a JPEG with two channels"}
        kind = (jpeg.coding and f"a file in {jpeg.coding}") or (
            kinds.get(len(jpeg.components), f"a JPEG of {jpeg.precision} bits a sample")
        )
        raise ItemError(f"It is {kind}, which is not supported.", convert_remedy(path))
    if not jpeg.has_full_luma:
        raise ItemError(
            "It is a JPEG whose luma is sampled less densely than its chroma, which is not "
            "supported.",
            convert_remedy(path),
        )
    notes = []
    if not jpeg.ends:
        jpeg = jpeg.without_cut_segment()
        if jpeg.has_all_scans and _sound_luma(jpeg.with_end()) is not None:
            jpeg = jpeg.with_end()
            notes = ["its end marker was missing, and nothing else"]
    sound = _sound_luma(jpeg) if len(jpeg.components) == 1 else None
    facts = {
        "notes": notes,
        "orientation": orientation_of(jpeg.exif),
        "xmp": jpeg.xmp,
        "icc": jpeg.icc,
        "store": _Store(jpeg, sound is not None),
    }
    if sound is not None:
        return Picture(luma=sound, **facts)
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


def _sound_luma(jpeg: Jpeg) -> NDArray[np.uint8] | None:
    """The luma of a grey or YCbCr JPEG; None where the decoder finds the least fault."""
    with libjpeg_warnings() as warnings:
        try:
            luma = _decoded_by_opencv(jpeg)
        except cv2.error:
            return None
    if warnings or luma is None or luma.shape != (jpeg.height, jpeg.width):
        return None
    return luma


def _decoded_by_opencv(jpeg: Jpeg) -> NDArray[np.uint8] | None:
    if jpeg.height * jpeg.width < _LARGE:
        return cv2.imdecode(np.frombuffer(jpeg.stripped, np.uint8), cv2.IMREAD_GRAYSCALE)
    # From memory, the pixels would lie there twice.
    luma = np.empty((jpeg.height, jpeg.width), np.uint8)
    with tempfile.NamedTemporaryFile(prefix="autochrome-", suffix=".jpg") as file:
        file.write(jpeg.stripped)
        file.flush()
        return cv2.imread(file.name, luma, cv2.IMREAD_GRAYSCALE | cv2.IMREAD_IGNORE_ORIENTATION)


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
    with Image.open(io.BytesIO(b"".join(with_segments(jpeg.stripped, segments)))) as image:
        image.draft(mode, size)
        image.load()
        return np.asarray(image if image.mode == mode else image.convert(mode))


def write(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured JPEG and compare its luma with the source's, read back."""
    store: _Store = picture.store
    source = store.jpeg
    if source.is_rgb:
        raise ItemError(
            "It is a JPEG that stores R, G, B, so it has no luma that could stay as it is.",
            "Convert it to TIFF or PNG, for example: magick IN.jpg out.tif",
        )
    icc, notes = profile_for_colour(picture.icc)
    segments, changed = result_segments(source, xmp, icc)
    segments, more = _with_thumbnail(segments, picture, ab)
    changed += more
    stripped, written = _assembled(store, picture, _chroma_planes(picture, ab))
    stripped = parse(stripped).stripped
    with open(part, "wb") as file:
        file.writelines([*with_segments(stripped, segments), source.trailer])
    notes = (*notes, *changed, *written.notes, "chroma 4:2:0")
    return replace(written, notes=notes, marked=fits_in_a_segment(xmp))


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


def _assembled(store: _Store, picture: Picture, chroma: NDArray[np.uint8]) -> tuple[bytes, Written]:
    """The coloured file without the source's segments, and what was checked of it."""
    source = store.jpeg
    size = source.height, source.width
    if store.sound and not picture.inverted:
        try:
            stripped = join_scans(source.stripped, size, chroma, _chroma_table())
            return stripped, Written(0, "coded data and tables equal")
        except TransplantError:
            pass
    if transplant is None:
        return _encoded_again(source, picture.luma, chroma)
    try:
        stripped, damage = transplant(
            source.stripped, size, chroma, _chroma_table(), picture.inverted
        )
    except TransplantError as error:
        stripped, written = _encoded_again(source, picture.luma, chroma)
        return stripped, replace(written, damage=f"its luma coefficients are broken ({error})")
    damage = damage and f"the decoder says: {damage}"
    if picture.inverted:
        error = luma_difference(picture.luma, _decoded(parse(stripped), "L")[0])
        return stripped, Written(error, "coefficients negated, table equal", damage=damage)
    return stripped, Written(0, "coefficients and table equal", damage=damage)


def _chroma_planes(picture: Picture, ab: NDArray[np.float32]) -> NDArray[np.uint8]:
    """Cb and Cr codes, uint8 (2, ceil(H/2), ceil(W/2)): each fits all luma of its 2 x 2 block."""
    luma = picture.luma
    height, width = (luma.shape[0] + 1) // 2, (luma.shape[1] + 1) // 2
    planes = np.empty((2, height, width), np.uint8)

    def fill(rows: slice) -> None:
        mean, low, high = _of_blocks(luma[2 * rows.start : 2 * rows.stop])
        full_ab = raised_ab(picture, ab, height, width, rows.start, rows.stop - rows.start)
        chroma = chroma_from_ab(mean, full_ab, low=low, high=high)
        for plane, share in zip(planes, np.moveaxis(chroma, 2, 0), strict=True):
            cv2.convertScaleAbs(share, plane[rows], 255, 128)

    with ThreadPoolExecutor(_THREADS) as pool:
        # A large photograph is alone, and its strips are all that several cores can share.
        list(pool.map(fill, strips(height, width)))
    return planes


def _of_blocks(luma: NDArray[np.uint8]) -> tuple[NDArray[np.uint8], ...]:
    """Mean, least and greatest code of each 2 x 2 block; edges are repeated."""
    height, width = luma.shape
    if height % 2 or width % 2:
        luma = cv2.copyMakeBorder(luma, 0, height % 2, 0, width % 2, cv2.BORDER_REPLICATE)
    mean = cv2.resize(luma, (luma.shape[1] // 2, luma.shape[0] // 2), interpolation=cv2.INTER_AREA)
    upper, lower = luma[::2], luma[1::2]
    # Neighbours are taken as the two halves of one number, which is faster than every other one.
    low, high = (choose(upper, lower).view(np.uint16) for choose in (np.minimum, np.maximum))
    low = np.minimum(low & 0xFF, low >> 8).astype(np.uint8)
    return mean, low, np.maximum(high & 0xFF, high >> 8).astype(np.uint8)


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
