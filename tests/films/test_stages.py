"""The four stages as jobs call them, in a results folder: what is made once is not made again."""

import json
import os
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import skimage.data

from autochrome.archive import Journal, digest, path_digest, read_json, sha256_file, write_json
from autochrome.errors import AutochromeError, ItemError
from autochrome.films import deliver, jobs, stages
from autochrome.films.work import FilmWork
from tests.models import planned_compact

from .conftest import SETTINGS, decoded, encoder, moving_pictures, planes, write_film


class Results:
    """A results folder with the plan of one film."""

    def __init__(self, archive: Path, path: str):
        self.archive, self.path = archive, path
        self.film = path_digest(path)[:16]
        self.settings: dict[str, Any] = dict(SETTINGS)
        self.already_colour = "leave"
        self.own: dict[str, Any] = {}
        self.crop: dict[str, Any] = {}
        self.frames: str | None = None
        self.join: dict[str, Any] = {}
        self.chunks = 1
        self.stages = stages
        self.appended = ""

    def plan(self) -> None:
        status = (self.archive / self.path).stat()
        common = {"film": self.film, "chunks": self.chunks}
        plans: dict[str, Any] = {
            "index": common
            | {"stage": "index", "archive": str(self.archive), "path": self.path}
            | {"size": status.st_size, "mtime_ns": status.st_mtime_ns}
            | {"settings": {"key_frames": "auto"} | self.own},
            "colour": common
            | {
                "stage": "colour",
                "model": planned_compact(),
                "settings": {"temperature": None} | self.crop,
            },
            "encode": common | {"stage": "encode", "settings": self.settings},
        }
        plans["join"] = {
            "stage": "join",
            "film": self.film,
            "result": f"films/{self.path}{self.appended}",
            "container": Path(f"{self.path}{self.appended}").suffix[1:],
            "settings": {
                "already_colour": self.already_colour,
                "frames": self.frames,
                "digital_source_type": "compositeWithTrainedAlgorithmicMedia",
                **self.join,
            },
            "upstream": {name: digest(plan) for name, plan in plans.items()},
        }
        for name, plan in plans.items():
            write_json(Path("plan/films", self.film, f"{name}.json"), plan)

    def run(self) -> dict[str, Any]:
        """All jobs of the film, and its row."""
        self.plan()
        self.stages.index_film(self.film, 1)
        for number in range(self.chunks):
            self.stages.colour_chunk(self.film, number, 1)
        for number in range(self.chunks):
            self.stages.encode_chunk(self.film, number)
        self.stages.join_film(self.film)
        done = read_json(Path("done/films", self.film, "join.json"))
        assert done["plan"] == digest(read_json(Path("plan/films", self.film, "join.json")))
        (row,) = done["rows"]
        return row

    def work_files(self, pattern: str) -> dict[str, int]:
        folder = Path("state/films", self.film)
        return {path.name: path.stat().st_mtime_ns for path in folder.glob(pattern)}


@pytest.fixture
def results(tmp_path, monkeypatch) -> Results:
    """The stages work in this process, so that a test does not start a dozen of them."""
    return make_results(tmp_path, monkeypatch)


@pytest.fixture
def isolated_results(tmp_path, monkeypatch) -> Results:
    """The stages as the jobs run them."""
    made = make_results(tmp_path, monkeypatch)
    made.stages = jobs
    return made


def make_results(tmp_path, monkeypatch) -> Results:
    (tmp_path / "archive").mkdir()
    (tmp_path / "results").mkdir()
    monkeypatch.chdir(tmp_path / "results")
    write_film(tmp_path / "archive/a film.mp4", moving_pictures(30), sound=True)
    return Results(tmp_path / "archive", "a film.mp4")


def test_a_film_is_coloured_and_recorded_and_not_done_twice(results):
    row = results.run()
    assert row["status"] == "coloured" and row["frames"] == 30 and row["colorfulness"] > 0
    assert not results.work_files("encode-*")
    before = results.work_files("*"), Path(row["result"]).stat().st_mtime_ns
    assert results.run() == row
    assert (results.work_files("*"), Path(row["result"]).stat().st_mtime_ns) == before


def test_other_encoder_settings_leave_the_network_alone(results):
    first = results.run()
    colours = results.work_files("colour-*")
    results.settings = encoder(crf=30)
    second = results.run()
    assert results.work_files("colour-*") == colours
    assert second["result_sha256"] != first["result_sha256"]


