"""Thumbnails: upright, in eight bits, no larger than needed, and of the right picture."""

import numpy as np
import pytest
import tifffile
from PIL import Image, ImageCms
from skimage import data

from autochrome.report.thumbnails import photo_thumbnail


def thumbnail(path):
    target = path.parent / "thumbnails" / "small.jpg"
    size = photo_thumbnail(path, target)
    with Image.open(target) as image:
        assert image.size == size
        return np.asarray(image.convert("RGB")).astype(float)


def close(thumb, rgb):
    return thumb.shape == rgb.shape and np.abs(thumb - rgb).mean() < 4


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"compression": "zlib", "predictor": 2},
        {"byteorder": ">"},
        {"planarconfig": "separate"},
    ],
)
def test_16_bit_colour_tiffs_are_shown(tmp_path, options):
    rgb = data.chelsea()
    codes = rgb.astype(np.uint16) * 257
    if "planarconfig" in options:
        codes = np.ascontiguousarray(np.moveaxis(codes, -1, 0))
    tifffile.imwrite(tmp_path / "a.tif", codes, photometric="rgb", **options)
    assert close(thumbnail(tmp_path / "a.tif"), rgb)


@pytest.mark.parametrize("suffix", [".tif", ".png"])
def test_16_bit_grey_is_shown(tmp_path, suffix):
    grey = data.camera()
    Image.fromarray(grey.astype(np.uint16) * 257).save(tmp_path / f"a{suffix}")
    assert close(thumbnail(tmp_path / f"a{suffix}"), np.repeat(grey[..., None], 3, 2))


@pytest.mark.parametrize("suffix", [".jpg", ".tif", ".png", ".webp"])
def test_pictures_stand_upright_by_their_orientation_tag(tmp_path, suffix):
    rgb = data.chelsea()
    exif = Image.Exif()
    exif[0x0112] = 6
    turned = np.ascontiguousarray(np.rot90(rgb, 1))
    Image.fromarray(turned).save(tmp_path / f"a{suffix}", exif=exif, quality=95)
    assert close(thumbnail(tmp_path / f"a{suffix}"), rgb)


def test_of_a_damaged_picture_what_can_be_read_is_shown(tmp_path):
    rgb = data.chelsea()
    Image.fromarray(rgb).save(tmp_path / "a.jpg", quality=95)
    whole = (tmp_path / "a.jpg").read_bytes()
    (tmp_path / "a.jpg").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(OSError, match="truncated"):
        thumbnail(tmp_path / "a.jpg")
    photo_thumbnail(tmp_path / "a.jpg", tmp_path / "small.jpg", damaged=True)
    upper = np.asarray(Image.open(tmp_path / "small.jpg")).astype(float)[:100]
    assert np.abs(upper - rgb[:100]).mean() < 4


def test_a_large_picture_becomes_small(tmp_path):
    Image.fromarray(np.tile(data.chelsea(), (4, 4, 1))).save(tmp_path / "a.jpg")
    assert max(thumbnail(tmp_path / "a.jpg").shape) == 640


def test_transparency_is_white(tmp_path):
    Image.new("RGBA", (40, 30), (255, 0, 0, 0)).save(tmp_path / "a.png")
    assert thumbnail(tmp_path / "a.png").min() > 250


def test_the_profile_of_a_picture_is_applied(tmp_path):
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    # A profile in which red and green have changed places.
    profile = profile.replace(b"rXYZ", b"----").replace(b"gXYZ", b"rXYZ").replace(b"----", b"gXYZ")
    Image.new("RGB", (40, 30), (250, 10, 10)).save(tmp_path / "a.png", icc_profile=profile)
    red, green, _ = thumbnail(tmp_path / "a.png").mean((0, 1))
    assert green > 200 > 50 > red


def test_nothing_of_the_originals_metadata_goes_along(tmp_path):
    exif = Image.Exif()
    exif[0x010E] = "a secret"
    Image.fromarray(data.chelsea()).save(tmp_path / "a.jpg", exif=exif, comment=b"a secret")
    photo_thumbnail(tmp_path / "a.jpg", tmp_path / "small.jpg")
    assert b"secret" not in (tmp_path / "small.jpg").read_bytes()
