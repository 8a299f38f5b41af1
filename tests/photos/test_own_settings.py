"""What a person wants otherwise for one photograph reaches that one, and no other."""

import subprocess
from functools import partial
from shutil import which
from xml.etree import ElementTree

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from autochrome.archive import sha256_file
from autochrome.photos.formats import FORMATS
from tests.models import planned_compact

from .pictures import grey, jpeg_bytes, rgb

SUFFIXES = {name: known.suffix for name, known in FORMATS.items()}
SUFFIXES |= {"gif": ".gif", "heic": ".heic", "avif": ".avif", "pnm": ".pgm"}


@pytest.fixture
def two(results):
    """Two grey JPEGs with the same picture and different names."""
    for name in ("a.jpg", "b.jpg"):
        (results.archive / name).write_bytes(
            jpeg_bytes(grey(160, 120), quality=90 + ord(name[0]) % 5)
        )
    return results


def chroma(path) -> np.ndarray:
    """|Cb| + |Cr| about grey, (H, W)."""
    planes = np.asarray(Image.open(path).convert("YCbCr"), int)
    return np.abs(planes[..., 1:] - 128).sum(axis=2)


def test_only_the_photograph_with_other_settings_is_done_again(two):
    before = two.colour()
    two.own = {"a.jpg": {"settings": {"saturation": 0.4}}}
    after = two.colour()
    assert before["b.jpg"] == after["b.jpg"]
    assert before["a.jpg"]["key"] != after["a.jpg"]["key"]
    assert after["a.jpg"]["colorfulness"] < before["a.jpg"]["colorfulness"]
    assert after["a.jpg"]["checks"]["made_by"]["settings"]["saturation"] == 0.4


def test_another_form_of_the_network_for_one_photograph(two):
    two.own = {"a.jpg": {"model": planned_compact() | {"precision": "int8"}}}
    rows = two.colour()
    assert rows["a.jpg"]["precision"] == "int8" != rows["b.jpg"]["precision"]


def test_borders_that_are_cropped_stay_without_colour(two):
    two.own = {"a.jpg": {"settings": {"crop": [0.2, 0.0, 0.2, 0.25]}}}
    two.colour()
    cropped, whole = chroma("photos/a.jpg"), chroma("photos/b.jpg")
    # The network's map is coarse, and a JPEG's blocks of chroma are 16 pixels wide.
    border = np.ones_like(cropped, bool)
    border[8:112, 16:] = False
    assert cropped[border].max() <= 2 < whole[border].mean()
    assert cropped[40:80, 60:140].mean() > 2


def test_a_photograph_in_colour_can_be_treated_as_grey_and_a_grey_one_as_colour(results):
    (results.archive / "grey.jpg").write_bytes(jpeg_bytes(grey()))
    (results.archive / "colour.jpg").write_bytes(jpeg_bytes(rgb()))
    results.own = {
        "grey.jpg": {"settings": {"tone": "colour"}},
        "colour.jpg": {"settings": {"tone": "grey"}},
    }
    rows = results.colour()
    assert rows["grey.jpg"]["status"] == "left_colour"
    assert "treat_as" in rows["grey.jpg"]["reason"]
    assert rows["colour.jpg"]["status"] == "coloured"


def test_a_document_is_left_alone_and_one_that_a_person_names_a_negative_is_coloured(results):
    sheet = np.full((700, 500), 240, np.uint8)
    sheet[40:660:16, 40:460] = 30
    for name in ("letter", "asked"):
        (results.archive / f"{name}.jpg").write_bytes(jpeg_bytes(sheet))
    results.own = {"asked.jpg": {"settings": {"tone": "negative"}}}
    first, again = results.colour(), results.colour()
    assert first["letter.jpg"]["status"] == again["letter.jpg"]["status"] == "left_alone"
    assert first["letter.jpg"]["result"] == again["letter.jpg"]["result"] == ""
    assert "treat_as" in again["letter.jpg"]["reason"]
    assert first["asked.jpg"]["status"] == "coloured"


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not here")
@pytest.mark.parametrize("name", FORMATS)
def test_an_independent_tool_reads_the_mark(results, name):
    suffix = SUFFIXES[name]
    options = {"lossless": True} if name == "webp" else {}
    pixels = grey(60, 80)
    if name == "heic":
        pillow_heif.from_pillow(Image.fromarray(pixels)).save(results.archive / f"scan{suffix}")
    else:
        Image.fromarray(pixels).save(results.archive / f"scan{suffix}", **options)
    results.settings["digital_source_type"] = "algorithmicallyEnhanced"
    row = results.colour(scan=name)[f"scan{suffix}"]
    (holder,) = row["checks"].get("files_beside", [row["result"]])
    assert (holder != row["result"]) == (name in ("bmp", "pnm", "j2k"))
    tags = ("-XMP-iptcExt:DigitalSourceType", "-XMP-dc:Description", "-XMP-iptcExt:AISystemUsed")
    said = subprocess.run(
        ["exiftool", "-n", "-s3", *tags, holder], capture_output=True, text=True, check=True
    ).stdout.splitlines()
    assert said == [
        "http://cv.iptc.org/newscodes/digitalsourcetype/algorithmicallyEnhanced",
        f"The colours were added by a trained model (compact, Autochrome "
        f"{row['checks']['made_by']['version']}) and are a guess.",
        "Autochrome",
    ]


