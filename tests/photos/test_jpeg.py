"""A coloured JPEG has the source's luma coefficients and markers; only chroma is new."""

import io
import struct

import imagecodecs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from autochrome.errors import ItemError
from autochrome.mark import CREDENTIALS_LEFT
from autochrome.photos import jpeg
from autochrome.photos.exif import find_thumbnail
from autochrome.photos.icc import colour_space
from autochrome.photos.jpeg_segments import parse
from autochrome.photos.picture import extended

from .pictures import AB, MOST, grey, jpeg_bytes, luma_plane, rgb, sepia

jpeglib = pytest.importorskip("jpeglib")

XMP = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>"


def colour(tmp_path, data: bytes, xmp: bytes = b""):
    """Colour a JPEG given as bytes: its path, the result's path, what was written."""
    source, part = tmp_path / "source.jpg", tmp_path / "part.jpg"
    source.write_bytes(data)
    picture = jpeg.read(source, MOST)
    return source, part, jpeg.write(part, picture, AB, xmp)


def coefficients(path):
    """Luma coefficients and their quantisation table."""
    dct = jpeglib.read_dct(str(path))
    dct.load()
    return dct.Y, dct.qt[dct.quant_tbl_no[0]]


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"progressive": True},
        {"restart_marker_blocks": 3},
        {"quality": 30},
        {"quality": 100},
        {"optimize": True},
    ],
)
@pytest.mark.parametrize("pixels", [grey(), sepia(), grey(17, 33), sepia(16, 8), grey(1, 1)])
def test_luma_coefficients_and_table_stay(tmp_path, pixels, options):
    source, part, _ = colour(tmp_path, jpeg_bytes(pixels, **options))
    before, after = coefficients(source), coefficients(part)
    assert all(np.array_equal(one, other) for one, other in zip(before, after, strict=True))


@pytest.mark.parametrize("subsampling", ["4:4:4", "4:2:2", "4:2:0"])
def test_luma_of_a_tinted_scan_stays_however_its_chroma_is_sampled(tmp_path, subsampling):
    source, part, _ = colour(tmp_path, jpeg_bytes(sepia(), subsampling=subsampling))
    assert np.array_equal(luma_plane(source), luma_plane(part))


@settings(max_examples=15)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(0, 1000))
def test_luma_pixels_stay_at_any_size(tmp_path_factory, height, width, seed):
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width), np.uint8)
    source, part, _ = colour(tmp_path_factory.mktemp("jpeg"), jpeg_bytes(pixels))
    assert np.array_equal(luma_plane(source), luma_plane(part))


def test_the_result_is_in_colour(tmp_path):
    _, part, _ = colour(tmp_path, jpeg_bytes(grey()))
    pixels = np.asarray(Image.open(part)).astype(int)
    assert np.abs(pixels[..., 0] - pixels[..., 2]).mean() > 10


def test_no_channel_is_clipped_before_chroma_is_coded(tmp_path):
    checkers = np.kron(np.indices((20, 20)).sum(0) % 2, np.ones((4, 4))).astype(np.uint8) * 255
    _, part, _ = colour(tmp_path, jpeg_bytes(checkers))
    chroma = np.asarray(Image.open(part).convert("YCbCr"))[..., 1:].astype(int)
    assert np.abs(chroma - 128).max() <= 3


def test_segments_pass_byte_for_byte(tmp_path):
    exif = Image.Exif()
    exif[0x010E], exif[0x0112] = "Cotonificio, 1972", 6
    data = jpeg_bytes(grey(), exif=exif, comment=b"box 3", dpi=(300, 300))
    source, part, _ = colour(tmp_path, data)
    before, after = (parse(path.read_bytes()).segments for path in (source, part))
    assert before == after


