"""What a photograph's header tells of its size, and the memory that is booked for it."""

import io

import cv2
import imagecodecs
import numpy as np
import pillow_heif
import pytest
import tifffile
from PIL import Image

from autochrome.photos import header_of, headers, memory_needed

from .pictures import grey, grey16, sepia


def pillow(pixels, name: str, **options) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, name, **options)
    return buffer.getvalue()


def tiff(pixels, **options) -> bytes:
    buffer = io.BytesIO()
    tifffile.imwrite(buffer, pixels, **options)
    return buffer.getvalue()


def heic(pixels) -> bytes:
    buffer = io.BytesIO()
    pillow_heif.from_pillow(Image.fromarray(pixels)).save(buffer)
    return buffer.getvalue()


def with_thumbnail() -> bytes:
    exif = Image.Exif()
    exif[0x010E] = "x" * 60_000
    return pillow(grey(), "JPEG", exif=exif)


# Bytes of a file, its format, its channels and the bytes of each.
FILES = {
    "grey JPEG": (pillow(grey(), "JPEG"), "jpeg", 1, 1),
    "progressive JPEG": (pillow(sepia(), "JPEG", progressive=True), "jpeg", 3, 1),
    "JPEG with much before it": (with_thumbnail(), "jpeg", 1, 1),
    "grey PNG": (pillow(grey(), "PNG"), "png", 1, 1),
    "PNG of 16 bits": (imagecodecs.png_encode(grey16()), "png", 1, 2),
    "PNG in RGB": (pillow(sepia(), "PNG"), "png", 3, 1),
    "TIFF": (tiff(grey(), photometric="minisblack"), "tiff", 1, 1),
    "TIFF of 16 bits in RGB": (
        tiff(np.dstack([grey16()] * 3), photometric="rgb", byteorder=">"),
        "tiff",
        3,
        2,
    ),
    "BigTIFF": (tiff(sepia(), photometric="rgb", bigtiff=True), "tiff", 3, 1),
    "BMP": (pillow(sepia(), "BMP"), "bmp", 3, 1),
    "GIF": (pillow(grey(), "GIF"), "gif", 3, 1),
    "WebP": (pillow(sepia(), "WEBP"), "webp", 3, 1),
    "WebP, lossless": (pillow(sepia(), "WEBP", lossless=True), "webp", 3, 1),
    "WebP with EXIF": (pillow(sepia(), "WEBP", exif=b"Exif\0\0II*\0"), "webp", 3, 1),
    "JPEG 2000": (imagecodecs.jpeg2k_encode(grey(), codecformat="jp2"), "jp2", 1, 1),
    "bare codestream": (imagecodecs.jpeg2k_encode(grey16(), codecformat="j2k"), "j2k", 1, 2),
    "HEIC": (heic(sepia()), "heic", 3, 2),
    "AVIF": (pillow(sepia(), "AVIF"), "avif", 3, 2),
    "PGM": (cv2.imencode(".pgm", grey16())[1].tobytes(), "pnm", 1, 2),
}


@pytest.mark.parametrize("name", FILES)
def test_the_header_tells_pixels_and_channels(name):
    data, form, channels, depth = FILES[name]
    header = header_of(io.BytesIO(data), form)
    assert (header.pixels, header.channels, header.depth) == (90 * 70, channels, depth)


@pytest.mark.parametrize("name", FILES)
def test_of_a_broken_header_nothing_is_told_and_nothing_is_raised(name):
    data, form, _, _ = FILES[name]
    rng = np.random.default_rng(1)
    for _ in range(200):
        broken = bytearray(data[: rng.integers(len(data))] if rng.integers(2) else data)
        for place in rng.integers(min(len(data), 200), size=4):
            broken[place : place + 1] = rng.bytes(1)
        header = header_of(io.BytesIO(broken), form)
        assert header is None or header.pixels > 0


def test_the_largest_picture_of_a_tiff_counts():
    buffer = io.BytesIO()
    with tifffile.TiffWriter(buffer) as writer:
        for size in (9, 90, 30):
            writer.write(grey(size, 70), photometric="minisblack")
    assert header_of(buffer, "tiff").pixels == 90 * 70


def test_what_lies_in_strips_takes_less_than_what_does_not():
    def need(form: str, **facts) -> int:
        return memory_needed(headers.Header(100_000_000, **facts), form, 10**7)

    assert need("webp") > 2_000_000_000
    assert need("png") < need("png", whole=True)
    assert need("jpeg", channels=1) < need("jpeg") < need("webp")
