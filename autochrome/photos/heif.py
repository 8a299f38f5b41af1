"""HEIC and AVIF: decoded at their own depth and written as PNG, which loses nothing.

Both are lossy as cameras write them; encoding again would touch the luma.
"""

import re
from pathlib import Path
from typing import Any

import imagecodecs
import numpy as np
import pillow_heif
from numpy.typing import NDArray
from PIL import Image

from . import png
from .exif import orientation_of
from .faults import animation, check_pixels, damaged
from .picture import Picture, picture_from_pixels


def read_heic(path: Path, max_pixels: int) -> Picture:
    """Decode a HEIC's primary picture, turned as its own properties say.

    Raises ItemError for what is broken or not supported.
    """
    try:
        file = pillow_heif.open_heif(path, convert_hdr_to_8bit=False)
        width, height = file.size
        check_pixels(height, width, max_pixels)
        pixels = np.asarray(file)
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise damaged(path, str(error)) from error
    # The decoder has turned the pixels already; what EXIF and XMP say of it is outdated.
    info = dict(file.info)
    turned = pillow_heif.set_orientation(info)
    notes = ["written as PNG"]
    if turned not in (None, 1):
        notes.append("turned upright as its own properties say")
    if len(file) > 1:
        notes.append(f"{len(file) - 1} further pictures in the file left out")
    return _picture(pixels, info, 1, notes)


def read_avif(path: Path, max_pixels: int) -> Picture:
    """Decode an AVIF of one picture. Raises ItemError for what is broken or not supported."""
    try:
        with Image.open(path, formats=["AVIF"]) as image:
            check_pixels(image.height, image.width, max_pixels)
            if getattr(image, "n_frames", 1) > 1:
                raise animation("an animated AVIF")
            info = dict(image.info)
        data = path.read_bytes()
        pixels = imagecodecs.avif_decode(data)
    except (OSError, SyntaxError, ValueError, EOFError, RuntimeError) as error:
        raise damaged(path, str(error)) from error
    if pixels.dtype == np.uint16:
        bits = _bits(data)
        pixels = (pixels << (16 - bits)) | (pixels >> (2 * bits - 16))
    exif = (info.get("exif") or b"").removeprefix(b"Exif\0\0")
    return _picture(pixels, info, orientation_of(exif), ["written as PNG"])


def _bits(data: bytes) -> int:
    """10 or 12, from the codec's configuration box (AV1-ISOBMFF, 2.3.3)."""
    place = data.find(b"av1C")
    return 12 if place > 0 and data[place + 6 : place + 7] and data[place + 6] & 0x20 else 10


def _picture(
    pixels: NDArray[np.integer], info: dict[str, Any], orientation: int, notes: list[str]
) -> Picture:
    exif = re.sub(rb"^Exif\0\0", b"", info.get("exif") or b"")
    chunks = ((b"eXIf", exif),) if exif else ()
    return picture_from_pixels(
        np.ascontiguousarray(pixels),
        orientation=orientation,
        xmp=info.get("xmp") or b"",
        icc=info.get("icc_profile") or b"",
        notes=notes,
        store=png.Header(*pixels.shape[:2], chunks),
    )
