"""The formats of photographs: how each is read and written, and what its results are called."""

import pkgutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .picture import Picture, Written


@dataclass(frozen=True)
class Format:
    """One format: the suffix its results get, those under which a name is kept, its functions.

    ``reader`` and ``writer`` name them, ``module:function``; their libraries are loaded when a
    file of the format comes.
    """

    suffix: str
    accepted: frozenset[str]
    reader: str
    writer: str

    def read(self, path: Path, max_pixels: int) -> "Picture":
        """Decode the file of a photograph. Raises ItemError for what is broken or too large."""
        return _function(self.reader)(path, max_pixels)

    def write(self, part: Path, picture: "Picture", ab: Any, xmp: bytes) -> "Written":
        """Write ``picture``, coloured with ab float32 (h, w, 2) and marked with ``xmp``."""
        return _function(self.writer)(part, picture, ab, xmp)


def modules_for(names: Iterable[str]) -> set[str]:
    """The modules that read photographs of these formats; of one that is not supported none."""
    known = (FORMATS[name] for name in names if name in FORMATS)
    return {f"{__package__}.{one.reader.partition(':')[0]}" for one in known}


def _function(name: str) -> Any:
    return pkgutil.resolve_name(f"{__package__}.{name}")


FORMATS = {
    "jpeg": Format(
        ".jpg", frozenset({".jpg", ".jpeg", ".jpe", ".jfif"}), "jpeg:read", "jpeg:write"
    ),
    "png": Format(".png", frozenset({".png"}), "png:read", "png:write"),
    "tiff": Format(".tif", frozenset({".tif", ".tiff"}), "tiff:read", "tiff:write"),
    "webp": Format(
        ".webp", frozenset({".webp"}), "pillow_formats:read_webp", "pillow_formats:write_webp"
    ),
    "bmp": Format(
        ".bmp", frozenset({".bmp", ".dib"}), "pillow_formats:read_bmp", "pillow_formats:write_bmp"
    ),
    "gif": Format(".png", frozenset({".png"}), "pillow_formats:read_gif", "png:write"),
    "heic": Format(".png", frozenset({".png"}), "heif:read_heic", "png:write"),
    "avif": Format(".png", frozenset({".png"}), "heif:read_avif", "png:write"),
    "jp2": Format(".jp2", frozenset({".jp2", ".jpx"}), "jpeg2000:read", "jpeg2000:write"),
    "j2k": Format(".j2k", frozenset({".j2k", ".j2c", ".jpc"}), "jpeg2000:read", "jpeg2000:write"),
    "pnm": Format(".ppm", frozenset({".ppm", ".pnm"}), "netpbm:read", "netpbm:write"),
}

SUPPORTED_FORMATS = tuple(FORMATS)

LONGEST_BESIDE = len(".xmp")
"""Bytes by which the name of what may stand beside a result is longer than the result's."""


def result_suffix(name: str) -> tuple[str, frozenset[str]]:
    """The suffix that results of a format get, and the suffixes that already are right.

    A source whose name ends in an accepted suffix (in any case) keeps its name; to any other the
    suffix is appended: a JPEG named ``x.png`` becomes ``x.png.jpg``. Formats that are not
    supported have no result; their name is kept.

    >>> result_suffix("png")[0]
    '.png'
    """
    known = FORMATS.get(name)
    return ("", frozenset()) if known is None else (known.suffix, known.accepted)
