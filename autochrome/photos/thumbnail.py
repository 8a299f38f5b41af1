"""The thumbnail that a picture carries in its EXIF block, in colour as the picture is."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .exif import find_thumbnail, replace_thumbnail
from .picture import Picture, coloured_small

# One segment of a JPEG holds the whole EXIF block, and its mark.
_MOST = 65533 - 6
_QUALITIES = (85, 70, 50, 30)


def exif_with_thumbnail(
    exif: bytes, picture: Picture, ab: NDArray[np.float32]
) -> tuple[bytes, list[str]]:
    """The EXIF block with its thumbnail, if it has one, made anew of the coloured picture.

    The new one fits the size of the old. Returns notes on what was changed as well.
    """
    old = find_thumbnail(exif)
    if old is None:
        return exif, []
    try:
        with Image.open(io.BytesIO(old.data), formats=["JPEG"]) as image:
            size = image.size
    except (OSError, SyntaxError, ValueError):
        return exif, ["EXIF thumbnail is broken and was kept as it is"]
    small = Image.fromarray(coloured_small(picture, ab))
    small.thumbnail(size, Image.Resampling.BOX)
    for quality in _QUALITIES:
        buffer = io.BytesIO()
        small.save(buffer, "JPEG", quality=quality)
        changed = replace_thumbnail(exif, old, buffer.getvalue())
        if len(changed) <= max(_MOST, len(exif)):
            return changed, ["EXIF thumbnail made anew, in colour"]
    return exif, ["EXIF thumbnail has no room for its colour and was kept as it is"]