def test_frames_become_numbered_pictures_without_another_encoding(results):
    row = results.run()
    before = results.work_files("*"), Path(row["result"]).stat().st_mtime_ns
    results.frames = "png"
    row = results.run()
    folder = Path(row["checks"]["pictures"]["folder"])
    names = [f"{n:06}.png" for n in range(1, 31)]
    assert sorted(path.name for path in folder.glob("*.png")) == names
    table = [line.split("\t") for line in (folder / "timestamps.tsv").read_text().splitlines()]
    assert [(name, Fraction(exact)) for name, _, exact in table[1:]] == [
        (name, Fraction(n, 25)) for n, name in enumerate(names)
    ]
    film = decoded(Path(row["result"]))[7].to_ndarray(format="bgr24")
    assert np.array_equal(cv2.imread(str(folder / "000008.png")), film)
    written = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert results.run() == row
    assert written == {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    assert (results.work_files("*"), Path(row["result"]).stat().st_mtime_ns) == before
    results.frames = None
    assert "pictures" not in results.run()["checks"]
    assert not folder.exists()


def test_a_lost_result_is_made_again_from_what_is_kept(results):
    first = results.run()
    Path(first["result"]).unlink()
    assert results.run()["result_sha256"] == first["result_sha256"]


def test_a_stage_killed_before_its_journal_entry_is_repeated(results):
    results.plan()
    stages.index_film(results.film, 1)
    work = FilmWork(results.film)
    work.journal.path.unlink()
    work.index_path.write_bytes(b"torn")
    assert results.run()["status"] == "coloured"


def test_a_renamed_film_takes_its_old_result_over(results):
    row = results.run()
    (results.archive / "a film.mp4").rename(results.archive / "another.mp4")
    write_json(Path("state/gone.json"), {row["key"]: row})
    other = Results(results.archive, "another.mp4")
    taken = other.run()
    assert taken["result"] == "films/another.mp4" and taken["source"] == "another.mp4"
    assert taken["result_sha256"] == row["result_sha256"]
    assert not other.work_files("colour-*")


def test_what_stands_beside_a_film_goes_along_when_it_is_renamed(results):
    (results.archive / results.path).unlink()
    write_film(results.archive / "a.ts", moving_pictures(12))
    row = Results(results.archive, "a.ts").run()
    (results.archive / "a.ts").rename(results.archive / "b.ts")
    write_json(Path("state/gone.json"), {row["key"]: row})
    other = Results(results.archive, "b.ts")
    taken = other.run()
    (sha256,) = row["checks"]["files_beside"].values()
    assert taken["checks"]["files_beside"] == {"films/b.ts.xmp": sha256}
    assert sha256_file("films/b.ts.xmp") == sha256
    # One that was deleted is made again.
    Path("films/b.ts.xmp").unlink()
    Path("films/a.ts.xmp").unlink()
    assert other.run()["checks"]["files_beside"] == {"films/b.ts.xmp": sha256}
    assert sha256_file("films/b.ts.xmp") == sha256


def test_an_unreadable_film_fails_and_waits_for_a_person(results):
    source = results.archive / results.path
    source.write_bytes(source.read_bytes()[:2000])
    row = results.run()
    assert row["status"] == "failed" and "truncated" in row["reason"] and row["remedy"]
    again = results.run()
    assert again == row
    journal = Journal(Path("state/films", f"{results.film}.jsonl"))
    assert journal.find(row["key"])["row"] == row


@pytest.mark.parametrize(
    ("module", "work"),
    [(stages, "make_index"), (stages, "make_colour"), (stages, "make_chunk")]
    + [(deliver, "verify_film")],
)
def test_a_film_that_changes_while_it_is_read_is_done_by_the_next_run(
    results, monkeypatch, module, work
):
    source = results.archive / results.path
    expected = results.run()["result_sha256"]
    shutil.rmtree("state")
    shutil.rmtree("done")

    do_work = getattr(module, work)

    def changing(*args):
        done = do_work(*args)
        os.utime(source, ns=(1, 1))
        return done

    with monkeypatch.context() as patch:
        patch.setattr(module, work, changing)
        row = results.run()
    assert (row["status"], row["reason"]) == ("failed", "It changed while it was read.")
    assert row["key"] == ""
    shutil.rmtree("done")
    again = results.run()
    assert (again["status"], again["result_sha256"]) == ("coloured", expected)


def colour_film(path: Path) -> None:
    picture = skimage.data.coffee()[::6, ::6][:64, :96].copy()
    with av.open(str(path), "w") as file:
        stream = file.add_stream("libx264", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for shift in range(5):
            frame = av.VideoFrame.from_ndarray(np.roll(picture, shift, 1), format="rgb24")
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))


@pytest.mark.parametrize(("setting", "status"), [("leave", "left_colour"), ("copy", "copied")])
def test_a_film_in_colour_is_left_or_copied(results, setting, status):
    source = results.archive / results.path
    colour_film(source)
    results.already_colour = setting
    row = results.run()
    assert row["status"] == status and row["checks"]["colour_share"] == 1
    if setting == "copy":
        assert Path(row["result"]).read_bytes() == source.read_bytes()


@pytest.mark.parametrize("appended", [".mkv", ".mp4"])
def test_a_copied_film_keeps_the_name_of_its_own_container(results, appended):
    other = Results(results.archive, "colour.avi")
    colour_film(other.archive / other.path)
    other.already_colour, other.appended = "copy", appended
    row = other.run()
    assert (row["status"], row["result"]) == ("copied", "films/colour.avi")
    assert other.run() == row


