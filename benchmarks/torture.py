"""A run that is disturbed, then the same command again until it ends: is the result the same?

    python -m benchmarks.torture FOLDER [--rounds 50] [--seed 1] [--only kill,term,…]

Makes an archive of photographs and films in FOLDER, colours it undisturbed, and then anew in
every round with one disturbance at a random moment. Afterwards every file that a person gets has
to be the same, byte for byte, and nothing may be left lying about. Prints a line a round and ends
with the number of rounds that differed. Full disks and read-only archives need root.

    kill      SIGKILL to all processes of the run, and again in the runs after it
    term      SIGTERM to the run, as schedulers send it
    int       Ctrl-C: SIGINT to all processes of the run
    disk      the results' file system is full for a while
    unmount   the archive is gone for a while
    delete    a result is deleted while the run goes on
    scribble  a result is overwritten while the run goes on
    second    a second run is started over the same results
    clock     the files made so far are of tomorrow: the clock was set back
    readonly  the archive is mounted read-only
"""

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from .archives import add_moving_film, add_photos

REPOSITORY = Path(__file__).resolve().parents[1]
MOST_RUNS = 20
_QUICK_SECONDS = 30
# A run begins only where there is some room.
_SMALL_DISK = "300m"
_GIVEN = ("photos", "films", "report", "manifest.tsv", "SHA256SUMS", "provenance.jsonl")