@pytest.mark.parametrize("name", ["jpeg", "png", "tiff"])
def test_the_visible_mark_is_in_chroma_only_and_only_in_its_corner(results, name):
    suffix = {"jpeg": ".jpg", "png": ".png", "tiff": ".tif"}[name]
    flat = np.full((240, 320), 120, np.uint8)
    flat[:100, :150] = grey(150, 100)
    for stem in "ab":
        Image.fromarray(flat).save(results.archive / f"{stem}{suffix}")
    results.own = {f"a{suffix}": {"settings": {"visible_mark": "corner"}}}
    rows = results.colour(a=name, b=name)
    marked, plain = (np.asarray(Image.open(rows[f"{s}{suffix}"]["result"]), int) for s in "ab")
    assert rows[f"a{suffix}"]["luma_error"] == rows[f"b{suffix}"]["luma_error"]
    differs = np.abs(marked - plain).max(axis=2) > 40
    assert differs[216:, 280:].any() and not differs[:208].any() and not differs[:, :272].any()


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not here")
@pytest.mark.parametrize("tag", ["-EXIF:ImageDescription", "-IPTC:Caption-Abstract"])
@pytest.mark.parametrize("name", ["jpeg", "tiff"])
def test_the_sentence_stands_behind_a_caption_that_is_not_in_xmp(results, tag, name):
    """Programs show a description in XMP in place of the others."""
    source = results.archive / f"scan{SUFFIXES[name]}"
    Image.fromarray(grey(60, 80)).save(source)
    run = partial(subprocess.run, check=True, capture_output=True, text=True)
    run(["exiftool", "-overwrite_original", f"{tag}=Tante Käthe & <Vera>", source])
    row = results.colour(scan=name)[source.name]
    said = run(["exiftool", "-s3", "-XMP-dc:Description", row["result"]]).stdout
    assert said.startswith("Tante Käthe & <Vera> The colours were added by a trained model")
    assert run(["exiftool", "-s3", tag, row["result"]]).stdout.strip() == "Tante Käthe & <Vera>"


@pytest.mark.parametrize("told", [b"\xff\xfe broken", b"", b"   ", b"a\0b"])
def test_a_broken_caption_harms_nothing(results, told):
    exif = Image.Exif()
    exif[0x010E] = told
    (results.archive / "a.jpg").write_bytes(jpeg_bytes(grey(60, 80), exif=exif))
    assert results.colour()["a.jpg"]["status"] == "coloured"


def test_where_a_packet_is_too_large_or_broken_the_mark_stands_beside(results):
    large = b"<x:xmpmeta xmlns:x='adobe:ns:meta/'><rdf:RDF xmlns:rdf='%b'>%b</rdf:RDF></x:xmpmeta>"
    rdf = b"http://www.w3.org/1999/02/22-rdf-syntax-ns#"
    filler = b"<rdf:Description rdf:about=''>%b</rdf:Description>" % (b"x" * 65_000)
    (results.archive / "a.jpg").write_bytes(jpeg_bytes(grey(60, 80), xmp=large % (rdf, filler)))
    (results.archive / "b.jpg").write_bytes(jpeg_bytes(grey(60, 80), xmp=b"<broken"))
    for name, row in results.colour().items():
        assert list(row["checks"]["files_beside"]) == [f"photos/{name}.xmp"]
        ElementTree.parse(f"photos/{name}.xmp")


def test_what_stands_beside_a_photograph_goes_along_when_it_is_renamed(results):
    Image.fromarray(grey(60, 80)).save(results.archive / "a.bmp")
    row = results.colour(a="bmp")["a.bmp"]
    (sha256,) = row["checks"]["files_beside"].values()
    (results.archive / "a.bmp").rename(results.archive / "b.bmp")
    renamed = results.colour(b="bmp")["b.bmp"]
    assert renamed["checks"]["files_beside"] == {"photos/b.bmp.xmp": sha256}
    assert sha256_file("photos/b.bmp.xmp") == sha256
    for name in "ab":
        (results.folder / f"photos/{name}.bmp.xmp").unlink()
    again = results.colour(b="bmp")["b.bmp"]
    assert again["checks"]["files_beside"] == {"photos/b.bmp.xmp": sha256}
    assert sha256_file("photos/b.bmp.xmp") == sha256


def test_no_visible_mark_is_as_if_there_were_no_such_setting(two):
    before = two.colour()
    two.settings["visible_mark"] = "none"
    assert two.colour() == before
