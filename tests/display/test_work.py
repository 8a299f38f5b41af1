"""How much is done: in expected seconds, and finer than jobs where journals tell."""

import json

import pytest
from snakemake_logger_plugin_autochrome.work import Work


def write(path, value):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(value))


@pytest.fixture
def results(tmp_path):
    films = {"aa": 5.0, "bb": 2.0}
    weights = {"colour_photos": {"x1": 30.0, "x2": 10.0}, "index_film": films}
    write(tmp_path / "state/work.json", {"weights": weights | {"colour_chunk": films}})
    write(tmp_path / "plan/films/aa/index.json", {"chunks": 3})
    write(tmp_path / "plan/films/bb/index.json", {"chunks": 1})
    write(tmp_path / "plan/photos/x1.json", {"items": [{}, {}, {}, {}]})
    return tmp_path


def journal(results, bucket, *rows):
    path = results / f"state/photos/{bucket}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        file.writelines(json.dumps({"key": "k", "row": row}) + "\n" for row in rows)


def test_a_job_weighs_what_the_plan_expects(results):
    work = Work(results, {"colour_photos": 2, "report": 1})
    assert work.total == 41
    work.start(1, "colour_photos", {"bucket": "x1"}, [])
    work.finish(1)
    assert work.done == 30


def test_the_chunks_of_every_film_are_counted(results):
    assert Work(results, {"colour_chunk": 4}).total == 3 * 5 + 2


def test_chunks_done_earlier_are_not_counted(results):
    assert Work(results, {"colour_chunk": 2}).total == pytest.approx((3 * 5 + 2) / 2)


def test_without_a_plan_all_jobs_weigh_the_same(tmp_path):
    work = Work(tmp_path, {"colour_photos": 3, "join_film": 1})
    work.start(1, "join_film", {"film": "aa"}, [])
    work.finish(1)
    assert work.done / work.total == 0.25


def test_a_running_job_counts_as_far_as_its_journal(results):
    work = Work(results, {"colour_photos": 2})
    journal(results, "x1", {"source": "before this run"})
    work.start(1, "colour_photos", {"bucket": "x1"}, [])
    journal(results, "x1", {"source": "a"}, {"source": "b"})
    assert [row["source"] for row in work.look()] == ["a", "b"]
    assert work.done == 15 and work.look() == []


def test_a_half_written_line_waits_for_its_other_half(results):
    work = Work(results, {"colour_photos": 2})
    work.start(1, "colour_photos", {"bucket": "x1"}, [])
    journal(results, "x1")
    path = results / "state/photos/x1.jsonl"
    path.write_bytes(b'{"key": "k", "row": {"sou')
    assert work.look() == []
    with path.open("ab") as file:
        file.write(b'rce": "a"}}\n')
    assert [row["source"] for row in work.look()] == ["a"]


def test_a_finished_job_gives_the_rows_of_its_done_file(results):
    write(results / "done/photos/x1.json", {"plan": "p", "rows": [{"source": "a"}]})
    work = Work(results, {"colour_photos": 2})
    work.start(1, "colour_photos", {"bucket": "x1"}, ["done/photos/x1.json"])
    assert work.finish(1) == [{"source": "a"}]


def test_never_more_is_done_than_there_is(results):
    work = Work(results, {"colour_photos": 1})
    for number, bucket in enumerate(("x1", "x2")):
        work.start(number, "colour_photos", {"bucket": bucket}, [])
        work.finish(number)
    assert work.done == work.total


def test_a_manifest_alone_is_no_work_to_watch(results):
    assert Work(results, {"manifest": 1, "report": 1}).is_trivial
    assert not Work(results, {"colour_photos": 1, "report": 1}).is_trivial
