"""GIF, HEIC, AVIF, JPEG 2000 and Netpbm: right at their own depth, without loss of luma."""

import cv2
import imagecodecs
import numpy as np
import pillow_heif
import pytest
from PIL import Image

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.photos import heif, jpeg2000, netpbm, pillow_formats, png
from autochrome.photos.icc import colour_space

from .pictures import AB, MOST, grey, grey16, sepia

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"
EXIF = b"II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0\x06\0\0\0\0\0\0\0"


def luma_of(pixels):
    return pixels if pixels.ndim == 2 else luma_from_rgb(pixels[..., :3])


def check(pixels, result):
    """The coloured pixels have the source's luma and depth."""
    assert result.dtype == pixels.dtype
    assert np.abs(luma_of(result).astype(int) - luma_of(pixels)).max() <= 1
    assert np.ptp(result[..., :3].astype(int), axis=2).max() > 30


class TestGif:
    def test_becomes_png_with_its_comment(self, tmp_path):
        Image.fromarray(grey()).save(tmp_path / "a.gif", comment=b"Turin 1911")
        picture = pillow_formats.read_gif(tmp_path / "a.gif", MOST)
        png.write(tmp_path / "a.png", picture, AB, XMP)
        check(grey(), cv2.imread(str(tmp_path / "a.png"))[..., ::-1])
        with Image.open(tmp_path / "a.png") as image:
            image.load()
            assert image.info["Comment"] == "Turin 1911"

    def test_a_code_that_is_transparent_stays_so_in_a_palette_of_greys(self, tmp_path):
        image = Image.fromarray(grey(), "P")
        image.putpalette(np.repeat(np.arange(256, dtype=np.uint8), 3).tobytes())
        code = int(grey()[5, 5])
        image.save(tmp_path / "a.gif", transparency=code, optimize=False)
        picture = pillow_formats.read_gif(tmp_path / "a.gif", MOST)
        assert np.array_equal(picture.alpha == 0, grey() == code)

    def test_an_animation_is_named(self, tmp_path):
        frames = [Image.fromarray(grey()), Image.fromarray(255 - grey())]
        frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
        with pytest.raises(ItemError, match="animation"):
            pillow_formats.read_gif(tmp_path / "a.gif", MOST)


class TestHeic:
    @pytest.mark.parametrize("pixels", [grey(), sepia()])
    def test_becomes_png(self, tmp_path, pixels):
        pillow_heif.from_pillow(Image.fromarray(pixels)).save(tmp_path / "a.heic", quality=90)
        decoded = np.asarray(pillow_heif.open_heif(tmp_path / "a.heic"))
        picture = heif.read_heic(tmp_path / "a.heic", MOST)
        png.write(tmp_path / "a.png", picture, AB, XMP)
        check(decoded, imagecodecs.png_decode((tmp_path / "a.png").read_bytes()))

    def test_ten_bits_become_sixteen(self, tmp_path):
        wide = np.dstack([grey16()] * 3)
        file = pillow_heif.from_bytes("RGB;16", wide.shape[1::-1], wide.tobytes())
        file.save(tmp_path / "a.heic", quality=-1, chroma=444)
        assert heif.read_heic(tmp_path / "a.heic", MOST).luma.dtype == np.uint16

    def test_metadata_goes_with_it(self, tmp_path):
        image = pillow_heif.from_pillow(Image.fromarray(sepia()))
        image.save(tmp_path / "a.heic", exif=EXIF, xmp=XMP)
        picture = heif.read_heic(tmp_path / "a.heic", MOST)
        assert (picture.xmp, picture.orientation) == (XMP, 1)
        assert [name for name, _ in picture.store.chunks] == [b"eXIf"]

    def test_a_cut_file_is_named(self, tmp_path):
        pillow_heif.from_pillow(Image.fromarray(sepia())).save(tmp_path / "a.heic")
        (tmp_path / "a.heic").write_bytes((tmp_path / "a.heic").read_bytes()[:900])
        with pytest.raises(ItemError, match="cannot be decoded"):
            heif.read_heic(tmp_path / "a.heic", MOST)


class TestAvif:
    def test_becomes_png_with_exif_and_xmp(self, tmp_path):
        Image.fromarray(sepia()).save(tmp_path / "a.avif", quality=90, exif=EXIF, xmp=XMP)
        picture = heif.read_avif(tmp_path / "a.avif", MOST)
        assert (picture.xmp, picture.orientation) == (XMP, 6)
        png.write(tmp_path / "a.png", picture, AB, b"")
        decoded = imagecodecs.avif_decode((tmp_path / "a.avif").read_bytes())
        check(decoded, imagecodecs.png_decode((tmp_path / "a.png").read_bytes()))

    @pytest.mark.parametrize("bits", [10, 12])
    def test_more_bits_become_sixteen(self, tmp_path, bits):
        wide = np.dstack([grey16() >> (16 - bits)] * 3)
        data = imagecodecs.avif_encode(wide, level=90, bitspersample=bits)
        (tmp_path / "a.avif").write_bytes(data)
        luma = heif.read_avif(tmp_path / "a.avif", MOST).luma
        assert luma.dtype == np.uint16
        assert np.abs(luma.astype(float) - grey16()).mean() < 700

    def test_an_animation_is_named(self, tmp_path):
        frames = [Image.fromarray(grey()), Image.fromarray(255 - grey())]
        frames[0].save(tmp_path / "a.avif", save_all=True, append_images=frames[1:])
        with pytest.raises(ItemError, match="animated"):
            heif.read_avif(tmp_path / "a.avif", MOST)


