"""How much of a run's work is done: jobs weighed by the seconds that the plan expects of them.

Knows the results folder's files, and nothing of Snakemake.
"""

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Row = dict[str, Any]

# Seconds of a job that the plan says nothing about.
_SMALL = 1.0


@dataclass
class Job:
    """A job that was started. ``share`` is how much of it is known to be done, 0 to 1."""

    rule: str
    wildcards: Mapping[str, str]
    outputs: list[str]
    weight: float
    share: float = 0.0
    journal: "_Tail | None" = None
    items: int = 0


@dataclass
class Work:
    """The work of a run, in expected seconds, from ``state/work.json`` and Snakemake's counts.

    ``counts`` is the number of jobs by rule. Without a plan every job weighs the same.
    """

    results: Path
    counts: Mapping[str, int]
    jobs: dict[int, Job] = field(default_factory=dict)
    finished: float = 0.0

    def __post_init__(self) -> None:
        self._timings = _Tail(self.results / "logs/timings.tsv")
        plan = _read(self.results / "state/work.json")
        self._span: int = (plan or {}).get("span", 1)
        self._weights: dict[str, dict[str, float]] = (plan or {}).get("weights", {})
        self.total = sum(self._of_rule(rule, count) for rule, count in self.counts.items())
        # Nothing but the manifest and the report has to be written again.
        self.is_trivial = plan is not None and not any(map(self._weights.get, self.counts))

    def _of_rule(self, rule: str, count: int) -> float:
        """Expected seconds of all jobs of a rule; a weight is that of one job."""
        weights = self._weights.get(rule)
        if not weights:
            return count * _SMALL
        jobs = {name: self._spans(name) if rule.endswith("_chunk") else 1 for name in weights}
        planned = sum(jobs.values())
        # Some jobs may be done already, from a run that was killed.
        return sum(weights[name] * jobs[name] for name in weights) * count / planned

    def _spans(self, film: str) -> int:
        """How many jobs share the chunks of a film."""
        plan = _read(self.results / "plan/films" / film / "index.json") or {}
        return -(-plan.get("chunks", 1) // self._span)

    @property
    def done(self) -> float:
        """Expected seconds of what is done, at most ``total``."""
        running = sum(job.weight * job.share for job in self.jobs.values())
        return min(self.total, self.finished + running)

    def start(
        self, number: int, rule: str, wildcards: Mapping[str, str], outputs: list[str]
    ) -> None:
        weights = self._weights.get(rule, {})
        weight = next((weights[w] for w in wildcards.values() if w in weights), _SMALL)
        job = Job(rule, wildcards, outputs, weight)
        if "bucket" in wildcards:
            bucket = wildcards["bucket"]
            job.journal = _Tail(self.results / f"state/photos/{bucket}.jsonl")
            plan = _read(self.results / f"plan/photos/{bucket}.json") or {}
            job.items = len(plan.get("items", ()))
        self.jobs[number] = job

    def look(self) -> list[Row]:
        """Rows that running jobs have written to their journals since the last look."""
        rows = []
        for job in self.jobs.values():
            if job.journal is not None:
                new = [record["row"] for record in job.journal.read() if "row" in record]
                rows += new
                job.share = min(1.0, job.share + len(new) / max(1, job.items))
        return rows

    def finish(self, number: int) -> list[Row]:
        """Count a job as done and give the rows of its done file, if it has some."""
        job = self.jobs.pop(number, None)
        if job is None:
            return []
        self.finished += job.weight
        rows = []
        for output in job.outputs:
            content = _read(self.results / output) if output.endswith(".json") else None
            rows += (content or {}).get("rows", ())
        return rows

    def seconds(self) -> dict[str, float]:
        """Seconds that jobs have taken by rule, of those that ended since the last call."""
        seconds: dict[str, float] = {}
        for line in self._timings.lines():
            # The heading is no number, and a line may be torn by a full disk.
            with contextlib.suppress(ValueError):
                rule, _, _, took = line.decode().split("\t")
                seconds[rule] = seconds.get(rule, 0.0) + float(took)
        return seconds

    def drop(self, number: int) -> Job | None:
        """Take out a job that stopped: it counts for nothing."""
        return self.jobs.pop(number, None)


class _Tail:
    """What is appended to a file of lines from now on."""

    def __init__(self, path: Path):
        self._path = path
        try:
            self._offset = path.stat().st_size
        except OSError:
            self._offset = 0

    def lines(self) -> list[bytes]:
        try:
            with self._path.open("rb") as file:
                file.seek(self._offset)
                lines = file.read()
        except OSError:
            return []
        whole = lines[: lines.rfind(b"\n") + 1]
        self._offset += len(whole)
        return whole.splitlines()

    def read(self) -> Iterator[dict[str, Any]]:
        for line in self.lines():
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if isinstance(record, dict):
                yield record


def _read(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return None
    return content if isinstance(content, dict) else None
