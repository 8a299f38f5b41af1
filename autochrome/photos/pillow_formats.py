"""WebP, BMP and GIF, through Pillow: the coloured file is lossless, whatever the source was."""

from collections.abc import Callable
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
from .picture import Indexed, Picture, Written, coloured
from .raster import picture_from_channels, verified
from .thumbnail import exif_with_thumbnail

# The limit on pixels is ours (`max_pixels`), checked before anything is decoded.
Image.MAX_IMAGE_PIXELS = None

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
            mode = _CHANNELS.get(image.mode) or ("RGBA" if "transparency" in image.info else "RGB")
            if (image.mode, mode) == ("P", "RGB"):
                pixels = _indexed(image)
            else:
                pixels = np.asarray(image if image.mode == mode else image.convert(mode))
            info = image.info
    except (OSError, SyntaxError, ValueError, EOFError, TypeError) as error:
        raise damaged(path, str(error)) from error
    exif = info.get("exif", b"").removeprefix(b"Exif\0\0")
    return picture_from_channels(
        pixels,
        orientation=orientation_of(exif),
        xmp=info.get("xmp", b""),
        icc=info.get("icc_profile") or b"",
        store={"exif": exif, "dpi": info.get("dpi"), "comment": info.get("comment", b"")},
    )


def _indexed(image: Image.Image) -> Indexed:
    """Of a picture with a palette. Converting it takes eight bytes a pixel."""
    indexes = np.asarray(image)
    palette = np.zeros((256, 3), np.uint8)
    colours = np.frombuffer(bytes(image.getpalette("RGB")), np.uint8)
    palette[: len(colours) // 3] = colours.reshape(-1, 3)
    return Indexed(indexes, palette)


def write_webp(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured picture as lossless WebP with EXIF, XMP and ICC, and check it."""
    icc, notes = profile_for_colour(picture.icc)
    exif, changed = exif_with_thumbnail(picture.store["exif"], picture, ab)
    metadata = {"exif": exif, "xmp": xmp, "icc_profile": icc}
    return _write(
        part,
        picture,
        ab,
        read_webp,
        [*notes, *changed, "written lossless"],
        format="WEBP",
        lossless=True,
        exact=True,
        method=1,
        quality=20,
        **{name: value for name, value in metadata.items() if value},
    )


def write_bmp(part: Path, picture: Picture, ab: NDArray[np.float32], xmp: bytes) -> Written:
    """Write the coloured BMP (24 bits) with its resolution, and check it. It holds no XMP."""
    dpi = picture.store["dpi"]
    options = {"dpi": dpi} if dpi else {}
    written = _write(part, picture, ab, read_bmp, [], format="BMP", **options)
    return replace(written, marked=False)


def _write(
    part: Path,
    picture: Picture,
    ab: NDArray[np.float32],
    read: Callable[[Path, int], Picture],
    notes: list[str],
    **options,
) -> Written:
    image = Image.fromarray(coloured(picture, ab))
    with open(part, "wb") as file:
        image.save(file, **options)
    del image
    return verified(part, picture, read, notes)
