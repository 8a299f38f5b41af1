"""A coloured PNG keeps luma, depth, alpha and the chunks of its source."""

import struct
import zlib

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.mark import CREDENTIALS_LEFT
from autochrome.photos import png
from autochrome.photos.icc import colour_space

from .pictures import AB, MOST, grey, grey16, sepia

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def chunk(name: bytes, content: bytes) -> bytes:
    crc = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", crc)


def png_bytes(pixels, *chunks: tuple[bytes, bytes]) -> bytes:
    """Pixels as a PNG with further chunks before them."""
    data = imagecodecs.png_encode(pixels)
    return data[:33] + b"".join(chunk(*c) for c in chunks) + data[33:]


def colour(tmp_path, data: bytes, xmp: bytes = b""):
    """Colour a PNG given as bytes: the source and the result, as pictures, and its path."""
    source, part = tmp_path / "source.png", tmp_path / "part.png"
    source.write_bytes(data)
    picture = png.read(source, MOST)
    png.write(part, picture, AB, xmp)
    return picture, png.read(part, MOST), part


@pytest.mark.parametrize("pixels", [grey(), grey16(), sepia(), grey(1, 1), grey16(3, 50)])
def test_luma_stays_within_one_code_at_the_sources_depth(tmp_path, pixels):
    source, result, part = colour(tmp_path, png_bytes(pixels))
    decoded = imagecodecs.png_decode(part.read_bytes())
    assert decoded.dtype == pixels.dtype
    assert np.abs(luma_from_rgb(decoded).astype(int) - source.luma).max() <= 1


def test_credentials_of_the_source_are_left_out_and_told(tmp_path):
    source = tmp_path / "source.png"
    source.write_bytes(png_bytes(grey(), (b"caBX", b"jumbf")))
    written = png.write(tmp_path / "part.png", png.read(source, MOST), AB, b"")
    assert b"caBX" not in (tmp_path / "part.png").read_bytes()
    assert CREDENTIALS_LEFT in written.notes


@settings(max_examples=20, deadline=None)
@given(st.sampled_from([np.uint8, np.uint16]), st.integers(0, 1000), st.floats(0, 3))
def test_luma_stays_for_any_codes_and_colours(tmp_path_factory, dtype, seed, strength):
    random = np.random.default_rng(seed)
    pixels = random.integers(0, np.iinfo(dtype).max, (20, 30), dtype, endpoint=True)
    folder = tmp_path_factory.mktemp("png")
    (folder / "a.png").write_bytes(png_bytes(pixels))
    picture = png.read(folder / "a.png", MOST)
    ab = random.normal(0, 40, (8, 8, 2)).astype(np.float32) * np.float32(strength)
    assert png.write(folder / "b.png", picture, ab, b"").luma_error <= 1


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("channels", [1, 3])
def test_alpha_stays(tmp_path, dtype, channels):
    colours = grey().astype(dtype) if channels == 1 else sepia().astype(dtype)
    alpha = np.arange(grey().size).reshape(grey().shape).astype(dtype)
    source, result, _ = colour(tmp_path, png_bytes(np.dstack([colours, alpha])))
    assert np.array_equal(result.alpha, alpha) and np.array_equal(source.alpha, alpha)


def test_ancillary_chunks_are_carried_over(tmp_path):
    exif = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"
    carried = [
        (b"gAMA", struct.pack(">I", 45455)),
        (b"pHYs", struct.pack(">IIB", 11811, 11811, 1)),
        (b"tEXt", b"Title\0Piazza Carmine"),
        (b"zTXt", b"Author\0\0" + zlib.compress(b"unknown")),
        (b"iTXt", b"Comment\0\0\0it\0\0" + "àé".encode()),
        (b"tIME", struct.pack(">HBBBBB", 1972, 1, 2, 3, 4, 5)),
        (b"eXIf", exif),
    ]
    source, result, _ = colour(tmp_path, png_bytes(grey(), *carried))
    assert sorted(result.store.chunks) == sorted(carried)
    assert source.orientation == 6


def test_chunks_that_speak_of_the_old_pixels_are_left_out(tmp_path):
    old = [(b"bKGD", b"\0\xff"), (b"sBIT", b"\x08")]
    _, result, _ = colour(tmp_path, png_bytes(grey(), *old))
    assert result.store.chunks == ()


def test_the_mark_replaces_the_xmp_packet(tmp_path):
    old = (b"iTXt", b"XML:com.adobe.xmp\0\0\0\0\0<old/>")
    source, result, _ = colour(tmp_path, png_bytes(grey(), old), XMP)
    assert (source.xmp, result.xmp) == (b"<old/>", XMP)


def test_a_grey_profile_becomes_the_rgb_profile_of_its_tone_curve(tmp_path, grey_profile):
    iccp = (b"iCCP", b"Dot Gain 20%\0\0" + zlib.compress(grey_profile))
    source, result, _ = colour(tmp_path, png_bytes(grey(), iccp))
    assert (colour_space(source.icc), colour_space(result.icc)) == ("GRAY", "RGB")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (png_bytes(grey())[:2000], "cut or broken"),
        (png_bytes(grey())[:20], "header is missing"),
        (png_bytes(grey(), (b"acTL", bytes(8))), "animated"),
        (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 0, 9, 8, 0, 0, 0, 0)),
            "0 x",
        ),
        (
            b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", *[60000] * 2, *[8] * 5)),
            "beyond the limit",
        ),
    ],
)
def test_what_cannot_be_done_is_named(tmp_path, data, said):
    path = tmp_path / "x.png"
    path.write_bytes(data)
    with pytest.raises(ItemError, match=said):
        png.read(path, MOST)
