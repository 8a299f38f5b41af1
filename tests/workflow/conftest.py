"""A small archive, and the workflow run over it as a person runs it."""

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
from skimage import color, data, transform

from autochrome.archive import read_manifest
from tests.conftest import REPOSITORY
from tests.media import write_film, write_photo

LIMIT_SECONDS = 300
# The film of `whole`, and a cut into two chunks.
REEL_SECONDS = 15
CUT = "films={chunk_seconds: 7, effort: ultrafast}"


class Workspace:
    """An archive and its results folder; ``clone`` is the repository whose workflow runs.

    `run` calls Snakemake. After it, ``jobs`` names the jobs that did something, by their done
    files: ``photos/x``, ``films/<film>/colour-0`` …
    """

    def __init__(self, folder: Path, clone: Path = REPOSITORY):
        self.folder, self.clone = folder, clone
        self.archive = folder / "archive"
        self.results = folder / "results"
        self.jobs: set[str] = set()

    def run(
        self,
        *arguments: str,
        status: int | None = 0,
        profile: str = "default",
        limit_seconds: float = LIMIT_SECONDS,
        **environment: str,
    ):
        before = self._done()
        settings = [a for a in arguments if "=" in a and not a.startswith("-")]
        options = [a for a in arguments if a not in settings]
        command = [sys.executable, "-m", "snakemake", "--snakefile", str(self.clone / "Snakefile")]
        command += ["--workflow-profile", str(REPOSITORY / "profiles" / profile), *options]
        command += ["--config", "films={chunk_seconds: 1, effort: ultrafast}", *settings]
        process = subprocess.run(
            command,
            cwd=self.folder,
            env=os.environ | {"AUTOCHROME_ARCHIVE": str(self.archive)} | environment,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=limit_seconds,
        )
        process.said = process.stdout + process.stderr
        if status is not None:
            assert process.returncode == status, process.said
        after = self._done()
        self.jobs = {name for name, time in after.items() if before.get(name) != time}
        return process

    def _done(self) -> dict[str, int]:
        folder = self.results / "done"
        return {
            str(path.relative_to(folder).with_suffix("")): path.stat().st_mtime_ns
            for path in folder.glob("**/*.json")
        }

    def rows(self) -> dict[str, dict]:
        return {row["source"]: row for row in read_manifest(self.results / "manifest.tsv")}

    def written(self) -> dict[str, int]:
        """When each photograph, film and intermediate of films was last written."""
        return {
            str(path.relative_to(self.results)): path.stat().st_mtime_ns
            for part in ("photos", "films", "state/films")
            for path in (self.results / part).glob("**/*")
            if path.is_file() and path.suffix != ".jsonl"
        }

    def contents(self) -> dict[str, bytes]:
        """The bytes of everything that a person gets."""
        paths = [self.results / name for name in ("manifest.tsv", "SHA256SUMS", "provenance.jsonl")]
        for part in ("photos", "films", "report"):
            paths += [path for path in (self.results / part).glob("**/*") if path.is_file()]
        return {str(path.relative_to(self.results)): path.read_bytes() for path in paths}

    def originals(self) -> dict[str, bytes]:
        return {
            str(path.relative_to(self.archive)): path.read_bytes()
            for path in self.archive.glob("**/*")
            if path.is_file()
        }

    def journal_lines(self, stage: str) -> int:
        """How often photographs were coloured (stage ``photos``) or films journaled."""
        lines = 0
        for path in (self.results / "state" / stage).glob("*.jsonl"):
            lines += sum(1 for line in path.read_text().splitlines() if json.loads(line))
        return lines


def fill(archive: Path) -> None:
    """Three photographs in different formats, a film with sound, and a text."""
    archive.mkdir(parents=True)
    write_photo(archive / "box 1" / "astronaut.jpg", _small(data.astronaut()))
    write_photo(archive / "box 1" / "cat, ünïcode {x} $HOME.png", _small(data.chelsea()))
    write_photo(archive / "coffee.tif", _small(data.coffee()), depth=16)
    write_film(archive / "reel.mp4", seconds=2.4)
    (archive / "notes.txt").write_text("bought in 1931")


def _small(rgb):
    return transform.resize(rgb, (96, 128), anti_aliasing=True)


@pytest.fixture(scope="session")
def coloured(tmp_path_factory) -> Workspace:
    """An archive after its first run; only for looking at."""
    folder = tmp_path_factory.mktemp("first")
    first = Workspace(folder / "work")
    fill(first.archive)
    originals = first.originals()
    process = first.run()
    shutil.copytree(first.folder, folder / "kept")
    kept = Workspace(folder / "kept")
    kept.said, kept.originals_before = process.said, originals
    return kept


@pytest.fixture
def fresh(coloured) -> Workspace:
    """The archive of `coloured`, at the same path, with nothing done yet."""
    folder = coloured.folder.with_name("work")
    shutil.rmtree(folder)
    folder.mkdir()
    shutil.copytree(coloured.archive, folder / "archive")
    return Workspace(folder)


@pytest.fixture
def workspace(coloured) -> Workspace:
    """That archive and its results, laid anew at the path where they were made."""
    folder = coloured.folder.with_name("work")
    shutil.rmtree(folder)
    shutil.copytree(coloured.folder, folder)
    return Workspace(folder)


def fill_with_variety(archive: Path) -> None:
    """Photographs in all that decides how they are read and written, and a film of many chunks."""
    views = (data.astronaut, data.chelsea, data.coffee, data.rocket)
    small = [transform.resize(view(), (72, 96), anti_aliasing=True) for view in views]
    write_photo(archive / "astronaut.jpg", small[0])
    write_photo(archive / "cat.png", small[1])
    write_photo(archive / "coffee.tif", small[2], depth=16)
    write_photo(archive / "rocket.webp", small[3])
    write_photo(archive / "mirrored.jpg", small[0][:, ::-1])
    sepia = color.rgb2gray(small[1])[..., None] * (0.78, 0.93, 1)
    cv2.imwrite(str(archive / "sepia.jpg"), np.rint(255 * sepia).astype(np.uint8))
    cv2.imwrite(str(archive / "in colour.jpg"), np.rint(255 * small[2]).astype(np.uint8))
    (archive / "cut short.jpg").write_bytes((archive / "astronaut.jpg").read_bytes()[:-900])
    (archive / "no picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(40))
    write_film(archive / "reel.mp4", REEL_SECONDS)
    empty = REEL_SECONDS * 1_000_000
    with (archive / "reel.mp4").open("ab") as file:
        # What its size promises decides, too, into how many chunks a film is cut.
        file.write(struct.pack(">I4s", empty, b"free") + bytes(empty - 8))


@pytest.fixture(scope="session")
def whole(tmp_path_factory) -> Workspace:
    """The archive coloured on two cores, all photographs in one batch; only for looking at."""
    folder = tmp_path_factory.mktemp("cutting")
    workspace = Workspace(folder / "work")
    fill_with_variety(workspace.archive)
    workspace.run("--cores", "2", "photos={batch_size: 64}", "failures=accept", CUT)
    shutil.copytree(workspace.folder, folder / "kept")
    kept = Workspace(folder / "kept")
    kept.jobs = workspace.jobs
    return kept


@pytest.fixture
def again(whole) -> Workspace:
    """The archive of `whole`, at the same path, with nothing done yet."""
    folder = whole.folder.with_name("work")
    shutil.rmtree(folder)
    shutil.copytree(whole.archive, folder / "archive")
    return Workspace(folder)
