"""Files are known by their bytes, and by their name only where the bytes say nothing."""

import cv2
import numpy as np
import pytest

from autochrome.archive.recognise import recognise

PICTURE = np.full((8, 8, 3), 90, np.uint8)


def encoded(suffix: str) -> bytes:
    return cv2.imencode(suffix, PICTURE)[1].tobytes()


@pytest.mark.parametrize(
    ("suffix", "form"),
    [(".jpg", "jpeg"), (".png", "png"), (".tif", "tiff"), (".webp", "webp"), (".bmp", "bmp")],
)
def test_a_photograph_is_known_whatever_its_name(suffix, form):
    assert recognise(encoded(suffix), "scan.dat") == ("photo", form)


def test_a_bare_stream_of_jpeg_pictures_is_a_film():
    assert recognise(encoded(".jpg"), "reel.mjpeg") == ("film", "film")


def test_a_wrong_suffix_does_not_decide():
    assert recognise(encoded(".png"), "film.mp4") == ("photo", "png")


@pytest.mark.parametrize(
    "head",
    [
        b"\x00\x00\x00\x18ftypmp42",
        b"\x00\x00\x00\x08wide\x00\x00\x10\x00mdat",
        b"\x1a\x45\xdf\xa3" + bytes(60),
        b"RIFF\x10\x00\x00\x00AVI LIST",
        (b"\x47" + bytes(187)) * 8,
        (b"\x00\x00\x00\x00\x47" + bytes(187)) * 8,
        b"OggS" + bytes(60),
    ],
)
def test_a_film_is_known_whatever_its_name(head):
    assert recognise(head, "reel") == ("film", "film")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("a.jpg", "photo"), ("a.TIFF", "photo"), ("a.nef", "photo"), ("a.mov", "film")],
)
def test_what_is_only_named_like_a_picture_is_not_passed_over(name, kind):
    assert recognise(b"<!DOCTYPE html>", name) == (kind, "unknown")
    assert recognise(b"", name) == (kind, "unknown")


@pytest.mark.parametrize(
    ("head", "name", "format"),
    [
        (b"%PDF-1.7", "album.pdf", "pdf"),
        (b"<?xml version='1.0'?><svg xmlns=''>", "plan", "svg"),
        (b"\0\0\1\0\1\0", "favicon.ico", "icon"),
    ],
)
def test_documents_are_told_from_other_files(head, name, format):
    assert recognise(head, name) == ("other", format)


@pytest.mark.parametrize(
    ("brands", "format"),
    [
        (b"heic\0\0\0\0mif1heic", "heic"),
        (b"mif1\0\0\0\0mif1avif", "avif"),
        (b"avif\0\0\0\0mif1", "avif"),
        (b"crx \0\0\0\1crx isom", "raw"),
    ],
)
def test_the_brands_of_a_media_file_tell_the_format(brands, format):
    head = (8 + len(brands)).to_bytes(4) + b"ftyp" + brands
    assert recognise(head, "x") == ("photo", format)


def test_camera_raw_is_not_taken_for_tiff():
    assert recognise(b"II*\x00\x08\x00\x00\x00", "DSC_1.NEF") == ("photo", "raw")
    assert recognise(b"II*\x00\x10\x00\x00\x00CR\x02\x00", "x") == ("photo", "raw")


@pytest.mark.parametrize(
    ("head", "name", "found"),
    [
        (b"\0\0\2" + bytes(15), "scan.TGA", ("photo", "tga")),
        (b"\x0a\5\1\x08" + bytes(100), "scan.pcx", ("photo", "pcx")),
        (b"\x01\xda" + bytes(100), "scan.bw", ("photo", "sgi")),
        (b"II\xbc\x01" + bytes(100), "scan", ("photo", "jxr")),
        (b"black and white: a list", "films.bw", ("other", "other")),
    ],
)
def test_pictures_of_formats_that_cannot_be_coloured_are_not_passed_over(head, name, found):
    assert recognise(head, name) == found


@pytest.mark.parametrize(
    ("head", "format"), [(b"P7\nWIDTH 3\n", "pam"), (b"Pf\n3 2\n-1.0\n", "pfm")]
)
def test_netpbms_other_kinds_are_pictures_that_can_be_named(head, format):
    assert recognise(head, "a.bin") == ("photo", format)


def test_junk_before_a_jpegs_first_marker_is_forgiven():
    assert recognise(b"junk" + encoded(".jpg"), "a.jpg") == ("photo", "jpeg")


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (b"BMW is a car", "notes"),
        (b"P1\xff\xff", "x"),
        (b"hello", "readme.txt"),
        (b"export const x = 1;\n" * 20, "main.ts"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt ", "sound.wav"),
    ],
)
def test_other_files_are_other(head, name):
    assert recognise(head, name) == ("other", "other")
