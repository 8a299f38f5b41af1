"""WebP, BMP and GIF, through Pillow: the coloured file is lossless, whatever the source was."""

import struct
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from ..errors import ItemError
from . import png
from .exif import orientation_of
from .faults import animation, check_pixels, convert_remedy, damaged
from .icc import profile_for_colour
from .picture import (
    Picture,
    Written,
    coloured,
    coloured_strips,
    picture_from_strips,
    strips,
)
from .raster import verified, verified_strips
from .thumbnail import exif_with_thumbnail

# The limit on pixels is ours (`max_pixels`), checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

_BMP_HEAD = 54
_MOST_BMP = (1 << 32) - 1 - _BMP_HEAD
_CHANNELS = {"1": "L", "L": "L", "LA": "LA", "RGB": "RGB", "RGBX": "RGB", "RGBA": "RGBA"}


def read_webp(path: Path, max_pixels: int) -> Picture:
    """Decode a WebP of one picture. Raises ItemError for what is broken or not supported."""
    return _read(path, max_pixels, "WEBP")


def read_bmp(path: Path, max_pixels: int) -> Picture:
    """Decode a BMP of any depth. Raises ItemError for what is broken or not supported."""
    return _read(path, max_pixels, "BMP")


def read_gif(path: Path, max_pixels: int) -> Picture:
    """Decode a GIF of one picture, to be written as PNG. Raises ItemError as the others do."""
    picture = _read(path, max_pixels, "GIF")
    comment = picture.store["comment"]
    comment = comment.encode("latin-1", "replace") if isinstance(comment, str) else comment
    texts = ((b"tEXt", b"Comment\0" + comment),) if comment else ()
    picture.store = png.Header(picture.height, picture.width, texts)
    picture.notes.append("written as PNG")
    return picture


def _read(path: Path, max_pixels: int, name: str) -> Picture:
    try:
        with open(path, "rb") as file, Image.open(file, formats=[name]) as image:
            check_pixels(image.height, image.width, max_pixels)
            if getattr(image, "n_frames", 1) > 1:
                raise animation("an animation")
            if name == "BMP" and image.mode == "RGBA":
                raise ItemError(
                    "It is a BMP with transparency, which is not supported.", convert_remedy(path)
                )
            info = image.info
            # A GIF's comment is known only when its pixels are.
            exif = info.get("exif", b"").removeprefix(b"Exif\0\0")
            picture = picture_from_strips(
                image.height,
                image.width,
                map(_codes, _parts(image)),
                orientation=orientation_of(exif),
                xmp=info.get("xmp", b""),
                icc=info.get("icc_profile") or b"",
            )
            comment = info.get("comment", b"")
            picture.store = {"exif": exif, "dpi": info.get("dpi"), "comment": comment}
    except (OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
        raise damaged(path, str(error)) from error
    return picture


def _parts(image: Image.Image) -> Iterator[Image.Image]:
    """Strips of an opened picture; the whole if its rows do not lie in the file as they are."""
    codings = [(tile[0], tile[3]) for tile in image.tile]
    if len(codings) != 1 or codings[0][0] != "raw":
        image.load()
        for rows in strips(image.height, image.width):
            yield image.crop((0, rows.start, image.width, rows.stop))
        return
    begin, (coding, stride, direction) = image.tile[0][2], codings[0][1]
    for rows in strips(image.height, image.width):
        first = rows.start if direction == 1 else image.height - rows.stop
        image.fp.seek(begin + first * stride)
        size = image.width, rows.stop - rows.start
        data = image.fp.read(size[1] * stride)
        part = Image.frombytes(image.mode, size, data, "raw", coding, stride, direction)
        if image.mode == "P":
            part.putpalette(image.palette)
        yield part


def _codes(part: Image.Image) -> NDArray[np.uint8]:
    """Grey, grey + alpha, R'G'B' or R'G'B' + alpha."""
    is_keyed = "transparency" in part.info
    mode = _CHANNELS.get(part.mode, "RGB")
    if is_keyed and mode in ("L", "RGB"):
        mode = {"L": "LA", "RGB": "RGBA"}[mode]
    return np.asarray(part if part.mode == mode else part.convert(mode))


def write_webp(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured picture as lossless WebP with EXIF, XMP and ICC, and check it."""
    icc, notes = profile_for_colour(picture.icc)
    exif, changed = exif_with_thumbnail(picture.store["exif"], picture, ab)
    metadata = {"exif": exif, "xmp": xmp, "icc_profile": icc}
    image = Image.fromarray(coloured(picture, ab))
    with open(part, "wb") as file:
        image.save(
            file,
            format="WEBP",
            lossless=True,
            exact=True,
            method=1,
            quality=20,
            **{name: value for name, value in metadata.items() if value},
        )
    del image
    return verified(part, picture, read_webp, [*notes, *changed, "written lossless"])


def write_bmp(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured BMP (24 bits) with its resolution, and check it. It holds no XMP."""
    row = -(-3 * picture.width // 4) * 4
    size = picture.height * row
    if size > _MOST_BMP:
        raise ItemError(
            "In colour it is larger than the 4 GB that a BMP can hold.",
            "Convert it to TIFF or PNG, and colour that.",
        )
    per_metre = [int(dpi * 39.3701 + 0.5) for dpi in picture.store["dpi"] or (96, 96)]
    head = struct.pack("<2sIII", b"BM", _BMP_HEAD + size, 0, _BMP_HEAD)
    head += struct.pack("<IIIHH", 40, picture.width, picture.height, 1, 24)
    head += struct.pack("<IIIIII", 0, size, *per_metre, 0, 0)
    with open(part, "wb") as file:
        file.write(head)
        file.truncate(_BMP_HEAD + size)
        for rows, rgb in coloured_strips(picture, ab):
            # From the last row to the first, each in B, G, R and of whole words.
            file.seek(_BMP_HEAD + (picture.height - rows.stop) * row)
            codes = rgb[::-1, :, ::-1].reshape(len(rgb), -1)
            file.write(np.pad(codes, ((0, 0), (0, row - 3 * picture.width))).tobytes())
    with Image.open(part, formats=["BMP"]) as image:
        written = verified_strips(map(_codes, _parts(image)), picture, [])
    return replace(written, marked=False)
