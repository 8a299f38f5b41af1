"""Verifying names everything that is not as the manifest says, and nothing else."""

import os

import pytest

from autochrome.archive import (
    failed_row,
    sha256_file,
    verify_results,
    write_json,
    write_manifest,
    write_provenance,
)
from autochrome.errors import ArchiveError
from autochrome.verify import main


class Folders:
    """An archive of two pictures (one with an awkward name) and a film, with results."""

    NAMES = ("a.jpg", "b\nü \udcff.jpg")

    def __init__(self, folder):
        self.archive, self.results = folder / "archive", folder / "results"
        rows = []
        for name in self.NAMES:
            rows.append(self.row("photo", name, f"photos/{name}"))
        film = self.row("film", "reel.ts", "films/reel.ts")
        beside = self.write(self.results / "films/reel.ts.xmp")
        film["checks"] = {"files_beside": {"films/reel.ts.xmp": beside}}
        rows.append(film)
        broken = failed_row("photo", "broken.jpg", 0, "It is empty.", "Bring a whole copy.")
        rows.append(broken | {"sha256": self.write(self.archive / "broken.jpg")})
        write_json(self.results / "autochrome.json", {"archive": str(self.archive)})
        write_manifest(rows, self.results)
        write_provenance(rows, self.results)

    def row(self, kind, source, result):
        row = failed_row(kind, source, 1, "", "") | {"status": "coloured", "result": result}
        return row | {
            "sha256": self.write(self.archive / source),
            "result_sha256": self.write(self.results / result),
        }

    @staticmethod
    def write(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"the bytes of {path.name!r}")
        return sha256_file(path)


@pytest.fixture
def folders(tmp_path):
    return Folders(tmp_path)


def test_an_untouched_archive_is_proven(folders, capsys):
    outcome = verify_results(folders.results)
    assert (outcome.faults, outcome.originals, outcome.results) == ((), 4, 4)
    assert main([str(folders.results)]) == 0
    assert "every byte is as it was" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("archive/a.jpg", "The original a.jpg has changed"),
        ("archive/broken.jpg", "The original broken.jpg has changed"),
        ("results/photos/a.jpg", "The result photos/a.jpg has changed"),
        ("results/films/reel.ts.xmp", "The result films/reel.ts.xmp has changed"),
        ("archive/b\nü \udcff.jpg", "The original b\\nü \\xff.jpg has changed"),
        ("results/photos/new.jpg", "photos/new.jpg lies among the results"),
    ],
)
def test_what_changed_is_named_alone(folders, capsys, path, fault):
    (folders.archive.parent / path).write_text("other bytes")
    (found,) = verify_results(folders.results).faults
    assert found.startswith(fault)
    assert main([str(folders.results)]) == 1
    assert fault in capsys.readouterr().out


def test_a_change_that_keeps_size_and_time_is_found(folders):
    path = folders.archive / "a.jpg"
    before = path.stat()
    path.write_bytes(path.read_bytes().replace(b"bytes", b"bytez"))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert len(verify_results(folders.results).faults) == 1


@pytest.mark.parametrize("path", ["archive/a.jpg", "results/photos/a.jpg"])
def test_a_pipe_is_named_and_not_waited_for(folders, path):
    (folders.archive.parent / path).unlink()
    os.mkfifo(folders.archive.parent / path)
    (fault,) = verify_results(folders.results).faults
    assert "a.jpg cannot be read: It is not a file but a pipe." in fault


@pytest.mark.parametrize("path", ["archive/a.jpg", "results/photos/a.jpg"])
def test_what_is_gone_is_named(folders, path):
    (folders.archive.parent / path).unlink()
    (fault,) = verify_results(folders.results).faults
    assert fault.endswith("a.jpg is gone.")


def test_originals_that_moved_are_found_where_they_are(folders):
    moved = folders.archive.rename(folders.archive.with_name("moved"))
    with pytest.raises(ArchiveError, match="--archive"):
        verify_results(folders.results)
    assert verify_results(folders.results, moved).faults == ()


@pytest.mark.parametrize("name", ["SHA256SUMS", "provenance.jsonl"])
def test_what_stands_beside_the_manifest_must_agree_with_it(folders, name):
    path = folders.results / name
    path.write_bytes(path.read_bytes().replace(b"a.jpg", b"z.jpg"))
    assert verify_results(folders.results).faults == (
        f"{name} does not say what manifest.tsv says.",
    )
    path.unlink()
    assert verify_results(folders.results).faults == (f"{name} is missing.",)


def test_a_folder_without_a_manifest_is_refused(folders, capsys):
    (folders.results / "manifest.tsv").unlink()
    with pytest.raises(ArchiveError, match="not a results folder"):
        verify_results(folders.results)
    assert main([str(folders.results)]) == 2
