"""The calm display: what it says when, whatever tells it so."""

import threading
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import texts
from .terminal import Terminal
from .work import Row, Work

# So many failures are told one by one; the report has them all.
_MOST_FAILURES = 50
_LOOK_SECONDS = 1.0
# The job that fails as long as any item has failed: its items are told, not the job.
_VERDICT = "verdict"


class Display:
    """Follows one run. Every method may be called from any thread."""

    def __init__(self, terminal: Terminal):
        self._terminal = terminal
        self._lock = threading.RLock()
        self._ended = threading.Event()
        self._results: Path | None = None
        self._work: Work | None = None
        self._failed: set[str] = set()
        self._done: set[tuple[str, str]] = set()
        self._stops: dict[str, int] = {}
        self._errors: set[str] = set()
        self._is_stopped = False

    def begin(self, results: Path, counts: Mapping[str, int]) -> None:
        """The run starts; ``counts`` is its number of jobs by rule, 0 jobs if all is done."""
        with self._lock:
            self._results = results
            self._work = Work(results, counts)
            if counts and not self._work.is_trivial:
                self._terminal.begin(self._work.total)
                threading.Thread(target=self._keep_looking, daemon=True).start()

    def _keep_looking(self) -> None:
        while not self._ended.wait(_LOOK_SECONDS):
            with self._lock:
                self._look()

    def _look(self) -> None:
        if self._work is not None:
            self._take(self._work.look())

    def _take(self, rows: list[Row]) -> None:
        """Count items that are done, whatever became of them, and tell those that failed."""
        for row in rows:
            self._done.add((row["kind"], row["source"]))
            if row["status"] == "failed":
                self._tell_failure(row)
        kinds = Counter(kind for kind, _ in self._done)
        told = [
            f"{kinds[kind]:,} {noun}{'' if kinds[kind] == 1 else 's'}"
            for kind, noun in (("photo", "photograph"), ("film", "film"))
            if kinds[kind]
        ]
        self._terminal.show(self._work.done, ", ".join(told))

    def start_job(
        self, number: int, rule: str, wildcards: Mapping[str, str], outputs: list[str]
    ) -> None:
        with self._lock:
            if self._work is not None:
                self._work.start(number, rule, wildcards, outputs)

    def finish_job(self, number: int) -> None:
        with self._lock:
            if self._work is not None:
                self._take(self._work.finish(number))

    def _tell_failure(self, row: Row) -> None:
        if row["source"] in self._failed:
            return
        self._failed.add(row["source"])
        if len(self._failed) <= _MOST_FAILURES:
            self._terminal.line(texts.failure(row))
        elif len(self._failed) == _MOST_FAILURES + 1:
            self._terminal.line("More have failed: the report will name them all.")

    def stop_job(self, number: int, rule: str, logs: list[str], executor: str = "") -> None:
        """A job stopped with an error that concerns the run and not an item.

        ``executor`` is what the cluster says of it, if it ran on one.
        """
        with self._lock:
            if self._work is None or self._results is None:
                return
            job = self._work.drop(number)
            if rule == _VERDICT or self._is_stopped:
                return
            log = next((p for p in (self._results / log for log in logs) if p.is_file()), None)
            told = (texts.executor_message(executor), texts.end_of_log(log) if log else "")
            reason = " ".join(filter(None, told))
            # Jobs that stop for one and the same reason, such as a full disk, are told once.
            same = texts.without_numbers(reason)
            self._stops[same] = self._stops.get(same, 0) + 1
            if self._stops[same] == 1:
                values = " ".join(job.wildcards.values()) if job else ""
                self._terminal.line(texts.stopped_job(rule, values, reason))
                if log is not None:
                    self._terminal.line(texts.printable(f"  Its log: {log}"))

    def error(self, text: str) -> None:
        """An error of the whole run; one that comes twice is told once."""
        with self._lock:
            if text in self._errors:
                return
            self._errors.add(text)
            self._terminal.line("\n".join(map(texts.printable, text.splitlines())))

    def stop(self) -> None:
        """A person, or the machine, has asked the run to end."""
        with self._lock:
            if not self._is_stopped:
                self._is_stopped = True
                self.error("Stopped on request. The same command goes on from here.")

    def say(self, text: str) -> None:
        with self._lock:
            self._terminal.line(text)

    def end(self) -> None:
        """The run has ended, well or not: say what became of it and where to look."""
        self._ended.set()
        with self._lock:
            if self._results is not None:
                self._look()
            self._terminal.end()
            if self._results is not None and not self._errors:
                self._tell_end(self._results)

    def _tell_end(self, results: Path) -> None:
        more = sum(self._stops.values()) - len(self._stops)
        if more:
            jobs = "job" if more == 1 else "jobs"
            self._terminal.line(f"{more:,} more {jobs} stopped for the same reason.")
        if self._stops:
            self._terminal.line("Not everything is done. The same command goes on from here.")
            return
        if self._work is not None and (told := texts.took(self._work.seconds())):
            self._terminal.line(told)
        report = results / "report" / "index.html"
        if status := texts.counts(results / "manifest.tsv"):
            self._terminal.line(texts.summary(status))
            if status["failed"] > len(self._failed):
                self._terminal.line("What failed, why, and what can be done: see the report.")
        if report.is_file():
            self._terminal.line(texts.printable(f"Look at {report}"))


def wildcards_of(values: Any) -> dict[str, str]:
    """Wildcards as a plain dict; Snakemake gives None where a rule has none."""
    return {name: str(value) for name, value in dict(values or {}).items()}
