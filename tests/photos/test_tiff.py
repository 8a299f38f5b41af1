"""A coloured TIFF keeps luma, depth, coding and tags of its source."""

import struct

import cv2
import numpy as np
import pytest
import tifffile
from PIL import Image

from autochrome.color import luma_from_rgb
from autochrome.errors import ItemError
from autochrome.mark import CREDENTIALS_LEFT
from autochrome.photos import picture as picture_room
from autochrome.photos import tiff
from autochrome.photos.icc import colour_space
from autochrome.photos.tiff_tags import Tag, read_tags, replace_tags

from .pictures import AB, MOST, grey, grey16, sepia

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


@pytest.fixture
def saved(tmp_path):
    """Save pixels as a TIFF; its path."""

    def save(pixels, **options):
        tifffile.imwrite(tmp_path / "source.tif", pixels, metadata=None, **options)
        return tmp_path / "source.tif"

    return save


def colour(source, xmp: bytes = b""):
    """Colour a TIFF: the source as a picture, the result's path, what was written."""
    part = source.with_name("part.tif")
    picture = tiff.read(source, MOST)
    return picture, part, tiff.write(part, picture, AB, xmp)


@pytest.mark.parametrize("pixels", [grey(), grey16(), sepia(), grey(1, 1), grey16(200, 3)])
@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits"])
def test_luma_stays_within_one_code_at_the_sources_depth(saved, pixels, compression):
    source, part, _ = colour(saved(pixels, compression=compression))
    result = tifffile.imread(part)
    assert result.dtype == pixels.dtype
    assert np.abs(luma_from_rgb(result).astype(int) - source.luma).max() <= 1


@pytest.mark.parametrize("compression", ["lzw", "zlib", "zstd"])
def test_the_compression_stays(saved, compression):
    path = saved(grey(), compression=compression)
    _, part, _ = colour(path)
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(part) as after:
        assert before.pages[0].compression == after.pages[0].compression


def test_jpeg_in_tiff_becomes_lossless(saved):
    _, part, written = colour(saved(grey(), compression="jpeg"))
    assert written.luma_error <= 1
    assert tifffile.TiffFile(part).pages[0].compression == 8


@pytest.mark.parametrize("white", [1, 255, 65535])
@pytest.mark.parametrize("pixels", [grey16(), sepia()])
def test_floating_point_luma_stays_to_a_part_in_65535(saved, pixels, white):
    floating = (pixels / np.float32(np.iinfo(pixels.dtype).max) * white).astype(np.float32)
    _, part, _ = colour(saved(floating, compression="zlib", predictor=3))
    result = tifffile.imread(part)
    luma = floating if floating.ndim == 2 else floating @ [0.299, 0.587, 0.114]
    assert result.dtype == np.float32
    assert np.abs(result @ [0.299, 0.587, 0.114] - luma).max() <= white / 65535
    assert np.ptp(result, axis=2).max() > white / 10


@pytest.mark.parametrize("compression", [None, "lzw", "zlib", "zstd", "packbits", "lzma"])
@pytest.mark.parametrize("order", ["<", ">"])
@pytest.mark.parametrize("predictor", [None, 2])
@pytest.mark.parametrize("layout", [{"rowsperstrip": 9}, {"tile": (32, 16)}])
def test_every_coding_in_many_pieces_is_read_by_others(
    saved, compression, order, predictor, layout
):
    predictor = None if compression in (None, "packbits") else predictor
    options = {"compression": compression, "predictor": predictor, "byteorder": order, **layout}
    _, part, _ = colour(saved(grey16(), **options))
    result = tifffile.imread(part)
    assert np.abs(luma_from_rgb(result).astype(int) - grey16()).max() <= 1
    if compression not in ("lzma", "zstd"):
        assert cv2.imread(str(part), cv2.IMREAD_UNCHANGED)[..., ::-1].tolist() == result.tolist()