@dataclass
class Trial:
    """One archive and its results, and the runs over them."""

    folder: Path
    random: random.Random
    seconds: float = 0.0
    runs: int = 0
    # Was a run at work when it was disturbed?
    hit: bool = False
    said: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def archive(self) -> Path:
        return self.folder / "archive"

    @property
    def results(self) -> Path:
        return self.folder / "results"

    def start(self) -> subprocess.Popen:
        self.runs += 1
        command = [sys.executable, str(REPOSITORY / "workflow/snakemake_command.py")]
        command += ["--logger", "autochrome", "--snakefile", str(REPOSITORY / "Snakefile")]
        command += ["--workflow-profile", str(REPOSITORY / "profiles/default"), "--config"]
        command += [f"output={self.results}", "films={chunk_seconds: 1, effort: ultrafast}"]
        command += ["photos={batch_size: 8}"]
        names = {"AUTOCHROME_ARCHIVE": str(self.archive), "AUTOCHROME_CALLER": str(self.folder)}
        names["PYTHONPATH"] = str(REPOSITORY / "workflow/plugins")
        log = (self.folder / f"run-{self.runs}.txt").open("wb")
        return subprocess.Popen(
            command,
            cwd=self.folder,
            env=os.environ | names | {"PYTHONSAFEPATH": "1"},
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def last_words(self) -> str:
        return (self.folder / f"run-{self.runs}.txt").read_text(errors="replace")

    def wait(self, process: subprocess.Popen, most: float | None = None) -> float:
        """Wait for a random moment of a run, or of its first ``most`` seconds.

        A whole run that ends before tells that runs are shorter than was thought.
        """
        seconds = self.random.uniform(0, most or self.seconds)
        began = time.monotonic()
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.hit = True
        else:
            if self.runs == 1:
                self.seconds = time.monotonic() - began
        return seconds

    def finish(self) -> None:
        """The same command again until it ends well."""
        while self.runs < MOST_RUNS:
            if self.start().wait() == 0:
                return
        self.faults.append(f"not done after {MOST_RUNS} runs: {self.last_words()[-500:]}")

    def contents(self) -> dict[str, bytes]:
        paths = [p for name in _GIVEN for p in _files(self.results / name)]
        return {str(path.relative_to(self.results)): path.read_bytes() for path in paths}

    def leftovers(self) -> list[str]:
        """Unfinished files, locks, and what a finished film no longer needs."""
        names = [str(path.relative_to(self.results)) for path in _files(self.results)]
        return [
            name
            for name in names
            if ".part-" in name or name.endswith(".lock") or "/encode-" in name
            if not name.startswith(("logs/", ".snakemake/", "done/"))
        ]


def _files(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    return sorted(child for child in path.rglob("*") if child.is_file())


def _stop(trial: Trial, process: subprocess.Popen, number: signal.Signals, whole: bool) -> None:
    if process.poll() is not None:
        trial.said.append(f"had ended before {number.name}")
        return
    (os.killpg if whole else os.kill)(process.pid, number)
    began = time.monotonic()
    try:
        process.wait(_QUICK_SECONDS)
    except subprocess.TimeoutExpired:
        trial.faults.append(f"still there {_QUICK_SECONDS} s after {number.name}")
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    trial.said.append(f"ended {time.monotonic() - began:.1f} s after {number.name}")


def kill(trial: Trial) -> None:
    # What was done is not done again: a run after a killed one is shorter.
    left = trial.seconds
    for _ in range(trial.random.randint(1, 4)):
        process = trial.start()
        left -= trial.wait(process, left)
        _stop(trial, process, signal.SIGKILL, whole=True)


def _ask_to_stop(trial: Trial, number: signal.Signals, whole: bool) -> None:
    process = trial.start()
    trial.wait(process)
    was_running = process.poll() is None
    _stop(trial, process, number, whole)
    words = trial.last_words()
    if was_running and process.returncode != 0 and "goes on from here" not in words:
        trial.said.append(f"did not say how to go on: {words[-200:]!r}")
    if "Traceback" in words:
        trial.faults.append(f"a traceback after {number.name}: {words[-500:]}")


def term(trial: Trial) -> None:
    _ask_to_stop(trial, signal.SIGTERM, whole=False)


def interrupt(trial: Trial) -> None:
    _ask_to_stop(trial, signal.SIGINT, whole=True)


def disk(trial: Trial) -> None:
    trial.results.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={_SMALL_DISK}", "tmpfs", str(trial.results)]
    subprocess.run(mount, check=True)
    try:
        ballast = trial.results / "logs"
        ballast.mkdir()
        process = trial.start()
        trial.wait(process)
        with (ballast / "ballast").open("wb", buffering=0) as file:
            try:
                while process.poll() is None:
                    file.write(bytes(1 << 16))
            except OSError:
                process.wait()
        trial.said.append(trial.last_words()[-300:])
        (ballast / "ballast").unlink()
        subprocess.run(["mount", "-o", "remount,size=1g", str(trial.results)], check=True)
        trial.finish()
        shutil.copytree(trial.results, trial.folder / "kept", symlinks=True)
    finally:
        subprocess.run(["umount", "-l", str(trial.results)], check=True)
    trial.results.rmdir()
    shutil.move(trial.folder / "kept", trial.results)


def unmount(trial: Trial) -> None:
    process = trial.start()
    trial.wait(process)
    away = trial.folder / "away"
    trial.archive.rename(away)
    process.wait()
    away.rename(trial.archive)


def _spoil(trial: Trial, spoil: Callable[[Path], object]) -> None:
    process = trial.start()
    trial.wait(process)
    made = [path for name in ("photos", "films") for path in _files(trial.results / name)]
    if made:
        spoil(trial.random.choice(made))
    process.wait()


def delete(trial: Trial) -> None:
    _spoil(trial, lambda path: path.unlink(missing_ok=True))


def scribble(trial: Trial) -> None:
    _spoil(trial, lambda path: path.write_bytes(b"scribble"))


def second(trial: Trial) -> None:
    process = trial.start()
    trial.wait(process)
    was_running = process.poll() is None
    other = trial.start()
    if other.wait() == 0 and was_running and process.poll() is None:
        trial.faults.append("two runs were at work at once")
    process.wait()


def clock(trial: Trial) -> None:
    process = trial.start()
    trial.wait(process)
    _stop(trial, process, signal.SIGKILL, whole=True)
    tomorrow = time.time() + 86400
    for path in _files(trial.results):
        os.utime(path, (tomorrow, tomorrow))


def readonly(trial: Trial) -> None:
    for options in (["--bind"], ["-o", "remount,ro,bind"]):
        subprocess.run(["mount", *options, str(trial.archive), str(trial.archive)], check=True)
    try:
        trial.finish()
    finally:
        subprocess.run(["umount", "-l", str(trial.archive)], check=True)


DISTURBANCES: dict[str, Callable[[Trial], None]] = {
    "kill": kill,
    "term": term,
    "int": interrupt,
    "disk": disk,
    "unmount": unmount,
    "delete": delete,
    "scribble": scribble,
    "second": second,
    "clock": clock,
    "readonly": readonly,
}


def make_archive(archive: Path) -> None:
    add_photos(archive, 24)
    for number in range(2):
        add_moving_film(archive / f"reel {number}.mp4", seconds=3, shift=number + 1)


def undisturbed(folder: Path) -> Trial:
    """The archive's results as they should be, and how long a run takes."""
    trial = Trial(folder, random.Random(0))
    make_archive(trial.archive)
    began = time.monotonic()
    trial.finish()
    trial.seconds = time.monotonic() - began
    if trial.faults:
        sys.exit(trial.faults[0])
    return trial


def disturbed(good: Trial, name: str, seed: int) -> Trial:
    """One round, at the path of the undisturbed run; ``faults`` says what was not as it should."""
    shutil.rmtree(good.results)
    for path in good.folder.glob("run-*.txt"):
        path.unlink()
    trial = Trial(good.folder, random.Random(seed), good.seconds)
    DISTURBANCES[name](trial)
    good.seconds = trial.seconds
    trial.finish()
    return trial


def differences(wanted: dict[str, bytes], trial: Trial) -> list[str]:
    found = trial.contents()
    names = sorted(n for n in wanted.keys() | found.keys() if wanted.get(n) != found.get(n))
    return [
        *trial.faults,
        *(f"differs: {name}" for name in names),
        *(f"left: {name}" for name in trial.leftovers()),
    ]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--rounds", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="")
    asked = parser.parse_args()
    names = [name for name in asked.only.split(",") if name] or list(DISTURBANCES)
    if os.geteuid() != 0:
        names = [name for name in names if name not in ("disk", "readonly")]
    good = undisturbed(asked.folder.resolve())
    wanted = good.contents()
    print(f"undisturbed: {len(wanted)} files, {good.seconds:.0f} s", flush=True)
    bad = hits = 0
    for number in range(asked.rounds):
        name, seed = names[number % len(names)], asked.seed + number
        trial = disturbed(good, name, seed)
        wrong = differences(wanted, trial)
        bad += bool(wrong)
        hits += trial.hit
        print(f"{name}\t{seed}\t{trial.runs} runs\t{'; '.join(wrong) or 'the same'}", flush=True)
        for line in trial.said:
            print(f"  {line}", flush=True)
    print(f"{asked.rounds} rounds, {hits} disturbed while at work, {bad} with a difference")
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