def test_what_lies_in_a_results_place_is_not_held_against_the_film(results):
    Path("films").write_text("a file of somebody's")
    row = results.run()
    assert (row["status"], row["key"]) == ("failed", "")
    assert "films" in row["reason"] and "Move away" in row["remedy"]
    Path("films").unlink()
    assert results.run()["status"] == "coloured"


def test_a_full_disk_stops_the_job_and_nothing_is_held_against_the_film(results, monkeypatch):
    def no_room(*_, **__):
        raise OSError(28, "No space left on device")

    results.plan()
    monkeypatch.setattr(stages, "make_index", no_room)
    with pytest.raises(AutochromeError, match="full") as caught:
        stages.index_film(results.film, 1)
    assert not isinstance(caught.value, ItemError)
    assert not Path("done/films", results.film).exists()
    assert not Path("state/films", f"{results.film}.jsonl").exists()


@pytest.mark.parametrize("stage", ["index_film", "colour_chunk", "encode_chunk", "join_film"])
def test_a_stage_whose_process_dies_is_the_films_failure(isolated_results, monkeypatch, stage):
    run_isolated = jobs.run_isolated

    def die(function, *arguments, **options):
        if function.endswith(f":{stage}"):
            return run_isolated(os._exit, 3)
        return run_isolated(function, *arguments, **options)

    monkeypatch.setattr(jobs, "run_isolated", die)
    row = isolated_results.run()
    assert (row["status"], row["result"]) == ("failed", "") and "died" in row["reason"]
    monkeypatch.setattr(jobs, "run_isolated", run_isolated)
    assert isolated_results.run() == row, "it was tried again"
    isolated_results.settings = encoder(crf=30)
    again = isolated_results.run()
    assert again["status"] == ("coloured" if stage in ("encode_chunk", "join_film") else "failed")


def test_pictures_whose_process_dies_leave_the_film_as_it_is(isolated_results, monkeypatch):
    film = isolated_results.run()
    isolated_results.frames = "png"
    run_isolated = jobs.run_isolated

    def die(function, *arguments, **options):
        joins = function.endswith(":join_film")
        return run_isolated(*((os._exit, 3) if joins else (function, *arguments)), **options)

    monkeypatch.setattr(jobs, "run_isolated", die)
    row = isolated_results.run()
    assert (row["status"], row["result_sha256"]) == ("coloured", film["result_sha256"])
    assert "died" in row["checks"]["pictures"]["fault"]
    monkeypatch.setattr(jobs, "run_isolated", run_isolated)
    assert isolated_results.run()["checks"]["pictures"]["kind"] == "png"


def test_a_stage_has_more_time_the_more_frames_it_has(isolated_results, monkeypatch):
    limits = {}

    def note(function, *arguments, timeout):
        stage = function.rpartition(":")[2]
        limits.setdefault(stage, timeout)
        getattr(stages, stage)(*arguments)

    monkeypatch.setattr(jobs, "run_isolated", note)
    isolated_results.run()
    index, colour, encode, join = limits.values()
    assert 900 < index < colour == encode == join


def test_in_child_processes_the_same_comes_out_as_plain_json(isolated_results):
    row = isolated_results.run()
    assert json.loads(json.dumps(row)) == row
    index = read_json(Path("done/films", isolated_results.film, "index.json"))
    assert index["status"] == "done" and Path(index["file"]).is_file() and index["frames"] == 30
    assert planes(decoded(Path(row["result"]))[0])[0].shape == (64, 96)


def to_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def to_zeros(path: Path) -> None:
    path.unlink()
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("harm", "reason"),
    [(to_a_pipe, "not a file but a pipe"), (to_zeros, "not a file but a device")],
)
def test_what_is_put_in_a_films_place_fails_and_is_not_waited_for(results, harm, reason):
    results.plan()
    results.plan = lambda: None
    harm(results.archive / results.path)
    row = results.run()
    assert (row["status"], row["key"]) == ("failed", "")
    assert reason in row["reason"] and row["remedy"]


def test_what_is_put_in_a_films_place_after_its_index_fails_and_is_not_waited_for(results):
    results.plan()
    stages.index_film(results.film, 1)
    to_a_pipe(results.archive / results.path)
    stages.colour_chunk(results.film, 0, 1)
    done = read_json(Path("done/films", results.film, "colour-0.json"))
    assert (done["status"], done["key"]) == ("failed", "")
    assert "not a file but a pipe" in done["reason"]


def test_a_file_of_the_kernels_in_a_films_place_is_empty(results):
    results.plan()
    results.plan = lambda: None
    (results.archive / results.path).unlink()
    (results.archive / results.path).symlink_to("/proc/kmsg")
    row = results.run()
    assert (row["status"], row["key"]) == ("failed", "")
    assert row["reason"] in ("The file is empty.", "The file cannot be read: Permission denied.")