def test_exif_in_two_segments_stays_together(tmp_path):
    exif = b"Exif\0\0MM\0\x2a\0\0\0\x08\0\0\0\0\0\0"
    data = jpeg_bytes(grey())
    end_of_jfif = 20
    both = b"".join(
        b"\xff\xe1" + (len(payload) + 2).to_bytes(2, "big") + payload
        for payload in (exif, b"Exif\0\0and the rest")
    )
    _, part, _ = colour(tmp_path, data[:end_of_jfif] + both + data[end_of_jfif:], XMP)
    written = part.read_bytes()
    assert written[end_of_jfif:].startswith(both)
    assert Image.open(part).info["xmp"] == XMP


def test_more_segments_than_jpeglib_can_hold(tmp_path):
    data = jpeg_bytes(grey())
    many = b"".join(b"\xff\xee\x00\x06x%03d" % number for number in range(80))
    _, part, _ = colour(tmp_path, data[:2] + many + data[2:])
    assert sum(s.payload.startswith(b"x") for s in parse(part.read_bytes()).segments) == 80


def test_the_mark_replaces_the_xmp_packet(tmp_path):
    data = jpeg_bytes(grey(), xmp=b"<old/>")
    _, part, _ = colour(tmp_path, data, XMP)
    assert Image.open(part).info["xmp"] == XMP


def test_a_grey_profile_becomes_the_rgb_profile_of_its_tone_curve(tmp_path, grey_profile):
    _, part, _ = colour(tmp_path, jpeg_bytes(grey(), icc_profile=grey_profile))
    assert colour_space(parse(part.read_bytes()).icc) == "RGB"


def test_credentials_of_the_source_are_left_out_and_told(tmp_path):
    """Other JUMBF boxes stay; only a box's first segment names its type."""

    def jumbf(number: int, part: int, content: bytes) -> bytes:
        payload = b"JP" + struct.pack(">HI", number, part) + content
        return b"\xff\xeb" + struct.pack(">H", 2 + len(payload)) + payload

    data = jpeg_bytes(grey())
    signed = jumbf(1, 1, bytes(4) + b"jumb" + bytes(4) + b"jumdc2pa") + jumbf(1, 2, b"rest")
    other = jumbf(2, 1, bytes(4) + b"jumb" + bytes(4) + b"jumdjson")
    _, part, written = colour(tmp_path, data[:2] + signed + other + data[2:])
    found = [s.payload for s in parse(part.read_bytes()).segments if s.code == 0xEB]
    assert found == [other[4:]]
    assert written.notes.count(CREDENTIALS_LEFT) >= 1


def test_an_adobe_marker_that_says_rgb_is_corrected(tmp_path):
    data = jpeg_bytes(grey())
    end_of_jfif = 20
    adobe = b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00\x00"
    _, part, _ = colour(tmp_path, data[:2] + adobe + data[end_of_jfif:])
    assert parse(part.read_bytes()).adobe_transform == 1


