"""The plugin under Snakemake itself, with a small workflow: calm whatever happens."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time

import pytest

from tests.display.conftest import PLUGINS

SNAKEFILE = """
import os, sys
if "WRONG" in os.environ:
    from snakemake.exceptions import WorkflowError
    raise WorkflowError("crf: 99 is not allowed. Choose a number from 0 to 51.")
workdir: "results"
rule all:
    input: expand("done/photos/{bucket}.json", bucket=["x1", "x2"])
rule colour_photos:
    output: "done/photos/{bucket}.json"
    log: "logs/{bucket}.log"
    script: "job.py"
"""
JOB = """
import json, os, sys, time
sys.stderr = open(snakemake.log[0], "w")
time.sleep(float(os.environ.get("SECONDS", 0)))
if "STOP" in os.environ:
    raise OSError("The disk is full.")
row = {"kind": "photo", "source": snakemake.wildcards.bucket + ".jpg", "status": "coloured"}
if row["source"] == "x2.jpg":
    row |= {"status": "failed", "reason": "It is empty.", "remedy": "Bring a whole copy."}
json.dump({"rows": [row]}, open(snakemake.output[0], "w"))
"""


@pytest.fixture
def workflow(tmp_path):
    (tmp_path / "Snakefile").write_text(SNAKEFILE)
    (tmp_path / "job.py").write_text(JOB)
    state = tmp_path / "results/state"
    state.mkdir(parents=True)
    weights = {"colour_photos": {"x1": 6, "x2": 4}}
    (state / "work.json").write_text(json.dumps({"weights": weights}))
    return tmp_path


def start(workflow, *arguments, **environment):
    command = [sys.executable, "-m", "snakemake", "--cores", "1", "--keep-going", *arguments]
    return subprocess.Popen(
        [*command, "--scheduler", "greedy", "--logger", "autochrome"],
        cwd=workflow,
        env=os.environ | {"PYTHONPATH": str(PLUGINS)} | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        # Where these tests run in the background, the shell has made them deaf to it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    )


def said(workflow, *arguments, status=0, **environment):
    process = start(workflow, *arguments, **environment)
    text, _ = process.communicate(timeout=120)
    assert process.returncode == status, text
    return text.splitlines()


def test_a_run_tells_failed_items_and_how_far_it_is_and_nothing_else(workflow):
    lines = said(workflow)
    assert "Failed: x2.jpg: It is empty. Bring a whole copy." in lines
    assert lines[-1] == "100 %, 2 photographs"
    assert all(line.startswith(("Failed: ", "40 %", "60 %", "100 %")) for line in lines)


def test_where_snakemakes_log_cannot_be_written_the_run_is_as_calm(workflow):
    expected = said(workflow)
    shutil.rmtree(workflow / "results/done")
    shutil.rmtree(workflow / ".snakemake")
    (workflow / ".snakemake").touch()
    assert said(workflow) == expected


def test_a_dry_run_says_nothing(workflow):
    assert said(workflow, "-n") == []


def test_jobs_that_stop_for_one_reason_are_told_once_with_their_log(workflow):
    lines = said(workflow, status=1, STOP="1")
    first = next(line for line in lines if line.startswith("The job colour_photos x"))
    assert first.endswith("stopped: OSError: The disk is full.")
    assert lines[1].startswith("  Its log: ") and os.path.isfile(lines[1].split(": ")[1])
    assert lines[2:] == [
        "1 more job stopped for the same reason.",
        "Not everything is done. The same command goes on from here.",
    ]


def test_an_error_in_the_settings_is_its_message_alone(workflow):
    lines = said(workflow, status=1, WRONG="1")
    assert lines == ["crf: 99 is not allowed. Choose a number from 0 to 51."]


def test_where_to_look_is_told_even_if_there_is_nothing_to_do(workflow):
    said(workflow)
    report = workflow / "results/report/index.html"
    report.parent.mkdir()
    report.touch()
    assert said(workflow) == [f"Look at {report}"]


def test_an_interruption_is_told_in_a_sentence(workflow):
    process = start(workflow, SECONDS="60")
    job = workflow / "results/logs/x1.log", workflow / "results/logs/x2.log"
    while not any(log.exists() for log in job):
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    text, _ = process.communicate(timeout=120)
    assert text == "Stopped on request. The same command goes on from here.\n"
    assert process.returncode == 1


def test_snakemakes_own_log_is_complete(workflow):
    said(workflow)
    (log,) = (workflow / ".snakemake/log").iterdir()
    assert "rule colour_photos" in log.read_text() and "2 of 3 steps" in log.read_text()
