"""Small pictures of photographs for the report, decoded no larger than needed.

These functions run in a child process (see ``media``): a picture may come from any source.
"""

import io
import os
from pathlib import Path

import numpy as np
import tifffile
from PIL import Image, ImageCms, ImageFile, TiffImagePlugin

from ..archive import temporary_beside

LONG_SIDE = 640
_QUALITY = 80
# A picture whose format has no reduced decoding is held whole: 3 bytes a pixel and more.
_MAX_PIXELS = 250_000_000

# By the orientation tag of EXIF and TIFF.
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}

Size = tuple[int, int]


def photo_thumbnail(picture: Path, target: Path, damaged: bool = False) -> Size:
    """Write a JPEG of at most LONG_SIDE pixels a side; give its width and height.

    8- and 16-bit pictures, upright by their orientation tag, in sRGB by their profile; of a
    ``damaged`` one what can be read. Raises whatever Pillow raises, and ValueError for a picture
    too large to be shown.
    """
    # The limit of a run is its setting ``max_pixels``; Pillow's own would warn or raise before.
    Image.MAX_IMAGE_PIXELS = None
    ImageFile.LOAD_TRUNCATED_IMAGES = damaged
    with Image.open(picture) as image:
        orientation = image.getexif().get(0x0112, 1)
        profile = image.info.get("icc_profile")
        image.draft(image.mode, (LONG_SIDE, LONG_SIDE))
        if image.width * image.height > _MAX_PIXELS:
            raise ValueError("It has too many pixels for a thumbnail.")
        whole = _whole(image, picture)
        if image.format == "TIFF" and whole is image:
            # Pillow turns TIFFs itself, and only these.
            orientation = 1
        small = _in_8_bits(whole)
        small.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        small = _in_srgb(small, profile)
    if orientation in _TURNS:
        small = small.transpose(_TURNS[orientation])
    return save_thumbnail(small, target)


def save_thumbnail(image: Image.Image, target: Path) -> Size:
    """Write ``image`` (L or RGB) as a JPEG of at most LONG_SIDE pixels a side, atomically."""
    image.thumbnail((LONG_SIDE, LONG_SIDE), Image.Resampling.LANCZOS)
    # Nothing of the original's metadata goes along, a JPEG comment among it.
    image.info.clear()
    part = temporary_beside(target)
    try:
        image.save(part, "JPEG", quality=_QUALITY)
        os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    return image.size


def _whole(image: Image.Image, picture: Path) -> Image.Image:
    """The picture itself, but read by tifffile where Pillow (13.0) mixes up the planes."""
    if image.format == "TIFF":
        tags = image.tag_v2
        bits = tags.get(TiffImagePlugin.BITSPERSAMPLE, (1,))
        if tags.get(TiffImagePlugin.PLANAR_CONFIGURATION) == 2 and max(bits) == 16:
            planes = tifffile.imread(picture, key=0)[:3]
            return Image.fromarray(np.ascontiguousarray(np.moveaxis(planes >> 8, 0, -1), np.uint8))
    return image


def _in_8_bits(image: Image.Image) -> Image.Image:
    """The same picture as L, RGB or CMYK; transparency on white."""
    if image.mode.startswith("I"):
        codes = np.asarray(image).clip(0, 65535).astype(np.uint16)
        return Image.fromarray((codes >> 8).astype(np.uint8))
    if image.mode in ("L", "RGB", "CMYK"):
        return image
    if image.mode == "1":
        return image.convert("L")
    if "A" in image.mode or "transparency" in image.info:
        over = image.convert("RGBA")
        flat = Image.alpha_composite(Image.new("RGBA", over.size, "white"), over)
        return flat.convert("L" if image.mode == "LA" else "RGB")
    return image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    mode = "L" if image.mode == "L" else "RGB"
    if profile:
        try:
            own = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            srgb = ImageCms.createProfile("sRGB")
            return ImageCms.profileToProfile(image, own, srgb, outputMode="RGB").convert(mode)
        except (ImageCms.PyCMSError, OSError):
            # A profile that fits another kind of picture: the codes are shown as they are.
            pass
    return image.convert(mode)