def test_a_cut_file_is_coloured_as_far_as_it_goes(tmp_path):
    data = jpeg_bytes(grey(160, 160), quality=95)
    source, part, _ = colour(tmp_path, data[: len(data) // 2])
    assert jpeg.read(source, MOST).damage
    assert np.array_equal(coefficients(source)[0], coefficients(part)[0])


def test_what_is_missing_of_a_cut_file_stays_grey(tmp_path):
    data = jpeg_bytes(grey(160, 160), quality=95)
    source = _saved(tmp_path, data[: len(data) // 2])
    picture = jpeg.read(source, MOST)
    assert 60 < picture.decoded < 110
    jpeg.write(tmp_path / "part.jpg", picture, extended(AB, picture.decoded, 160), b"")
    pixels = np.asarray(Image.open(tmp_path / "part.jpg")).astype(int)
    assert np.ptp(pixels[:60], axis=2).mean() > 10 > 4 > np.ptp(pixels[-40:], axis=2).max()


def test_damage_in_the_middle_is_told(tmp_path):
    data = bytearray(jpeg_bytes(grey(160, 160), quality=95, restart_marker_blocks=20))
    middle = len(data) // 2
    data[middle : middle + 40] = bytes(range(100, 140))
    assert colour(tmp_path, bytes(data))[2].damage


def test_junk_before_the_start_is_forgiven(tmp_path):
    assert jpeg.read(_saved(tmp_path, b"junk" + jpeg_bytes(grey())), MOST).height == 70


def _saved(tmp_path, data: bytes):
    path = tmp_path / "x.jpg"
    path.write_bytes(data)
    return path


def _with_frame_marker(code: int) -> bytes:
    return jpeg_bytes(grey()).replace(b"\xff\xc0", bytes((0xFF, code)), 1)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (_with_frame_marker(0xC9), "arithmetic"),
        (_with_frame_marker(0xC3), "lossless"),
        (b"", "empty"),
        (b"<!DOCTYPE html><html>", "HTML"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:1", "Git LFS"),
        (jpeg_bytes(grey())[:150], "before the picture begins"),
    ],
)
def test_what_cannot_be_done_is_named(tmp_path, data, said):
    with pytest.raises(ItemError, match=said):
        jpeg.read(_saved(tmp_path, data), MOST)


def test_cmyk_is_named(tmp_path):
    buffer = io.BytesIO()
    Image.fromarray(rgb()).convert("CMYK").save(buffer, "JPEG")
    with pytest.raises(ItemError, match="CMYK"):
        jpeg.read(_saved(tmp_path, buffer.getvalue()), MOST)


def test_a_file_that_stores_rgb_is_named(tmp_path):
    with pytest.raises(ItemError, match="R, G, B"):
        colour(tmp_path, jpeg_bytes(sepia(), keep_rgb=True))


@pytest.mark.parametrize("pixels", [grey(), sepia(), grey(17, 33)])
def test_without_jpeglib_the_luma_is_encoded_again_and_measured(tmp_path, monkeypatch, pixels):
    monkeypatch.setattr(jpeg, "transplant", None)
    source, part, written = colour(tmp_path, jpeg_bytes(pixels))
    difference = np.abs(luma_plane(source).astype(int) - luma_plane(part)).max()
    assert written.luma_error == difference
    assert np.array_equal(coefficients(source)[1], coefficients(part)[1])


def thumbnailed(size=(40, 30)) -> bytes:
    """An EXIF block with a grey thumbnail, and a maker note behind it."""
    thumbnail = jpeg_bytes(grey(*size))
    maker_note = b"maker's own bytes"
    start = 8 + 18 + 30
    first = struct.pack("<HHHII", 1, 0x927C, 7, len(maker_note), start + len(thumbnail))
    second = struct.pack("<HHHII", 2, 0x0201, 4, 1, start)
    second += struct.pack("<HHII", 0x0202, 4, 1, len(thumbnail)) + bytes(4)
    head = b"II*\0" + struct.pack("<I", 8) + first + struct.pack("<I", 26)
    return (head + second).ljust(start, b"\0") + thumbnail + maker_note


def test_the_thumbnail_is_in_colour_and_maker_notes_stay_in_place(tmp_path):
    exif = thumbnailed()
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(grey(), exif=b"Exif\0\0" + exif))
    picture = jpeg.read(tmp_path / "a.jpg", MOST)
    jpeg.write(tmp_path / "b.jpg", picture, AB, b"")
    result = jpeg.read(tmp_path / "b.jpg", MOST).store.jpeg.exif
    found = find_thumbnail(result)
    pixels = np.asarray(Image.open(io.BytesIO(found.data)))
    assert pixels.shape[1] <= 40
    assert np.ptp(pixels.astype(int), axis=2).max() > 30
    place = exif.index(b"maker's own")
    assert result[place : place + 17] == exif[place:]
    assert find_thumbnail(exif).data not in result


@pytest.mark.parametrize("cut", [0, 2000])
def test_a_large_file_is_decoded_as_a_small_one(tmp_path, monkeypatch, cut):
    exif = Image.Exif()
    exif[0x0112] = 6
    data = jpeg_bytes(grey(203, 101), exif=exif)
    (tmp_path / "a.jpg").write_bytes(data[: len(data) - cut])
    small = jpeg.read(tmp_path / "a.jpg", MOST)
    monkeypatch.setattr(jpeg, "_LARGE", 1)
    large = jpeg.read(tmp_path / "a.jpg", MOST)
    assert np.array_equal(large.luma, small.luma)
    assert (large.store.sound, large.damage) == (small.store.sound, small.damage)
    assert large.store.sound == (not cut)


def test_a_broken_thumbnail_stays_as_it_is(tmp_path):
    exif = thumbnailed().replace(b"\xff\xc0", b"\xff\x00")
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(grey(), exif=b"Exif\0\0" + exif))
    picture = jpeg.read(tmp_path / "a.jpg", MOST)
    jpeg.write(tmp_path / "b.jpg", picture, AB, b"")
    assert jpeg.read(tmp_path / "b.jpg", MOST).store.jpeg.exif == exif


@pytest.mark.parametrize("trailer", [b"FotoStation's bytes", b""])
def test_what_lies_behind_the_end_marker_stays(tmp_path, trailer):
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(grey()) + trailer)
    jpeg.write(tmp_path / "b.jpg", jpeg.read(tmp_path / "a.jpg", MOST), AB, b"")
    assert (tmp_path / "b.jpg").read_bytes().endswith(b"\xff\xd9" + trailer)


