"""A published network, from dead links to coloured photographs, as a person asks for it."""

import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from autochrome.archive import read_json
from tests.conftest import REPOSITORY
from tests.models import caffe_files
from tests.models.mirror import Mirror, breaks_off, dead_address, file_place, status, whole

from .conftest import Workspace, fill

NAME = "zhang2016-v2"
HTML = b"<!DOCTYPE html><html><body>Moved</body></html>"


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> dict[str, bytes]:
    """The three files of the network, its layers narrower and its weights random."""
    folder = tmp_path_factory.mktemp("files")
    layers = caffe_files.zhang_layers(divisor=16)
    paths = caffe_files.write_network(folder, layers, caffe_files.random_weights(layers))
    return {path.name: path.read_bytes() for path in paths}


@pytest.fixture
def mirror():
    server = Mirror()
    yield server
    server.close()


class Clone:
    """A copy of the repository whose registry names this test's places, and an archive."""

    def __init__(self, folder: Path, files: dict[str, bytes]):
        self.root, self.files = folder / "clone", files
        listed = subprocess.run(
            ["git", "ls-files", "-z", "Snakefile", "autochrome", "config", "models"]
            + ["resources", "workflow"],
            cwd=REPOSITORY,
            capture_output=True,
            check=True,
        )
        for name in filter(None, listed.stdout.decode().split("\0")):
            target = self.root / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(REPOSITORY / name, target)
        self.work = Workspace(folder / "work", self.root)
        fill(self.work.archive)
        (self.work.archive / "reel.mp4").unlink()

    def declare(self, places: dict[str, list[str]]) -> None:
        """Let the registry name these places for each file, with the right hashes."""
        path = self.root / "models" / "registry.yaml"
        registry = yaml.safe_load(path.read_text())
        registry[NAME]["files"] = [
            {
                "name": name,
                "bytes": len(self.files[name]),
                "sha256": hashlib.sha256(self.files[name]).hexdigest(),
                "places": places[name],
            }
            for name in ("release.caffemodel", "deploy.prototxt", "points.npy")
        ]
        path.write_text(yaml.safe_dump(registry))

    def run(self, **options):
        return self.work.run(f"model={NAME}", **options)


@pytest.fixture
def clone(tmp_path, files) -> Clone:
    return Clone(tmp_path, files)


def test_the_network_is_fetched_converted_and_colours(clone, mirror, files):
    weights = files["release.caffemodel"]
    clone.declare(
        {
            "release.caffemodel": [
                f"{dead_address()}/release.caffemodel",
                mirror.place("/html", whole(HTML)),
                mirror.place("/wrong", whole(bytes(len(weights)))),
                mirror.place("/moved", status(302, "/broken")),
            ],
            "deploy.prototxt": [mirror.place("/prototxt", whole(files["deploy.prototxt"]))],
            "points.npy": [mirror.place("/points", whole(files["points.npy"]))],
        }
    )
    mirror.place("/broken", breaks_off(weights, len(weights) // 2))

    process = clone.run()

    rows = clone.work.rows()
    assert {row["status"] for row in rows.values()} == {"coloured"}
    assert {row["model"] for row in rows.values()} == {NAME}
    assert {row["model_sha256"] for row in rows.values()} == {hashlib.sha256(weights).hexdigest()}
    record = read_json(clone.root / "models/converted" / NAME / "record.json")
    assert {row["precision"] for row in rows.values()} == {record["auto"]}
    assert f"Fetching {NAME}: 100 %" in process.said
    ranges = [asked for path, asked in mirror.requests if path == "/broken"]
    assert ranges[0] is None
    assert ranges[1].startswith("bytes=")

    # The second run fetches, converts and colours nothing.
    asked = len(mirror.requests)
    clone.run()
    assert clone.work.jobs == set()
    assert len(mirror.requests) == asked


def test_files_brought_by_hand_are_taken_whatever_their_names(clone, files):
    clone.declare({name: [f"{dead_address()}/{name}"] for name in files})
    clone.run(status=1)
    (log,) = (clone.work.results / "logs/models").glob(f"{NAME}-*-fetch.log")
    told = log.read_text()
    assert f"of the model {NAME} could not be had" in told
    assert "Download it by hand (release.caffemodel" in told
    assert str(clone.root / "models/incoming") in told

    incoming = clone.root / "models/incoming"
    incoming.mkdir()
    for number, content in enumerate(files.values()):
        (incoming / f"download ({number})").write_bytes(content)
    clone.run()
    assert {row["status"] for row in clone.work.rows().values()} == {"coloured"}


def test_a_network_that_cannot_be_had_stops_nothing_else(clone, tmp_path, files):
    """What the embedded network has coloured stays, and a run that needs no network goes well."""
    clone.declare({name: [file_place(tmp_path / "nowhere" / name)] for name in files})
    clone.work.run()
    clone.run(status=1)
    clone.work.run()
    assert {row["model"] for row in clone.work.rows().values()} == {"compact"}
