"""Killed at any moment, the same command ends with the same result; two runs never mix."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from skimage import data

from autochrome.archive.lock import LOCK_NAME
from tests.conftest import REPOSITORY
from tests.media import write_photo
from tests.workflow.conftest import LIMIT_SECONDS, Workspace


def start(workspace, said=subprocess.DEVNULL):
    command = [sys.executable, str(REPOSITORY / "workflow/snakemake_command.py")]
    command += ["--logger", "autochrome", "--snakefile", str(REPOSITORY / "Snakefile")]
    command += ["--workflow-profile", str(REPOSITORY / "profiles/default")]
    command += ["--config", "films={chunk_seconds: 1, effort: ultrafast}"]
    return subprocess.Popen(
        command,
        cwd=workspace.folder,
        env=os.environ
        | {"AUTOCHROME_ARCHIVE": str(workspace.archive)}
        | {"PYTHONPATH": str(REPOSITORY / "workflow/plugins"), "PYTHONSAFEPATH": "1"},
        stdout=subprocess.DEVNULL,
        stderr=said,
        start_new_session=True,
    )


def wait_for(workspace, pattern):
    deadline = time.monotonic() + LIMIT_SECONDS
    while not any(map(is_there, workspace.results.glob(pattern))):
        assert time.monotonic() < deadline
        time.sleep(0.02)


def is_there(path):
    # A lock is held from when it says by whom.
    return path.name != LOCK_NAME or path.stat().st_size > 0


@pytest.mark.parametrize(
    "moment",
    [
        "plan/films/*/join.json",
        "state/photos/*.jsonl",
        "state/films/*/colour-0-*",
        "state/films/*/.part-*",
        "films/reel.mp4",
    ],
)
def test_a_killed_run_ends_like_an_undisturbed_one(coloured, fresh, moment):
    process = start(fresh)
    try:
        wait_for(fresh, moment)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    fresh.run()
    assert fresh.contents() == coloured.contents()
    leftovers = [p for p in fresh.results.glob("**/*") if p.name.startswith(".part-")]
    assert leftovers == []


def test_what_a_killed_report_left_is_gone_after_the_next_run(coloured, workspace):
    for name in ("report", "verdict"):
        (workspace.results / f"done/{name}.json").unlink()
    (workspace.results / "report/.part-0123.css").touch()
    workspace.run()
    assert workspace.contents() == coloured.contents()
    assert [p.name for p in workspace.results.glob("**/.part-*")] == []


@pytest.mark.parametrize("moment", [".autochrome.lock", "state/films/*/colour-0-*"])
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_asked_to_stop_stops_and_says_how_to_go_on(coloured, fresh, number, moment):
    process = start(fresh, said=subprocess.PIPE)
    try:
        wait_for(fresh, moment)
        # Ctrl-C reaches all processes of the terminal, SIGTERM the one that was started.
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
        said = process.communicate(timeout=LIMIT_SECONDS)[1].decode()
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    assert process.returncode == 1
    assert said.splitlines()[-1] == "Stopped on request. The same command goes on from here."
    assert "Traceback" not in said
    assert not (fresh.results / "films/reel.mp4").exists()
    assert not (fresh.results / ".autochrome.lock").exists()
    fresh.run()
    assert fresh.contents() == coloured.contents()


@pytest.mark.parametrize("moment", ["plan/run.json", "state/films/*/index-*"])
def test_an_archive_that_was_away_is_done_by_the_next_run(coloured, fresh, moment):
    process = start(fresh)
    away = fresh.folder / "away"
    try:
        wait_for(fresh, moment)
        fresh.archive.rename(away)
        assert process.wait(LIMIT_SECONDS) == 1
    finally:
        away.rename(fresh.archive)
    fresh.run()
    assert fresh.contents() == coloured.contents()


def test_a_clock_that_was_set_back_costs_nothing(coloured, workspace):
    tomorrow = time.time() + 86400
    for path in workspace.results.glob("**/*"):
        os.utime(path, (tomorrow, tomorrow))
    written = workspace.written()
    for name in ("coffee.tif", "reel.mp4"):
        os.utime(workspace.archive / name)
    workspace.run()
    assert workspace.contents() == coloured.contents()
    assert workspace.written() == written


def test_a_batch_killed_in_the_middle_does_the_rest_only(coloured, fresh):
    process = start(fresh)
    try:
        wait_for(fresh, "state/photos/*.jsonl")
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    journaled = fresh.journal_lines("photos")
    assert 0 < journaled <= 3
    written = fresh.written()
    fresh.run()
    kept = {
        n for n, t in fresh.written().items() if n.startswith("photos/") and written.get(n) == t
    }
    assert len(kept) >= journaled
    assert fresh.journal_lines("photos") <= 4


def test_a_second_run_over_the_same_results_is_told_and_ends(fresh):
    process = start(fresh)
    try:
        wait_for(fresh, "plan/run.json")
        second = fresh.run(status=1)
        assert "Another run is at work in" in second.said
        dry = fresh.run("-n", status=0)
        assert "This dry run only reads." in dry.said
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def test_half_of_the_archive_gone_prunes_nothing_and_says_so(tmp_path):
    workspace = Workspace(tmp_path)
    rocket = data.rocket()[::8, ::8] / 255
    for number in range(50):
        write_photo(workspace.archive / f"{number}.jpg", np.roll(rocket, number, axis=1))
    workspace.run()
    assert len(list((workspace.results / "photos").iterdir())) == 50
    for number in range(25):
        (workspace.archive / f"{number}.jpg").unlink()
    workspace.run()
    assert len(list((workspace.results / "photos").iterdir())) == 50
    assert "prune=confirm" in (workspace.results / "report/index.html").read_text()
    workspace.run("prune=confirm")
    assert len(list((workspace.results / "photos").iterdir())) == 25
