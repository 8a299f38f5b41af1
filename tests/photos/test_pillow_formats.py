"""WebP and BMP: lossless results with the metadata that the format can hold."""

import struct

import numpy as np
import pytest
from PIL import Image

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.photos import picture, pillow_formats

from .pictures import AB, MOST, grey, rgb, sepia

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
FORMATS = {
    "webp": (pillow_formats.read_webp, pillow_formats.write_webp),
    "bmp": (pillow_formats.read_bmp, pillow_formats.write_bmp),
}


def colour(path, xmp: bytes = b""):
    """Colour a file: the source as a picture, the result's path, what was written."""
    read, write = FORMATS[path.suffix[1:]]
    source = read(path, MOST)
    part = path.with_name("part" + path.suffix)
    return source, part, write(part, source, AB, xmp)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("pixels", [grey(), sepia(), grey(1, 1), sepia(33, 7)])
def test_luma_stays_within_one_code(tmp_path, suffix, pixels):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(pixels).save(path)
    source, part, _ = colour(path)
    result = np.asarray(Image.open(part))
    assert np.abs(luma_from_rgb(result).astype(int) - source.luma).max() <= 1


@pytest.mark.parametrize("mode", ["1", "P", "L", "RGB"])
@pytest.mark.parametrize("strip", [1, 500, 1 << 20])
def test_a_bmp_of_any_depth_is_read_however_it_is_cut(tmp_path, monkeypatch, mode, strip):
    monkeypatch.setattr(picture, "_STRIP_PIXELS", strip)
    image = Image.fromarray(sepia(91, 71)).convert(mode)
    image.save(tmp_path / "a.bmp")
    assert np.array_equal(colour(tmp_path / "a.bmp")[0].luma, luma_of(image))


def test_a_bmp_from_its_first_row_to_its_last_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "_STRIP_PIXELS", 500)
    image = Image.fromarray(sepia(91, 71))
    image.transpose(Image.Transpose.FLIP_TOP_BOTTOM).save(tmp_path / "a.bmp")
    data = bytearray((tmp_path / "a.bmp").read_bytes())
    data[22:26] = (-71).to_bytes(4, "little", signed=True)
    (tmp_path / "a.bmp").write_bytes(data)
    assert np.array_equal(colour(tmp_path / "a.bmp")[0].luma, luma_of(image))


def test_a_run_length_coded_bmp_is_read_as_a_whole(tmp_path, monkeypatch):
    monkeypatch.setattr(picture, "_STRIP_PIXELS", 20)
    palette = b"".join(bytes((n, n, n, 0)) for n in range(256))
    head = struct.pack("<IiiHHIIIIII", 40, 10, 10, 1, 8, 1, 0, 0, 0, 256, 0) + palette
    rows = b"".join(bytes((10, 20 * row, 0, 0)) for row in range(10)) + b"\0\1"
    begin = 14 + len(head)
    data = struct.pack("<2sIII", b"BM", begin + len(rows), 0, begin) + head + rows
    (tmp_path / "a.bmp").write_bytes(data)
    luma = pillow_formats.read_bmp(tmp_path / "a.bmp", MOST).luma
    assert luma[:, 3].tolist() == [20 * row for row in reversed(range(10))]


def luma_of(image: Image.Image) -> np.ndarray:
    pixels = np.asarray(image.convert("RGB" if image.mode in ("P", "RGB") else "L"))
    return pixels if pixels.ndim == 2 else luma_from_rgb(pixels)


@pytest.mark.parametrize("width", [1, 2, 3, 90])
def test_a_bmp_is_written_as_pillow_writes_it(tmp_path, monkeypatch, width):
    monkeypatch.setattr(picture, "_STRIP_PIXELS", 300)
    Image.fromarray(grey(width, 31)).save(tmp_path / "a.bmp", dpi=(300, 200))
    part = colour(tmp_path / "a.bmp")[1]
    with Image.open(part) as image:
        image.save(tmp_path / "again.bmp", dpi=(300, 200))
    assert part.read_bytes() == (tmp_path / "again.bmp").read_bytes()


def test_alpha_stays(tmp_path):
    Image.fromarray(np.dstack([sepia(), grey()])).save(tmp_path / "a.webp", lossless=True)
    part = colour(tmp_path / "a.webp")[1]
    assert np.array_equal(np.asarray(Image.open(part))[..., 3], grey())


def test_webp_keeps_exif_profile_and_orientation(tmp_path, grey_profile):
    exif = Image.Exif()
    exif[0x0112], exif[0x010E] = 3, "box 3"
    Image.fromarray(rgb()).save(tmp_path / "a.webp", exif=exif, icc_profile=grey_profile)
    source, part, _ = colour(tmp_path / "a.webp", XMP)
    info = Image.open(part).info
    assert source.orientation == 3
    assert info["exif"].endswith(source.store["exif"]) and info["xmp"] == XMP
    assert info["icc_profile"][16:20] == b"RGB "


def test_bmp_keeps_its_resolution(tmp_path):
    Image.fromarray(grey()).save(tmp_path / "a.bmp", dpi=(300, 300))
    part = colour(tmp_path / "a.bmp")[1]
    assert part.read_bytes()[38:46] == (tmp_path / "a.bmp").read_bytes()[38:46]


def test_an_animation_is_named(tmp_path):
    frames = [Image.fromarray(grey() // n) for n in (1, 2)]
    frames[0].save(tmp_path / "a.webp", save_all=True, append_images=frames[1:])
    with pytest.raises(ItemError, match="animation"):
        pillow_formats.read_webp(tmp_path / "a.webp", MOST)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("keep", [0, 20, 600])
def test_a_cut_file_is_named(tmp_path, suffix, keep):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(rgb()).save(path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ItemError):
        FORMATS[suffix][0](path, MOST)
