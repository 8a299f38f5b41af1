"""What a run will cost is told from its size, corrected by what earlier runs took."""

import shutil
from collections import namedtuple
from pathlib import Path

import pytest

from autochrome.archive import Entry
from autochrome.errors import ArchiveError
from autochrome.plan import estimate
from autochrome.plan.run import Run

HEADER = {"width": 640, "height": 480, "duration_seconds": 60.0, "frame_rate": 24.0}


def write_timings(results, *rows):
    lines = ["rule\titem\texpected_seconds\tseconds", *("\t".join(row) for row in rows)]
    path = results / estimate.TIMINGS
    path.parent.mkdir()
    path.write_text("\n".join(lines) + "\n")


def test_without_earlier_runs_the_figures_stand(tmp_path):
    assert estimate.calibration(tmp_path) == 1.0


def test_earlier_runs_correct_the_figures_and_idle_jobs_do_not_count(tmp_path):
    worked = ("index_film", "0", "10.00", "20.00"), ("colour_photos", "x", "10.00", "40.00")
    write_timings(tmp_path, *worked, ("colour_photos", "x", "10.00", "0.50"))
    assert estimate.calibration(tmp_path) == 3.0


def test_a_films_frames_come_from_its_header():
    assert estimate.film_frames(HEADER) == 1440
    assert estimate.film_frames(HEADER | {"duration_seconds": None}) > 0


def seconds_of(weights, jobs, count, on_cluster=False):
    return estimate.run_seconds(weights, jobs, estimate.Hands(count, on_cluster))


def test_one_core_takes_all_jobs_one_after_another():
    weights = {"colour_photos": {"x": 7}, "index_film": {"f": 10}, "colour_chunk": {"f": 5}}
    assert seconds_of(weights, {"f": 3}, 1) == 7 + 10 + 3 * 5


def test_more_cores_share_the_work_but_not_the_stages_of_a_film():
    weights = {"index_film": {"f": 10}, "colour_chunk": {"f": 5}, "join_film": {"f": 2}}
    assert seconds_of(weights, {"f": 100}, 2) < seconds_of(weights, {"f": 100}, 1)
    assert 10 + 5 + 2 <= seconds_of(weights, {"f": 100}, 10**6) < 10 + 5 + 2 + 1


def test_a_single_bucket_is_done_by_all_cores_here_and_by_two_on_a_cluster():
    weights = {"colour_photos": {"x": 80.0}}
    assert seconds_of(weights, {}, 8) < 20
    assert seconds_of(weights, {}, 8, on_cluster=True) > 40


def test_longer_films_cost_more():
    costs = [
        sum(estimate.film_weights(HEADER | {"duration_seconds": s}, 1, 1.0).values())
        for s in (60, 120)
    ]
    assert costs[0] < costs[1]


def test_a_heavier_network_costs_more():
    plan = {"items": [{"size": 10**6, "format": "jpeg"}] * 10}
    assert estimate.photo_weight(plan, 64) > estimate.photo_weight(plan, 1)
    light, heavy = (estimate.film_weights(HEADER, 2, gflop) for gflop in (1, 64))
    assert {rule for rule in light if heavy[rule] > light[rule]} == {"colour_chunk"}


def needs_of(*photos: tuple[int, int], **settings: int) -> estimate.PhotoNeeds:
    """Those of a bucket of photographs, each of pixels and bytes of memory."""
    entries = {
        f"{n}.jpg": Entry(f"{n}.jpg", 10**6, 0, "photo", "jpeg", pixels=pixels, memory=memory)
        for n, (pixels, memory) in enumerate(photos)
    }
    items = [{"path": path} for path in entries]
    return estimate.photo_needs(
        {"items": items, "settings": {"max_pixels": 10**9} | settings}, entries
    )


def test_a_large_photograph_is_coloured_alone_and_small_ones_side_by_side():
    small, large = (10**6, 10**8), (10**8, 10**9)
    one = needs_of(small).memory(1)
    assert needs_of(small, small).memory(2) - one >= 100
    assert needs_of(small, large).memory(2) >= one + 900
    lanes = needs_of(large, large).memory(2) - needs_of(large, large).memory(1)
    assert lanes < 500


def test_a_large_photograph_that_needs_little_has_room_for_another():
    small, large = (10**6, 10**8), (5 * 10**7, 10**8)
    two, one = needs_of(large, small).memory(2), needs_of(large).memory(2)
    assert two - one >= 100
    assert needs_of(*[large] * 4).memory(2) <= needs_of(*[small] * 4).memory(2)


def test_more_threads_than_photographs_cost_nothing():
    assert needs_of((10**6, 10**8)).memory(8) == needs_of((10**6, 10**8)).memory(1)


def test_a_photograph_that_will_be_refused_costs_nothing():
    bomb = (10**10, 10**11)
    assert needs_of(bomb).memory(1) < 1000 < needs_of(bomb, max_pixels=10**11).memory(1)


def test_a_file_of_a_format_that_is_refused_asks_for_no_memory_and_little_time():
    huge = Entry("a.psd", 10**12, 0, "photo", "psd")
    item = {"path": "a.psd", "format": "psd", "size": huge.size}
    plan = {"items": [item], "settings": {"max_pixels": 10**9}}
    assert estimate.photo_needs(plan, {"a.psd": huge}).memory(1) < 1000
    assert estimate.photo_weight(plan, 1) < 3600


def test_a_disk_without_room_is_told_before_the_start(tmp_path, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda path: usage(10**12, 10**12, 3 * 10**8))
    estimate.check_disk(10**6, tmp_path)
    with pytest.raises(ArchiveError, match="need about 5 GB, but the disk .* only 300 MB free"):
        estimate.check_disk(5 * 10**9, tmp_path)


@pytest.mark.parametrize(
    ("seconds", "words"), [(0.2, "1 s"), (59, "59 s"), (240, "4 min"), (12000, "3 h 20 min")]
)
def test_a_time_is_told_as_people_say_it(seconds, words):
    assert estimate.as_duration(seconds) == words


def test_a_job_of_several_threads_is_given_memory_for_its_children_and_both_networks():
    work = {"needs": {"x0": estimate.PhotoNeeds(100, 50, 0, 0)}, "network": 400}
    planned = Run(Path("results"), work=work)
    one, two, four = (planned.memory_of("x0", threads) for threads in (1, 2, 4))
    assert two - one == 400 + (four - two) // 2
