"""The little that must be understood of EXIF: how a picture is turned."""

from PIL import Image

_ORIENTATION = 0x0112


def orientation_of(exif: bytes) -> int:
    """Orientation 1 … 8 from an EXIF block (a TIFF stream); 1 if it says nothing sensible."""
    if not exif:
        return 1
    try:
        block = Image.Exif()
        block.load(exif)
        value = block.get(_ORIENTATION, 1)
    except Exception:  # a broken block may raise anything, and then it says nothing
        return 1
    return value if isinstance(value, int) and 1 <= value <= 8 else 1
