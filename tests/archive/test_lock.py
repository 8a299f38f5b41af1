"""One run at a time over a results folder, and a dead run never stands in the way."""

import json
import os
import subprocess
import sys
import time

import pytest

from autochrome.archive import ResultsBusyError, RunLock
from autochrome.archive.lock import LOCK_NAME, SILENT_SECONDS

HOLD = """
import sys, time
from autochrome.archive import RunLock
from pathlib import Path
lock = RunLock(Path(sys.argv[1])); lock.acquire(); print("held", flush=True); time.sleep(60)
"""


def holder(results):
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(results)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout.readline() == "held\n"
    return process


def test_a_second_run_is_told_who_holds_the_lock(tmp_path):
    process = holder(tmp_path)
    try:
        with pytest.raises(ResultsBusyError, match=f"process {process.pid} on "):
            RunLock(tmp_path).acquire()
    finally:
        process.kill()
        process.wait()


def test_a_killed_run_is_taken_over_at_once(tmp_path):
    process = holder(tmp_path)
    process.kill()
    process.wait()
    lock = RunLock(tmp_path)
    lock.acquire()
    assert json.loads((tmp_path / LOCK_NAME).read_text())["pid"] == os.getpid()
    lock.release()


def test_a_released_lock_leaves_no_file(tmp_path):
    lock = RunLock(tmp_path)
    lock.acquire()
    lock.release()
    assert list(tmp_path.iterdir()) == []


def elsewhere(tmp_path, age):
    path = tmp_path / LOCK_NAME
    path.write_text(json.dumps({"host": "another-host", "pid": 1, "started": "then"}))
    os.utime(path, (time.time() - age, time.time() - age))


def test_a_run_on_another_host_is_respected_while_its_heart_beats(tmp_path):
    elsewhere(tmp_path, SILENT_SECONDS / 2)
    with pytest.raises(ResultsBusyError, match="another-host"):
        RunLock(tmp_path).acquire()


def test_a_run_on_another_host_is_taken_over_when_silent(tmp_path):
    elsewhere(tmp_path, SILENT_SECONDS + 60)
    lock = RunLock(tmp_path)
    lock.acquire()
    lock.release()


def test_jobs_left_in_slurms_queue_keep_a_dead_runs_lock(tmp_path, monkeypatch):
    results, tools = tmp_path / "results", tmp_path / "bin"
    results.mkdir()
    tools.mkdir()
    squeue = tools / "squeue"
    squeue.write_text(f'#!/bin/sh\necho "4711|{results}"\necho "4712|/elsewhere"\n')
    squeue.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tools}:{os.environ['PATH']}")
    elsewhere(results, SILENT_SECONDS + 60)
    with pytest.raises(ResultsBusyError, match="4711") as caught:
        RunLock(results).acquire()
    assert "scancel 4711" in caught.value.remedy and "4712" not in str(caught.value)