class TestJpeg2000:
    @pytest.mark.parametrize("pixels", [grey(), grey16(), sepia(), np.dstack([sepia(), grey()])])
    @pytest.mark.parametrize("form", ["jp2", "j2k"])
    def test_stays_what_it_is_without_loss(self, tmp_path, pixels, form):
        source, part = tmp_path / f"a.{form}", tmp_path / f"b.{form}"
        source.write_bytes(imagecodecs.jpeg2k_encode(pixels, level=0, codecformat=form))
        jpeg2000.write(part, jpeg2000.read(source, MOST), AB, b"")
        result = imagecodecs.jpeg2k_decode(part.read_bytes())
        check(pixels, result)
        assert result.shape[2] == (4 if pixels.shape[2:] == (4,) else 3)

    def test_other_readers_open_it_and_find_the_profile(self, tmp_path, grey_profile):
        source, part = tmp_path / "a.jp2", tmp_path / "b.jp2"
        source.write_bytes(imagecodecs.jpeg2k_encode(grey(), level=0, codecformat="jp2"))
        picture = jpeg2000.read(source, MOST)
        picture.icc = grey_profile
        jpeg2000.write(part, picture, AB, b"")
        with Image.open(part) as image:
            check(grey(), np.asarray(image))
        assert colour_space(jpeg2000.read(part, MOST).icc) == "RGB"

    def test_exif_xmp_and_other_boxes_stay(self, tmp_path):
        source, part = tmp_path / "a.jp2", tmp_path / "b.jp2"
        source.write_bytes(imagecodecs.jpeg2k_encode(grey(), level=0, codecformat="jp2"))
        picture = jpeg2000.read(source, MOST)
        boxes = ((b"uuid", b"JpgTiffExif->JP2" + EXIF), (b"xml ", b"<a/>"))
        picture.store = jpeg2000.Store(False, boxes, picture.store.resolution)
        jpeg2000.write(part, picture, AB, XMP)
        result = jpeg2000.read(part, MOST)
        assert (result.xmp, result.orientation) == (XMP, 6)
        assert result.store.boxes[:2] == boxes

    def test_the_first_of_several_pictures_is_meant(self, tmp_path):
        one, other = (
            imagecodecs.jpeg2k_encode(pixels, level=0, codecformat="jp2")
            for pixels in (grey(), 255 - grey())
        )
        (tmp_path / "a.jp2").write_bytes(one + other[other.index(b"jp2c") - 4 :])
        picture = jpeg2000.read(tmp_path / "a.jp2", MOST)
        assert np.array_equal(picture.luma, grey())
        assert picture.notes == ["further pictures in the file left out"]

    @pytest.mark.parametrize("keep", [13, 100, 500])
    def test_a_cut_file_is_named(self, tmp_path, keep):
        data = imagecodecs.jpeg2k_encode(grey(), level=0, codecformat="jp2")
        (tmp_path / "a.jp2").write_bytes(data[:keep])
        with pytest.raises(ItemError, match="cannot be decoded"):
            jpeg2000.read(tmp_path / "a.jp2", MOST)

    @pytest.mark.parametrize(
        ("place", "value", "kind"), [(42, 0x87, "signed"), (43, 2, "reduced size"), (42, 24, "25")]
    )
    def test_what_is_not_supported_is_not_called_damaged(self, tmp_path, place, value, kind):
        data = bytearray(imagecodecs.jpeg2k_encode(grey(), level=0, codecformat="j2k"))
        data[place] = value
        (tmp_path / "a.j2k").write_bytes(data)
        with pytest.raises(ItemError, match=f"{kind}.*not supported"):
            jpeg2000.read(tmp_path / "a.j2k", MOST)


class TestNetpbm:
    def test_further_pictures_are_told(self, tmp_path):
        one, other = (b"P5\n3 2\n255\n" + bytes(codes) for codes in (range(6), [9] * 6))
        (tmp_path / "a.pgm").write_bytes(one + other)
        (tmp_path / "b.pgm").write_bytes(one + b"\n")
        first, single = (netpbm.read(tmp_path / name, MOST) for name in ("a.pgm", "b.pgm"))
        assert np.array_equal(first.luma, single.luma)
        assert (len(first.notes), len(single.notes)) == (1, 0)

    @pytest.mark.parametrize("pixels", [grey(), grey16(), sepia()])
    def test_the_depth_stays(self, tmp_path, pixels):
        suffix = "pgm" if pixels.ndim == 2 else "ppm"
        source, part = tmp_path / f"a.{suffix}", tmp_path / "b.ppm"
        cv2.imwrite(str(source), pixels if pixels.ndim == 2 else pixels[..., ::-1])
        netpbm.write(part, netpbm.read(source, MOST), AB, b"")
        check(pixels, cv2.imread(str(part), cv2.IMREAD_UNCHANGED)[..., ::-1])

    def test_text_and_comments_are_read(self, tmp_path):
        (tmp_path / "a.pgm").write_bytes(b"P2\n# by hand\n2 2\n#more\n10\n0 5\n10 1\n")
        picture = netpbm.read(tmp_path / "a.pgm", MOST)
        assert picture.luma.tolist() == [[0, 128], [255, 26]]
        assert picture.store == [b" by hand", b"more"]

    def test_one_bit_is_black_at_one(self, tmp_path):
        (tmp_path / "a.pbm").write_bytes(b"P4 3 1\n\xa0")
        assert netpbm.read(tmp_path / "a.pbm", MOST).luma.tolist() == [[0, 255, 0]]

    @pytest.mark.parametrize(
        "data", [b"P5", b"P5 x", b"P5 9 9 255\n123", b"P5 1 1 70000\n00", b"P2 1 1 9\n10", b"P7\n"]
    )
    def test_what_is_broken_is_named(self, tmp_path, data):
        (tmp_path / "a.pgm").write_bytes(data)
        with pytest.raises(ItemError):
            netpbm.read(tmp_path / "a.pgm", MOST)
