"""What the display says in a terminal, and that it says it calmly."""

import io
import re

from snakemake_logger_plugin_autochrome import terminal as terminal_module
from snakemake_logger_plugin_autochrome.display import Display
from snakemake_logger_plugin_autochrome.terminal import Terminal


class Screen(io.StringIO):
    """A terminal that remembers."""

    def isatty(self):
        return True


def failed(name):
    return {"kind": "photo", "source": name, "status": "failed", "reason": "No.", "remedy": "Do."}


def test_the_bar_shows_share_rate_and_time_left(monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(terminal_module.time, "monotonic", lambda: now[0])
    screen = Screen()
    terminal = Terminal(screen)
    terminal.begin(10)
    now[0] += 30
    terminal.show(4, "3 photographs")
    terminal.end()
    assert re.search(r" 40 % .* left, 80 %/min, 3 photographs", screen.getvalue())


def test_the_bar_leaves_nothing_behind():
    screen = Screen()
    terminal = Terminal(screen)
    terminal.begin(10)
    terminal.show(4, "")
    terminal.end()
    assert screen.getvalue().rpartition("\r")[2].strip() == ""


def test_without_a_terminal_a_line_comes_every_tenth():
    stream = io.StringIO()
    terminal = Terminal(stream)
    terminal.begin(100)
    for done in range(101):
        terminal.show(done, "")
    terminal.end()
    lines = stream.getvalue().splitlines()
    assert [line.split(",")[0] for line in lines] == [f"{n} %" for n in range(10, 101, 10)]
    assert "\r" not in stream.getvalue()


def test_very_many_failures_are_left_to_the_report(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 1})
    display._take([failed(f"{n}.jpg") for n in range(200)])
    display.end()
    lines = stream.getvalue().splitlines()
    assert len(lines) == 51 and lines[-1].startswith("More have failed")


def test_an_error_that_comes_twice_is_told_once(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 1})
    for text in ("The disk is full.", "The disk is full.", "Another."):
        display.error(text)
    display.end()
    assert stream.getvalue().splitlines() == ["The disk is full.", "Another."]


def test_an_item_that_failed_is_told_once(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 1})
    display._take([failed("a.jpg")])
    display._take([failed("a.jpg")])
    display.end()
    assert stream.getvalue().count("a.jpg") == 1


def test_the_verdict_on_failed_items_is_no_job_that_stopped(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"verdict": 1})
    display.start_job(1, "verdict", {}, [])
    display.stop_job(1, "verdict", ["logs/verdict.log"])
    display.end()
    assert stream.getvalue() == ""


def test_what_a_cluster_says_of_a_job_is_told_once_whatever_its_number(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 3})
    for number in (71, 72, 73):
        display.start_job(number, "colour_photos", {"bucket": "x1"}, [])
        said = f"SLURM-job '{number}' failed, SLURM status is: 'OUT_OF_MEMORY'. "
        display.stop_job(
            number,
            "colour_photos",
            ["logs/photos/x1.log"],
            said + "For further error details see the cluster/cloud "
            "log and the log files of the involved rule(s).",
        )
    display.end()
    assert stream.getvalue().splitlines()[:2] == [
        "The job colour_photos x1 stopped: SLURM-job '71' failed, SLURM status is: "
        "'OUT_OF_MEMORY'.",
        "2 more jobs stopped for the same reason.",
    ]


def test_jobs_that_ctrl_c_ended_are_not_told(tmp_path):
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 1})
    display.start_job(1, "colour_photos", {"bucket": "x1"}, [])
    display.stop()
    display.stop_job(1, "colour_photos", ["logs/x1.log"])
    display.stop()
    display.end()
    assert stream.getvalue() == "Stopped on request. The same command goes on from here.\n"


def test_the_end_tells_what_each_stage_took_in_this_run(tmp_path):
    (tmp_path / "logs").mkdir()
    timings = tmp_path / "logs/timings.tsv"
    timings.write_text("rule\titem\texpected_seconds\tseconds\ncolour_photos\tx\t1.00\t9.00\n")
    stream = io.StringIO()
    display = Display(Terminal(stream))
    display.begin(tmp_path, {"colour_photos": 1})
    with timings.open("a") as file:
        file.write("colour_photos\tx\t1.00\t100.00\ncolour_photos\ty\t1.00\t80.00\n")
        file.write("join_film\tf\t1.00\t7.00\n")
    display.end()
    assert stream.getvalue() == (
        "The jobs took, one after another: photographs 3 min, joining and checking films 7 s.\n"
    )