def test_grey_copies_behind_the_end_marker_are_left_out(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg_bytes(grey()) + jpeg_bytes(grey(20, 10)))
    jpeg.write(tmp_path / "b.jpg", jpeg.read(tmp_path / "a.jpg", MOST), AB, b"")
    assert (tmp_path / "b.jpg").read_bytes().count(b"\xff\xd8\xff") == 1


@pytest.mark.parametrize("pixels", [grey(), sepia()])
@pytest.mark.parametrize("progressive", [False, True])
def test_a_missing_end_marker_alone_is_no_damage(tmp_path, pixels, progressive):
    data = jpeg_bytes(pixels, progressive=progressive)
    source, part, written = colour(tmp_path, data[:-2])
    picture = jpeg.read(source, MOST)
    assert not (picture.damage or written.damage)
    assert picture.notes == ["its end marker was missing, and nothing else"]
    source.write_bytes(data)
    assert np.array_equal(luma_plane(source), luma_plane(part))


@pytest.mark.parametrize("pixels", [grey(), sepia()])
def test_more_missing_than_the_end_marker_is_damage(tmp_path, pixels):
    source = tmp_path / "a.jpg"
    source.write_bytes(jpeg_bytes(pixels)[:-40])
    assert jpeg.read(source, MOST).damage


def test_jpeg_ls_and_documents_with_a_jpeg_inside_are_named(tmp_path):
    ls, pdf = tmp_path / "ls.jpg", tmp_path / "pdf.jpg"
    ls.write_bytes(imagecodecs.jpegls_encode(grey()))
    pdf.write_bytes(b"%PDF-1.4\n" + jpeg_bytes(grey()))
    for path, fault in ((ls, "JPEG-LS"), (pdf, "PDF")):
        with pytest.raises(ItemError, match=fault):
            jpeg.read(path, MOST)


@pytest.mark.parametrize("cut", [0, 1, 3, 12])
def test_a_progressive_file_that_is_cut_between_its_scans_keeps_them(tmp_path, cut):
    data = jpeg_bytes(sepia(), progressive=True)
    scans = [at for at in range(len(data)) if data[at : at + 2] == b"\xff\xda"]
    table = data.rindex(b"\xff\xc4", 0, scans[3])
    (tmp_path / "scans.jpg").write_bytes(data[:table])
    source, part, written = colour(tmp_path, data[: table + cut])
    assert jpeg.read(source, MOST).damage
    assert written.luma == "coefficients and table equal"
    assert np.array_equal(coefficients(tmp_path / "scans.jpg")[0], coefficients(part)[0])


def test_a_file_with_less_luma_than_chroma_is_named(tmp_path):
    data = bytearray(jpeg_bytes(sepia(), subsampling=0))
    frame = data.index(b"\xff\xc0")
    data[frame + 14] = 0x22
    with pytest.raises(ItemError, match="less densely"):
        jpeg.read(_saved(tmp_path, bytes(data)), MOST)
