"""What is wrong with a file that is not the photograph it should be, and what to do about it."""

import errno
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ..errors import AutochromeError, BlockedError, ItemError

_RUN_ERRNOS = {errno.ENOSPC, errno.EDQUOT, errno.EACCES, errno.EPERM, errno.EROFS}

_AGAIN = "Get the file again from where it came from."

_UNSUPPORTED = {
    "exr": "an OpenEXR picture",
    "hdr": "a Radiance picture",
    "jxl": "a JPEG XL picture",
    "jxr": "a JPEG XR picture",
    "pam": "a Netpbm picture of the general kind (PAM)",
    "pcd": "a Photo CD picture",
    "pcx": "a PCX picture",
    "pfm": "a Netpbm picture of floating-point samples (PFM)",
    "pict": "a PICT picture",
    "psd": "a Photoshop document",
    "ras": "a Sun raster picture",
    "sgi": "an SGI picture",
    "tga": "a Targa picture",
}


def convert_remedy(path: Path) -> str:
    """The advice to convert this file, with the command."""
    return f"Convert it to TIFF or PNG, for example: magick {shlex.quote(path.name)} out.tif"


def unsupported_format(path: Path, name: str) -> ItemError:
    """The fault of a file whose format is known but cannot be coloured yet, or is not known."""
    fault = foreign_content(path)
    if fault is not None:
        return fault
    if name == "raw":
        return camera_raw()
    if name not in _UNSUPPORTED:
        return ItemError(
            "It is named as a picture, but its content is of no known format.",
            "Get the file again, or give it the name of what it is.",
        )
    return ItemError(f"It is {_UNSUPPORTED[name]}, which is not supported.", convert_remedy(path))


def camera_raw() -> ItemError:
    """The fault of a camera's undeveloped data."""
    return ItemError(
        "It is a camera raw file, which is not supported.",
        "Develop it to TIFF with a raw converter (darktable, RawTherapee, the camera's own).",
    )


def animation(what: str) -> ItemError:
    """The fault of a file with many pictures that follow each other in time."""
    return ItemError(
        f"It is {what}, which is not supported.",
        "Convert it to a film, or take its pictures apart, with FFmpeg.",
    )


def empty_file() -> ItemError:
    """The fault of a file without a byte."""
    return ItemError("The file is empty.", _AGAIN)


def foreign_content(path: Path) -> ItemError | None:
    """The fault of a file that is no picture at all, told from its first bytes."""
    with open(path, "rb") as file:
        head = file.read(512)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if not head:
        return empty_file()
    if not head.strip(b"\0"):
        return ItemError("The file begins with zeros only: its content is lost.", _AGAIN)
    if text.startswith(b"version https://git-lfs"):
        return ItemError(
            "It is a Git LFS pointer, not the photograph itself.",
            "Run `git lfs pull` where it came from.",
        )
    if text.startswith((b"<!doctype html", b"<html")):
        return ItemError("It is an HTML page, not a photograph.", _AGAIN)
    if text.startswith(b"%pdf-"):
        return ItemError(
            "It is a PDF document, not a photograph.",
            f"Take its pictures out, for example: pdfimages -all {shlex.quote(path.name)} page",
        )
    return None


def damaged(path: Path, what: str) -> ItemError:
    """The fault of a file that cannot be decoded; ``what`` is one clause, or a decoder's words."""
    return foreign_content(path) or ItemError(
        f"It cannot be decoded: {' '.join(what.split()).rstrip(' .')}.",
        "Get the file again, or repair it; see whether another program opens it.",
    )


def check_pixels(height: int, width: int, most: int) -> None:
    """Raise ItemError for a picture without pixels or with more of them than the limit."""
    if not (0 < height < 1 << 31 and 0 < width < 1 << 31):
        raise ItemError(
            f"It cannot be decoded: its header says {width} x {height} pixels.",
            "Get the file again, or repair it.",
        )
    if height * width > most:
        raise PixelLimitError(
            f"It has {width:,} x {height:,} pixels, beyond the limit of {most:,}.",
            "If it is really that large and there is memory for it, raise photos.max_pixels.",
        )


class PixelLimitError(ItemError):
    """The header promises more pixels than the setting allows: known without decoding."""


@contextmanager
def writing_results(folder: Path) -> Iterator[None]:
    """Turn a full disk or a missing permission, where results go, into a fault of the run.

    What is in a result's way is a BlockedError.
    """
    try:
        yield
    except OSError as error:
        if error.errno in _RUN_ERRNOS:
            raise AutochromeError(
                f"The result cannot be written at {error.filename or folder}: {error.strerror}.",
                "Free disk space or give write permission, then run the same command again.",
            ) from error
        if blocked := BlockedError.of(error):
            raise blocked from error
        raise
