"""Fixtures of this room's tests."""

import json
import pkgutil
import struct
import threading
from pathlib import Path

import pytest

from autochrome.models import Predictor, default_folders, ready_model, sharing
from autochrome.photos import batch, colour_batch, result_suffix
from tests.models import planned_compact


@pytest.fixture(scope="session")
def compact() -> Predictor:
    """The embedded network."""
    return ready_model(planned_compact(), default_folders().converted).predictor()


@pytest.fixture
def grey_profile() -> bytes:
    """A small grey ICC profile with a gamma of 2.2."""
    curve = b"curv" + bytes(4) + struct.pack(">IH", 1, round(2.2 * 256)) + bytes(2)
    white = b"XYZ " + bytes(4) + struct.pack(">3i", 63190, 65536, 54061)
    start = 128 + 4 + 24
    table = struct.pack(">I4sII4sII", 2, b"kTRC", start, 14, b"wtpt", start + 16, 20)
    header = bytearray(128)
    header[8], header[12:24], header[36:40] = 2, b"mntrGRAYXYZ ", b"acsp"
    profile = bytes(header) + table + curve + white
    return struct.pack(">I", len(profile)) + profile[4:]


class Here:
    """Does in this process what a job does in a child, which takes seconds to start."""

    def __init__(self, initializer=None, initargs=()):
        pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def call(self, function, *args, timeout, answer):
        self.asked.answer = answer
        return pkgutil.resolve_name(function)(*args)

    asked = threading.local()


@pytest.fixture
def in_process(monkeypatch):
    monkeypatch.setattr(batch, "IsolatedWorker", Here)
    monkeypatch.setattr(sharing, "ask_parent", lambda *question: Here.asked.answer(*question))


class Results:
    """A results folder with one bucket, for an archive of a few photographs."""

    def __init__(self, folder: Path, archive: Path):
        self.folder, self.archive = folder, archive
        self.settings = {"saturation": 1.0, "temperature": None, "already_colour": "leave"}
        self.settings |= {"max_pixels": 10**8, "tone": "auto"}
        self.settings |= {"digital_source_type": "compositeWithTrainedAlgorithmicMedia"}
        self.own = {}
        self.bucket = "3f"
        self.threads = 1

    def colour(self, **formats: str) -> dict[str, dict]:
        """Run the batch over the archive's files; the rows by their source.

        ``formats`` are those of files that are not JPEG, by the file's stem; ``own`` holds what
        items have of their own (settings, model), by the file's name.
        """
        items = []
        for path in sorted(self.archive.iterdir()):
            name = formats.get(path.stem, "jpeg")
            suffix, accepted = result_suffix(name)
            kept = not suffix or path.suffix.lower() in accepted
            items.append(
                {
                    "path": path.name,
                    "size": path.stat().st_size,
                    "mtime_ns": path.stat().st_mtime_ns,
                    "format": name,
                    "result": f"photos/{path.name}" + ("" if kept else suffix),
                }
                | self.own.get(path.name, {})
            )
        plan = {
            "stage": "photos",
            "bucket": self.bucket,
            "archive": str(self.archive),
            "items": items,
            "model": planned_compact(),
            "settings": self.settings,
        }
        Path("plan.json").write_text(json.dumps(plan))
        colour_batch(Path("plan.json"), Path("done/photos/3f.json"), self.threads)
        done = json.loads(Path("done/photos/3f.json").read_text())
        return {row["source"]: row for row in done["rows"]}


@pytest.fixture
def results(tmp_path, monkeypatch) -> Results:
    """An empty archive and an empty results folder, which is the working directory."""
    folder, archive = tmp_path / "results", tmp_path / "archive"
    folder.mkdir()
    archive.mkdir()
    monkeypatch.chdir(folder)
    return Results(folder, archive)
