"""The caption that a photograph brings along outside of XMP."""

from pathlib import Path

from PIL import Image, IptcImagePlugin

_IMAGE_DESCRIPTION = 0x010E
_IIM_CAPTION = (2, 120)
_READ = {"jpeg": "JPEG", "tiff": "TIFF", "png": "PNG", "webp": "WEBP"}


def caption_of(photograph: Path, name: str) -> str:
    """EXIF's ImageDescription, else IPTC-IIM's caption, of a file of the format ``name``; or "".

    Programs show a description in XMP in place of these, so the mark's sentence must not stand
    there alone.
    """
    if name not in _READ:
        return ""
    try:
        with Image.open(photograph, formats=[_READ[name]]) as image:
            told = image.getexif().get(_IMAGE_DESCRIPTION)
            if not told:
                told = (IptcImagePlugin.getiptcinfo(image) or {}).get(_IIM_CAPTION)
    except Exception:  # a broken block may raise anything, and then it says nothing
        return ""
    if isinstance(told, str):
        # EXIF is ASCII by its standard; Pillow takes it for Latin-1.
        told = told.encode("latin-1", "replace")
    return _text(told) if isinstance(told, bytes) else ""


def _text(told: bytes) -> str:
    """UTF-8, as most programs write, else Latin-1; without what XML cannot hold."""
    try:
        text = told.decode()
    except UnicodeDecodeError:
        text = told.decode("latin-1")
    return "".join(c for c in text if c.isprintable() or c in "\n\t").strip()
