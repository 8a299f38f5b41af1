"""What a person reads in the terminal."""

import os

import pytest
from snakemake_logger_plugin_autochrome import texts

from autochrome.archive import failed_row, write_manifest


def test_a_failed_item_is_one_line_with_reason_and_remedy():
    row = {"source": "a\nb.jpg", "reason": "It is empty.", "remedy": "Bring a whole copy."}
    assert texts.failure(row) == "Failed: a\\nb.jpg: It is empty. Bring a whole copy."


@pytest.mark.parametrize("name", ["\x1b[2Jclear", "bell\a", os.fsdecode(b"\xff"), "\u202eodd"])
def test_names_cannot_disturb_the_terminal(name):
    shown = texts.printable(name)
    assert shown.isprintable() and shown.encode()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('WorkflowError in file "/a/plan.smk", line 20:\nNo archive. Name one.', None),
        ("WorkflowError:\nNo archive. Name one.", None),
        (
            'ArchiveError in file "/a", line 1:\nNo archive. Name one.\n  File "/a", line 1, in x',
            None,
        ),
        ("No archive. Name one.", None),
        ("KeyError:\n'x'", "KeyError: 'x'\nWith --verbose, Snakemake tells where."),
    ],
)
def test_an_error_of_the_run_is_its_message_alone(text, message):
    assert texts.error_message(text) == (message or "No archive. Name one.")


@pytest.mark.parametrize(
    "text",
    [
        'OSError in file "/a/photos.smk", line 27:\n[Errno 28] No space left on device',
        "Error recording metadata for finished job ([Errno 28] No space left on device). Please "
        "ensure write permissions for the directory /results/.snakemake",
        "[Errno 122] Disk quota exceeded: '/results/.snakemake/log'",
    ],
)
def test_a_full_disk_is_a_sentence_that_says_how_to_go_on(text):
    said = texts.error_message(text)
    assert "disk of the results is full" in said and "goes on from here" in said
    assert "\n" not in said and "Errno" not in said


def test_the_end_of_a_log_is_the_message_of_the_error(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(
        "The disk is full.\nTraceback (most recent call last):\n"
        '  File "a.py", line 1, in <module>\nautochrome.errors.ArchiveError: The disk is full.\n'
        "Free some room.\n\n"
    )
    assert texts.end_of_log(log) == "The disk is full.\nFree some room."


def test_an_error_of_several_lines_keeps_them(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("autochrome.errors.ModelError: Nowhere:\n  http://a: 404\n Do it by hand.\n")
    told = texts.stopped_job("fetch_model", "net", texts.end_of_log(log))
    assert told.splitlines() == [
        "The job fetch_model net stopped: Nowhere:",
        "  http://a: 404",
        " Do it by hand.",
    ]


def test_the_end_of_a_log_of_an_unexpected_error_names_it(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("Traceback (most recent call last):\nValueError: no\n")
    assert texts.end_of_log(log) == "ValueError: no"


def test_a_missing_log_says_nothing(tmp_path):
    assert texts.end_of_log(tmp_path / "a.log") == ""


def test_the_summary_counts_what_the_manifest_says(tmp_path):
    rows = [failed_row("photo", '"a\tb\n', 1, "Torn.", "Mend it.") for _ in range(2)]
    others = ("coloured", "partial", "left_colour", "left_alone")
    rows += [rows[0] | {"status": status} for status in others]
    write_manifest(rows, tmp_path)
    assert texts.summary(texts.counts(tmp_path / "manifest.tsv")) == (
        "2 coloured (1 of them from damaged originals), 1 in colour already, "
        "1 document or negative left alone, 2 failed."
    )
