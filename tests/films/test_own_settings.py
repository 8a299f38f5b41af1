"""What a person wants for one film, and the mark that every result carries."""

import subprocess
from pathlib import Path
from shutil import which
from xml.etree import ElementTree

import numpy as np
import pytest

from .conftest import decoded, moving_pictures, planes, write_film
from .test_stages import colour_film, results  # noqa: F401

NEWS_CODE = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeWithTrainedAlgorithmicMedia"


def test_a_film_in_colour_can_be_treated_as_grey_and_a_grey_one_as_colour(results):  # noqa: F811
    results.own = {"treat_as": "colour"}
    row = results.run()
    assert row["status"] == "left_colour" and "treat_as" in row["reason"]
    colour_film(results.archive / results.path)
    results.own = {"treat_as": "grey"}
    row = results.run()
    assert row["status"] == "coloured"
    assert row["checks"]["made_by"]["settings"]["treat_as"] == "grey"


def test_a_film_that_a_person_names_a_negative_is_inverted_whatever_its_colour(results):  # noqa: F811
    colour_film(results.archive / results.path)
    results.own = {"treat_as": "negative"}
    row = results.run()
    assert row["status"] == "coloured" and "negative" in row["checks"]["inverted"]
    before, after = (decoded(path)[2] for path in (results.archive / results.path, row["result"]))
    assert np.abs(251 - planes(before)[0].astype(int) - planes(after)[0]).mean() < 3


def test_borders_of_a_film_that_are_cropped_stay_without_colour(results):  # noqa: F811
    results.settings = results.settings | {"codec": "ffv1"}
    results.path = "a film.mkv"
    write_film(results.archive / results.path, moving_pictures(30))
    results.film = type(results)(results.archive, results.path).film
    results.crop = {"crop": [0.0, 0.0, 0.0, 0.4]}
    frame = planes(decoded(Path(results.run()["result"]))[10])
    away = sum(np.abs(plane.astype(int) - 128) for plane in frame[1:])
    columns = away.max(axis=0)
    assert columns[: len(columns) // 4].max() <= 1 < columns[len(columns) // 2 :].max()


@pytest.mark.parametrize("suffix", ["ts", "mkv"])
def test_what_holds_no_xmp_has_its_mark_in_a_file_beside_it(results, suffix):  # noqa: F811
    results.path = f"a film.{suffix}"
    write_film(results.archive / results.path, moving_pictures(30))
    results.film = type(results)(results.archive, results.path).film
    row = results.run()
    (beside,) = row["checks"]["files_beside"]
    packet = ElementTree.parse(beside)
    assert beside == f"{row['result']}.xmp"
    assert NEWS_CODE in (element.text for element in packet.iter())


def exiftool(*words):
    return subprocess.run(
        ["exiftool", "-s3", *words], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not here")
@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "ts"])
def test_an_independent_tool_reads_the_mark_of_a_film(results, suffix):  # noqa: F811
    results.path = f"a film.{suffix}"
    write_film(results.archive / results.path, moving_pictures(12))
    results.film = type(results)(results.archive, results.path).film
    row = results.run()
    holder = next(iter(row["checks"].get("files_beside", {})), row["result"])
    assert exiftool("-XMP-iptcExt:DigitalSourceType", holder).strip() == NEWS_CODE
    assert "were added by a trained model" in exiftool("-XMP-dc:Description", holder)
    if suffix in ("mp4", "mov", "mkv"):
        assert NEWS_CODE in exiftool("-EncodingTool", "-Encoder", "-Autochrome", row["result"])


@pytest.mark.skipif(which("exiftool") is None, reason="exiftool is not here")
@pytest.mark.parametrize("suffix", ["mp4", "mov"])
def test_the_xmp_of_a_film_stays(results, suffix):  # noqa: F811
    results.path = f"a film.{suffix}"
    source = results.archive / results.path
    write_film(source, moving_pictures(12))
    exiftool("-overwrite_original", "-XMP-dc:Creator=Eva", "-XMP-dc:Description=Vera", source)
    results.film = type(results)(results.archive, results.path).film
    row = results.run()
    assert row["status"] == "coloured"
    assert exiftool("-XMP-dc:Creator", row["result"]).strip() == "Eva"
    assert exiftool("-XMP-dc:Description", row["result"]).startswith("Vera The colours were added")
    assert exiftool("-XMP-iptcExt:DigitalSourceType", row["result"]).strip() == NEWS_CODE


def test_the_visible_mark_of_a_film_changes_no_luma_and_only_its_corner(results):  # noqa: F811
    results.settings = results.settings | {"codec": "ffv1", "options": {}}
    results.path = "a film.mkv"
    write_film(results.archive / results.path, moving_pictures(12))
    results.film = type(results)(results.archive, results.path).film
    plain = planes(decoded(Path(results.run()["result"]))[5])
    results.settings = results.settings | {"visible_mark": "corner"}
    marked = planes(decoded(Path(results.run()["result"]))[5])
    np.testing.assert_array_equal(plain[0], marked[0])
    differs = (plain[1] != marked[1]) | (plain[2] != marked[2])
    height, width = differs.shape
    assert differs.any()
    assert not differs[: height * 3 // 4].any() and not differs[:, : width * 2 // 3].any()
