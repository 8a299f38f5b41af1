"""Photographs side by side: the same rows and bytes as one after another, and nobody's crash is
another's."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest
import tifffile

from autochrome.archive import sha256_file
from autochrome.photos import batch, colour_photo
from autochrome.photos.lanes import Lanes

from .conftest import Here
from .pictures import grey, jpeg_bytes, sepia


def dies_on_deadly(source: Path, *arguments):
    """What runs in the child: it really dies of one photograph."""
    if source.name == "deadly.jpg":
        os.kill(os.getpid(), signal.SIGSEGV)
    return colour_photo(source, *arguments)


def without_times(rows: dict) -> list:
    return [
        {name: value for name, value in row.items() if name != "result_mtime_ns"}
        for row in rows.values()
    ]


@pytest.fixture
def several(results):
    for number in range(6):
        pixels = (sepia if number % 2 else grey)(60 + 9 * number, 50)
        (results.archive / f"{number}.jpg").write_bytes(jpeg_bytes(pixels, quality=97))
    (results.archive / "again.jpg").write_bytes((results.archive / "0.jpg").read_bytes())
    return results


def test_rows_and_bytes_are_those_of_one_worker(several):
    one = without_times(several.colour())
    results = {row["result"]: sha256_file(row["result"]) for row in one}
    for row in one:
        Path(row["result"]).unlink()
    Path("state/photos/3f.jsonl").unlink()
    several.threads = 2
    assert without_times(several.colour()) == one
    assert {name: sha256_file(name) for name in results} == results


def test_a_photograph_that_kills_its_child_costs_none_beside_it(several, monkeypatch):
    (several.archive / "deadly.jpg").write_bytes(jpeg_bytes(grey(50, 50)))
    monkeypatch.setattr(batch, "_COLOUR", dies_on_deadly)
    several.threads = 2
    rows = several.colour()
    failed = {name for name, row in rows.items() if row["status"] == "failed"}
    assert failed == {"deadly.jpg"}
    assert "died (SIGSEGV), 2 times" in rows["deadly.jpg"]["reason"]
    assert [*rows] == sorted(rows)


@pytest.mark.parametrize("in_pairs", [True, False])
def test_a_large_photograph_is_coloured_although_others_would_be_beside_it(
    several, monkeypatch, in_process, in_pairs
):
    monkeypatch.setattr(batch, "SIDE_BY_SIDE", 4000)
    monkeypatch.setattr(batch, "may_pair", lambda pixels, memory: in_pairs)
    assert {row["status"] for row in several.colour().values()} == {"coloured"}


def test_a_large_picture_among_those_of_a_tiff_is_coloured_too(results, monkeypatch, in_process):
    monkeypatch.setattr(batch, "SIDE_BY_SIDE", 4000)
    with tifffile.TiffWriter(results.archive / "pages.tif") as file:
        for pixels in (grey(50, 60), grey(70, 90)):
            file.write(pixels, metadata=None)
    (row,) = results.colour(pages="tiff").values()
    assert (row["status"], row["checks"]["pictures"]) == ("coloured", 2)


def test_what_is_alone_has_nothing_beside_it_and_a_pair_is_two():
    running, seen = set(), []
    with Lanes(3, Here) as lanes:
        places = [lanes.alone, lanes.in_pair, lanes.beside_others]

        def work(number: int) -> None:
            with places[number % 3]():
                running.add(number)
                seen.append((number, set(running)))
                time.sleep(0.001)
                seen.append((number, set(running)))
                running.remove(number)

        threads = [threading.Thread(target=work, args=(number,)) for number in range(30)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
    assert {number for number, _ in seen} == set(range(30))
    for number, beside in seen:
        assert len(beside) <= (1 if number % 3 == 0 else 2 if number % 3 == 1 else 3)
        assert number % 3 == 0 or not any(other % 3 == 0 for other in beside)
