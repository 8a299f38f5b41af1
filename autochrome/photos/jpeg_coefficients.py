"""A JPEG's own luma coefficients put beside new chroma, bit for bit, with jpeglib.

There is no jpeglib for Linux on arm64; `transplant` is None there, and the caller encodes the
luma again.
"""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from .libjpeg import damage_told, libjpeg_warnings

try:
    import jpeglib
    from jpeglib.dct_jpeg import DCTJPEG

    jpeglib.version.set("turbo210")
except ImportError:
    jpeglib = None


class TransplantError(Exception):
    """The coefficients cannot be written: they are not what an encoder can have made."""


def _transplant(
    stripped: bytes,
    size: tuple[int, int],
    chroma: NDArray[np.uint8],
    table: list[int],
    negated: bool = False,
) -> tuple[bytes, str]:
    """A 4:2:0 file with the luma of a JPEG and new chroma, and what is damaged in the former.

    ``stripped`` is the source without APPn and COM segments, ``size`` its height and width,
    ``chroma`` uint8 (2, ceil(H/2), ceil(W/2)), ``table`` its quantisation. ``negated``: of a
    negative, whose coefficients with the other sign are the positive's. The file is read back:
    luma coefficients and their table are equal, else TransplantError is raised.
    """
    with tempfile.TemporaryDirectory(prefix="autochrome-") as folder:
        y, cb, cr, out = (str(Path(folder, f"{name}.jpg")) for name in ("y", "cb", "cr", "out"))
        Path(y).write_bytes(stripped)
        for name, plane in zip((cb, cr), chroma, strict=True):
            Image.fromarray(plane).save(name, "JPEG", qtables=[table])
        with libjpeg_warnings() as warnings:
            luma = _read(y)
        if negated:
            np.negative(luma.Y, out=luma.Y)
        if luma.Y.shape[:2] != tuple(-(-side // 8) for side in size):
            raise TransplantError("its blocks are not those of a picture of its size")
        _write(out, size, luma, _read(cb), _read(cr))
        result = _read(out)
        if not (np.array_equal(result.Y, luma.Y) and np.array_equal(_table(result), _table(luma))):
            raise TransplantError("the coefficients read back are not those that were written")
        del luma, result
        return Path(out).read_bytes(), damage_told(warnings)


transplant = None if jpeglib is None else _transplant


def _read(name: str) -> "DCTJPEG":
    """The luma coefficients and tables of a file."""
    with _as_transplant_error("the coefficients cannot be read"):
        jpeg = jpeglib.read_dct(name)
        # Chroma is not taken out of libjpeg: of a large picture it is much.
        jpeg.jpeg_color_space = jpeglib.JCS_GRAYSCALE
        jpeg.load()
        return jpeg


def _table(jpeg: "DCTJPEG") -> NDArray[np.uint16]:
    return jpeg.qt[jpeg.quant_tbl_no[0]]


def _write(name: str, size: tuple[int, int], *planes: "DCTJPEG") -> None:
    luma, cb, cr = planes
    result = DCTJPEG(
        path=None,
        content=None,
        height=size[0],
        width=size[1],
        block_dims=np.array([plane.Y.shape[:2] for plane in planes], np.int32),
        samp_factor=[[2, 2], [1, 1], [1, 1]],
        markers=[],
        huffmans=None,
        jpeg_color_space=jpeglib.JCS_YCbCr,
        progressive_mode=False,
        num_scans=1,
        Y=luma.Y,
        Cb=cb.Y,
        Cr=cr.Y,
        K=None,
        qt=np.stack([_table(luma), _table(cb)]),
        quant_tbl_no=np.array([0, 1, 1]),
    )
    with _as_transplant_error("the coefficients are out of range"):
        result.write_dct(name)


@contextmanager
def _as_transplant_error(what: str) -> Iterator[None]:
    """jpeglib raises a bare OSError for whatever libjpeg refuses; real ones have a number."""
    try:
        yield
    except OSError as error:
        if error.errno is None:
            raise TransplantError(what) from error
        raise
