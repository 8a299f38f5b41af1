"""The plan's values beside what the results folder holds: what is open, what it costs."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from ..archive import Entry, Scan, read_json, remove_leftovers, write_json_if_changed
from . import estimate, spans, standing, values
from .overrides import Overrides
from .place import RESULT_FOLDERS

WORK = Path("state/work.json")

# So many that cannot be read are named before the run; its report names all.
_FAULTS_TOLD = 20


class Draft:
    """One plan, compared with what is done; it writes itself and tells a person of itself."""

    def __init__(
        self,
        config: dict[str, Any],
        archive: Path,
        results: Path,
        scan: Scan,
        models: values.Models,
        overrides: Overrides,
    ):
        self.results = results
        self.network = estimate.network_memory(models.values())
        self.gflop = max(model.gflop or 0.0 for model in models.values())
        self.scan = scan
        self.photos = values.photo_plans(scan, archive, config, models, overrides)
        self.films = values.film_plans(scan, archive, config, models, overrides)
        self.rest = values.run_plan(scan, config, models, self.photos, self.films)
        self.span = spans.span_for(stages["index"]["chunks"] for stages in self.films.values())
        self.headers: dict[str, Entry] = {
            values.film_id(e.path): e for e in scan.films() if e.header is not None
        }

    def compare(self, redo: str | None) -> None:
        """Find what is not finished: another plan, results gone or overwritten, or asked again."""
        self.done_photos = standing.done_photos(self.results)
        self.done_joins = standing.done_joins(self.results)
        self.open_buckets = {
            bucket
            for bucket, plan in self.photos.items()
            if self._is_open(self.done_photos.get(bucket), plan, redo)
        }
        self.open_films = {
            film
            for film, stages in self.films.items()
            if self._is_open(self.done_joins.get(film), stages["join"], redo)
        }

    def _is_open(self, path: Path | None, plan: dict[str, Any], redo: str | None) -> bool:
        done = standing.read_done(path) if path else None
        return not standing.is_finished(done, plan, self.results) or self._asked(done, redo)

    @staticmethod
    def _asked(done: dict[str, Any] | None, redo: str | None) -> bool:
        rows = (done or {}).get("rows", ())
        return redo is not None and any(standing.wants_again(row, redo) for row in rows)

    def weights(self) -> dict[str, dict[str, float]]:
        """Expected seconds of a job that has work, by rule and bucket or film."""
        weights: dict[str, dict[str, float]] = {
            "colour_photos": {
                b: estimate.photo_weight(self.photos[b], self.gflop) for b in self.open_buckets
            }
        }
        for film in sorted(self.open_films):
            jobs = len(self._jobs(film))
            costs = estimate.film_weights(self.headers[film].header, jobs, self.gflop)
            for rule, seconds in costs.items():
                weights.setdefault(rule, {})[film] = seconds
        return weights

    def needs(self) -> dict[str, estimate.PhotoNeeds]:
        """What the photographs of each open bucket need."""
        entries = {entry.path: entry for entry in self.scan.photos()} if self.open_buckets else {}
        return {b: estimate.photo_needs(self.photos[b], entries) for b in self.open_buckets}

    def memory(self) -> dict[str, int]:
        """Megabytes of memory that the jobs of each open film need."""
        return {f: estimate.film_memory(self.headers[f].header) for f in self.open_films}

    def work(self) -> dict[str, Any]:
        """What jobs need, for the display and for clusters."""
        return {
            "weights": self.weights(),
            "needs": self.needs(),
            "memory": self.memory(),
            "network": self.network,
            "span": self.span,
        }

    def _jobs(self, film: str) -> list[int]:
        """The jobs of each of a film's chunk stages, by their last chunks."""
        return spans.last_chunks(self.films[film]["index"]["chunks"], self.span)

    def bytes_needed(self) -> int:
        return estimate.bytes_needed(
            [self.photos[bucket] for bucket in self.open_buckets],
            [(self.headers[film].header, self.films[film]) for film in self.open_films],
        )

    def tell(
        self, say: Callable[[str], None], unmatched: dict[str, str], hands: estimate.Hands
    ) -> None:
        """What was found, which of the overrides' globs match nothing, and what there is to do."""
        say(
            f"Found {_count(len(self.scan.photos()), 'photograph')} and "
            f"{_count(len(self.scan.films()), 'film')}{left_alone(self.scan)}."
        )
        for glob, near in unmatched.items():
            told = f"The table of overrides names {glob}, which nothing in the archive matches."
            say(f"{told} {near}".rstrip())
        faults = self.rest["faults"]
        for fault in faults[:_FAULTS_TOLD]:
            say(f"Cannot be read: {fault['source']}: {fault['reason']}")
        if (more := len(faults) - _FAULTS_TOLD) > 0:
            say(f"{more:,} more cannot be read: the report will name them.")
        if not self.open_buckets and not self.open_films:
            say("Everything is done already.")
            return
        photos = sum(len(self.photos[bucket]["items"]) for bucket in self.open_buckets)
        frames = sum(estimate.film_frames(self.headers[f].header) for f in self.open_films)
        work = [_count(photos, "photograph")] if photos else []
        if self.open_films:
            work.append(f"{_count(len(self.open_films), 'film')} (about {frames:,} frames)")
        jobs = {film: len(self._jobs(film)) for film in self.open_films}
        seconds = estimate.run_seconds(self.weights(), jobs, hands)
        seconds *= estimate.calibration(self.results)
        at_once = (
            f"with {_count(hands.count, 'job')} at once"
            if hands.on_cluster
            else f"on {_count(hands.count, 'core')}"
        )
        say(
            f"To look at: {' and '.join(work)}; at most about {estimate.as_duration(seconds)} "
            f"{at_once} and {estimate.as_size(self.bytes_needed())} of disk."
        )

    def write(self, redo: str | None) -> None:
        """Write the plan's files and remove the done files that no longer speak of it."""
        results = self.results
        is_closed = not self.open_buckets and not self.open_films and self._is_closed()
        if not is_closed or not (results / "done/verdict.json").is_file():
            # The last run may have been killed. Folders may be links to another disk.
            folders = (results / name for name in RESULT_FOLDERS)
            remove_leftovers((results, *filter(Path.is_symlink, folders)))
        if not is_closed:
            self._keep_gone()
        if redo is not None:
            self._forget(redo)
        _write_folder(
            results / "plan/photos", {f"{b}.json": plan for b, plan in self.photos.items()}
        )
        _write_folder(
            results / "plan/films",
            {
                f"{film}/{stage}.json": plan
                for film, stages in self.films.items()
                for stage, plan in stages.items()
            },
        )
        write_json_if_changed(results / "plan/run.json", self.rest)
        write_json_if_changed(
            results / "state/work.json", {"weights": self.weights(), "span": self.span}
        )
        for bucket in self.done_photos:
            if bucket not in self.photos or bucket in self.open_buckets:
                (results / f"done/photos/{bucket}.json").unlink(missing_ok=True)
        for film in {path.name for path in (results / "done/films").glob("*")}:
            self._clear_film(film)
        if not is_closed:
            # Snakemake makes a missing file that lies between only if one at the end is missing.
            for stage in ("manifest", "report", "verdict"):
                (results / f"done/{stage}.json").unlink(missing_ok=True)

    def _keep_gone(self) -> None:
        done = [*self.done_photos.values(), *self.done_joins.values()]
        rows = standing.known_rows(done, self.results)
        gone = standing.gone_rows(rows, self._wanted_results(), self.results)
        standing.keep_gone(gone, self.results)

    def _wanted_results(self) -> set[str]:
        """Names of results that the plan makes, or that finished jobs have made for it."""
        wanted = {item["result"] for plan in self.photos.values() for item in plan["items"]}
        wanted |= {stages["join"]["result"] for stages in self.films.values()}
        finished = [self.done_photos[b] for b in self.photos.keys() - self.open_buckets]
        finished += [self.done_joins[f] for f in self.films.keys() - self.open_films]
        for path in finished:
            wanted |= {row["result"] for row in read_json(path)["rows"]}
        return wanted

    def _is_closed(self) -> bool:
        """Are manifest and report there, and made for this very plan?"""
        done = standing.read_done(self.results / "done/manifest.json")
        made = ("manifest.tsv", "SHA256SUMS", "report/index.html", "report/overview.html")
        return standing.is_finished(done, self.rest, self.results) and all(
            (self.results / name).is_file() for name in made
        )

    def _clear_film(self, film: str) -> None:
        folder = self.results / "done/films" / film
        if film not in self.films:
            stale = list(folder.glob("*.json"))
        elif film in self.open_films:
            spans_of_film = [list(spans.chunks_of(self.span, job)) for job in self._jobs(film)]
            stale = standing.stale_stages(film, self.films[film], self.results)
            stale += standing.half_done(folder, stale, spans_of_film)
        else:
            return
        for path in stale:
            path.unlink(missing_ok=True)
        if not any(folder.iterdir()):
            folder.rmdir()

    def _forget(self, redo: str) -> None:
        """Make the jobs forget what a person wants to have done again."""
        for bucket in self.open_buckets:
            standing.ask_again(self.results / f"state/photos/{bucket}.jsonl", redo)
        for film in self.open_films:
            path = self.done_joins.get(film)
            if path and self._asked(standing.read_done(path), redo):
                standing.ask_again(self.results / f"state/films/{film}.jsonl", None)
                for path in (self.results / "done/films" / film).glob("*.json"):
                    path.unlink()


def _write_folder(folder: Path, contents: dict[str, Any]) -> None:
    """Make the JSON files below a folder exactly these, touching only what differs."""
    wanted = {folder / name for name in contents}
    for path in folder.glob("**/*.json"):
        if path not in wanted:
            path.unlink()
    for name, value in contents.items():
        write_json_if_changed(folder / name, value)
    for child in folder.glob("*"):
        if child.is_dir() and not any(child.iterdir()):
            child.rmdir()


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def left_alone(scan: Scan) -> str:
    if not scan.left_alone:
        return ""
    return f" (left alone: {', '.join(f'{what}: {n:,}' for what, n in scan.left_alone.items())})"
