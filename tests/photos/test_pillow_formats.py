"""WebP and BMP: lossless results with the metadata that the format can hold."""

import numpy as np
import pytest
from PIL import Image

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.photos import pillow_formats

from .pictures import AB, MOST, grey, rgb, sepia

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
FORMATS = {
    "webp": (pillow_formats.read_webp, pillow_formats.write_webp),
    "bmp": (pillow_formats.read_bmp, pillow_formats.write_bmp),
}


def colour(path, xmp: bytes = b""):
    """Colour a file: the source as a picture, the result's path, what was written."""
    read, write = FORMATS[path.suffix[1:]]
    picture = read(path, MOST)
    part = path.with_name("part" + path.suffix)
    return picture, part, write(part, picture, AB, xmp)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("pixels", [grey(), sepia(), grey(1, 1), sepia(33, 7)])
def test_luma_stays_within_one_code(tmp_path, suffix, pixels):
    path = tmp_path / f"a.{suffix}"
    Image.fromarray(pixels).save(path)
    source, part, _ = colour(path)
    result = np.asarray(Image.open(part))
    assert np.abs(luma_from_rgb(result).astype(int) - source.luma).max() <= 1


@pytest.mark.parametrize("mode", ["1", "P", "L"])
def test_a_bmp_of_any_depth_is_read(tmp_path, mode):
    image = Image.fromarray(grey()).convert(mode)
    image.save(tmp_path / "a.bmp")
    assert np.array_equal(colour(tmp_path / "a.bmp")[0].luma, np.asarray(image.convert("L")))


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