def test_planes_and_rows_of_strips_stay(saved):
    planes = np.ascontiguousarray(np.moveaxis(sepia(), 2, 0))
    options = {"photometric": "rgb", "planarconfig": "separate", "rowsperstrip": 9}
    path = saved(planes, compression="lzw", predictor=2, **options)
    _, part, _ = colour(path)
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(part) as after:
        for name in ("planarconfig", "rowsperstrip", "compression", "predictor"):
            assert getattr(before.pages[0], name) == getattr(after.pages[0], name)


@pytest.mark.parametrize("options", [{"byteorder": ">"}, {"bigtiff": True}, {"tile": (32, 48)}])
def test_byte_order_size_and_tiles_stay(saved, options):
    path = saved(grey16(), **options)
    _, part, _ = colour(path)
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(part) as after:
        assert (before.byteorder, before.is_bigtiff) == (after.byteorder, after.is_bigtiff)
        assert before.pages[0].chunks[:2] == after.pages[0].chunks[:2]


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_few_bits_are_spread_over_eight(saved, bits):
    pixels = (grey() >> (8 - bits)).astype(np.uint8)
    source, _, _ = colour(saved(pixels, bitspersample=bits))
    assert np.array_equal(source.luma, pixels * (255 // (2**bits - 1)))


def test_min_is_white_is_turned_into_light(saved):
    source, part, _ = colour(saved(255 - grey(), photometric="miniswhite"))
    assert np.array_equal(source.luma, grey())
    assert np.abs(luma_from_rgb(tifffile.imread(part)).astype(int) - grey()).max() <= 1


@pytest.mark.parametrize("alpha", [0, 255])
def test_min_is_white_is_not_said_of_alpha(saved, alpha):
    pixels = np.dstack([255 - grey(), np.full_like(grey(), alpha)])
    path = saved(pixels, photometric="miniswhite", planarconfig="contig", extrasamples=[2])
    source, part, _ = colour(path)
    assert np.array_equal(source.luma, grey())
    assert (tifffile.imread(part)[..., 3] == alpha).all()


def test_floating_point_samples_may_have_white_at_zero(saved):
    light = (grey() / np.float32(255)).astype(np.float32)
    source, part, written = colour(saved(1 - light, photometric="miniswhite"))
    assert np.abs(source.luma / 65535 - light).max() < 1e-4
    assert written.luma_error <= 1


def test_a_palette_is_resolved(saved):
    palette = np.stack([np.arange(255, -1, -1, dtype=np.uint16) * 257] * 3)
    source, _, _ = colour(saved(grey(), photometric="palette", colormap=palette))
    assert np.array_equal(source.luma, 255 - grey())


def test_planes_stored_one_after_the_other_are_read(saved):
    planes = np.ascontiguousarray(np.moveaxis(sepia(), 2, 0))
    source, _, _ = colour(saved(planes, photometric="rgb", planarconfig="separate"))
    assert np.array_equal(source.luma, luma_from_rgb(sepia()))


def test_alpha_stays(saved):
    pixels = np.dstack([sepia(), grey()])
    source, part, _ = colour(saved(pixels, photometric="rgb", extrasamples=["unassalpha"]))
    assert np.array_equal(tifffile.imread(part)[..., 3], grey())


def test_tags_pass_through(saved):
    extratags = [
        (270, "s", 0, "Cotonificio Egg, 1972", True),
        (315, "s", 0, "unknown", True),
        (274, "H", 1, 8, True),
        (33723, "B", 5, b"\x1c\x02\x05\0\0", True),
        (65000, "d", 2, (0.5, 1e300), True),
        (286, "2I", 1, (12, 5), True),
    ]
    path = saved(grey(), extratags=extratags, resolution=(300, 600), resolutionunit="inch")
    source, part, _ = colour(path)
    codes = (270, 315, 274, 33723, 65000, 286, 282, 283, 296)
    with tifffile.TiffFile(path) as before, tifffile.TiffFile(part) as after:
        tags = before.pages[0].tags, after.pages[0].tags
        assert [tags[0][code].value for code in codes] == [tags[1][code].value for code in codes]
    assert source.orientation == 8


@pytest.mark.parametrize(
    "given",
    [
        {},
        {282: Tag(5, 1, struct.pack("<II", 300, 1)), 283: Tag(5, 1, struct.pack("<II", 300, 1))},
        {296: Tag(3, 1, struct.pack("<H", 2))},
    ],
)
def test_no_resolution_is_made_up(saved, given):
    path = saved(grey())
    replace_tags(path, given, {282, 283, 296} - given.keys())
    _, part, _ = colour(path)
    assert read_tags(part).keys() & {282, 283, 296} == given.keys()


def test_maker_notes_that_may_hold_offsets_are_told(saved):
    path = saved(grey())
    replace_tags(path, {0x8769: Tag(4, 1, b"", {37500: Tag(7, 6, b"Canon\0")})})
    assert any("maker notes" in note for note in colour(path)[2].notes)


def test_credentials_of_the_source_are_left_out_and_told(saved):
    path = saved(grey(), extratags=[(52545, "B", 6, b"jumbf!", True)])
    _, part, written = colour(path)
    assert 52545 not in read_tags(part)
    assert CREDENTIALS_LEFT in written.notes


@pytest.mark.parametrize("kind", ["jpeg", "fax"])
def test_broken_data_that_decoders_fill_up_is_told(tmp_path, kind):
    path = tmp_path / "source.tif"
    pixels = Image.fromarray(np.tile(grey(), (4, 4)))
    if kind == "jpeg":
        pixels.save(path, compression="jpeg")
    else:
        pixels.convert("1").save(path, compression="group4")
    assert tiff.read(path, MOST).damage == ""
    data = bytearray(path.read_bytes())
    with tifffile.TiffFile(path) as file:
        begin, size = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
    data[begin + size // 2 : begin + size] = bytes(size - size // 2)
    path.write_bytes(data)
    assert "cut or broken" in tiff.read(path, MOST).damage


@pytest.mark.parametrize("options", [{}, {"byteorder": ">"}, {"bigtiff": True}])
def test_exif_and_gps_directories_pass_through(saved, options):
    path = saved(grey(), **options)
    order = options.get("byteorder", "<")
    exif = {
        0x829A: Tag(5, 1, struct.pack(order + "II", 1, 125)),
        0x9003: Tag(2, 20, b"1972:01:02 03:04:05\0"),
    }
    gps = {2: Tag(5, 3, struct.pack(order + "6I", 41, 1, 21, 1, 17, 2))}
    replace_tags(path, {0x8769: Tag(4, 1, b"", exif), 0x8825: Tag(4, 1, b"", gps)})
    _, part, _ = colour(path)
    with Image.open(part) as image:
        found = image.getexif()
        assert found.get_ifd(0x8769) == {0x829A: 1 / 125, 0x9003: "1972:01:02 03:04:05"}
        assert found.get_ifd(0x8825) == {2: (41, 21, 8.5)}


def test_the_mark_replaces_the_xmp_packet(saved):
    path = saved(grey(), extratags=[(700, "B", 6, b"<old/>", True)])
    source, part, _ = colour(path, XMP)
    assert (source.xmp, tiff.read(part, MOST).xmp) == (b"<old/>", XMP)


def test_a_grey_profile_becomes_the_rgb_profile_of_its_tone_curve(saved, grey_profile):
    source, part, _ = colour(saved(grey(), iccprofile=grey_profile))
    result = tiff.read(part, MOST)
    assert (colour_space(source.icc), colour_space(result.icc)) == ("GRAY", "RGB")


def test_a_reduced_copy_is_left_out_and_said(tmp_path):
    with tifffile.TiffWriter(tmp_path / "a.tif") as file:
        file.write(grey(), metadata=None)
        file.write(grey(20, 10), metadata=None, subfiletype=1)
    assert "reduced" in colour(tmp_path / "a.tif")[2].notes[0]


@pytest.mark.parametrize(
    ("pixels", "options", "said"),
    [
        (grey().astype(np.float16), {}, "16-bit floating-point"),
        (grey().astype(np.float32) * 300, {}, "what is white"),
        (grey() - np.float32(1), {}, "what is white"),
        (grey() * np.float32(1.3 / 255), {}, "what is white"),
        (grey() * np.float32(16), {}, "what is white"),
        (np.full((3, 3), np.nan, np.float32), {}, "what is white"),
        (grey(), {"photometric": "cfa", "extratags": [(50706, "B", 4, b"\1\4\0\0")]}, "raw file"),
        (grey().astype(np.int16), {}, "signed"),
        (grey().astype(np.uint32), {}, "32 bits"),
        (np.dstack([sepia(), grey()]), {"photometric": "separated"}, "SEPARATED"),
        (
            np.dstack([sepia(), grey()]),
            {"photometric": "rgb", "extrasamples": ["assocalpha"]},
            "premultiplied",
        ),
    ],
)
def test_what_is_not_supported_is_named(saved, pixels, options, said):
    with pytest.raises(ItemError, match=said):
        tiff.read(saved(pixels, **options), MOST)


@pytest.mark.parametrize("keep", [4, 60, 3000])
def test_a_cut_file_is_named(saved, keep):
    path = saved(grey())
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ItemError, match="cannot be decoded"):
        tiff.read(path, MOST)


def test_a_header_beyond_the_limit_is_refused_before_decoding(saved):
    with pytest.raises(ItemError, match="beyond the limit"):
        tiff.read(saved(grey()), 100)


KINDS = {
    "grey": (grey(203, 157), {"photometric": "minisblack"}),
    "min is white": (grey(203, 157), {"photometric": "miniswhite"}),
    "16 bits": (grey16(203, 157), {"photometric": "minisblack"}),
    "RGB": (sepia(203, 157), {"photometric": "rgb"}),
    "planes": (
        np.moveaxis(sepia(203, 157), 2, 0),
        {"photometric": "rgb", "planarconfig": "separate"},
    ),
    "alpha": (
        np.dstack([sepia(203, 157), grey(203, 157)]),
        {"photometric": "rgb", "extrasamples": ["unassalpha"]},
    ),
    "1 bit": (grey(203, 157) > 99, {"photometric": "minisblack", "bitspersample": 1}),
    "palette": (
        grey(203, 157) // 16,
        {
            "photometric": "palette",
            "colormap": (np.arange(3 * 256, dtype=np.uint16) * 80).reshape(3, 256),
        },
    ),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("layout", [{}, {"tile": (32, 48)}, {"rowsperstrip": 13}])
@pytest.mark.parametrize("compression", [None, "zlib"])
def test_a_picture_is_read_however_it_is_cut(tmp_path, monkeypatch, kind, layout, compression):
    pixels, options = KINDS[kind]
    path = tmp_path / "a.tif"
    for order in "<>":
        tifffile.imwrite(
            path, pixels, byteorder=order, compression=compression, **layout, **options
        )
        whole = tifffile.imread(path)
        if kind == "palette":
            whole = (options["colormap"] >> 8).astype(np.uint8).T[whole]
        elif kind == "1 bit":
            whole = whole * np.uint8(255)
        elif kind == "min is white":
            whole = 255 - whole
        elif kind == "planes":
            whole = np.moveaxis(whole, 0, 2)
        wanted = whole if whole.ndim == 2 else luma_from_rgb(np.ascontiguousarray(whole[..., :3]))
        for size in (300, 1 << 20):
            monkeypatch.setattr(picture_room, "_STRIP_PIXELS", size)
            picture = tiff.read(path, MOST)
            assert np.array_equal(picture.luma, wanted)
            assert picture.luma.dtype == wanted.dtype
        assert (picture.alpha is None) == (kind != "alpha")


def test_a_palette_of_two_colours_is_read(tmp_path):
    bits = grey() > 99
    colours = np.array([[0, 65535], [25700, 65535], [0, 65535]], np.uint16)
    map_tag = (320, "H", 6, tuple(colours.ravel().tolist()), True)
    tifffile.imwrite(tmp_path / "a.tif", bits, photometric="minisblack", extratags=[map_tag])
    with tifffile.TiffFile(tmp_path / "a.tif", mode="r+") as file:
        file.pages[0].tags[262].overwrite(3)
    luma = tiff.read(tmp_path / "a.tif", MOST).luma
    assert np.array_equal(luma, np.where(bits, 255, luma_from_rgb(np.uint8([[[0, 100, 0]]]))))
