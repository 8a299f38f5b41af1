"""A preview plans a part of the archive, and leaves the plan of the whole alone."""

from pathlib import Path

from autochrome.archive import Entry, Scan
from autochrome.plan.preview import PHOTOS, part_of
from autochrome.plan.run import settle

HEADER = {"duration_seconds": 600.0, "width": 64}


def scan_of(photos: int, *films: Entry) -> Scan:
    entries = [Entry(f"{n:03}.jpg", 1, 1, "photo", "jpeg") for n in range(photos)]
    return Scan([*entries, *films], {"other files": 3}, [("x", "fault")])


def test_photographs_are_chosen_evenly_across_the_archive():
    numbers = [int(entry.path[:3]) for entry in part_of(scan_of(100), 10).photos()]
    gaps = {b - a for a, b in zip(numbers, numbers[1:], strict=False)}
    assert len(numbers) == PHOTOS and (numbers[0], numbers[-1]) == (0, 99) and gaps == {9}


def test_few_photographs_are_all_taken():
    assert len(part_of(scan_of(5), 10).photos()) == 5
    assert part_of(scan_of(0), 10).photos() == []


def test_films_last_as_long_as_the_preview():
    long = Entry("a.mp4", 9, 1, "film", "film", header=HEADER)
    short = Entry("b.mp4", 9, 1, "film", "film", header=HEADER | {"duration_seconds": 4.0})
    unknown = Entry("c.mp4", 9, 1, "film", "film", header=HEADER | {"duration_seconds": None})
    broken = Entry("d.mp4", 9, 1, "film", "film", fault="It is broken.")
    scan = scan_of(1, long, short, unknown, broken)
    part = part_of(scan, 10)
    lengths = [e.header and e.header["duration_seconds"] for e in part.films()]
    assert lengths == [10, 4, 10, None]
    assert scan.films()[0].header["duration_seconds"] == 600
    assert (part.left_alone, part.faults) == (scan.left_alone, scan.faults)


def test_its_results_lie_in_a_folder_of_their_own():
    def results(preview):
        config = {"archive": "/a", "output": "out", "preview": preview, "overrides": None}
        return settle(config, {"AUTOCHROME_CALLER": "/home"})[1]

    assert results(None) == Path("/home/out") and results(10) == Path("/home/out/preview")
