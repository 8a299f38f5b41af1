"""The walk through an archive finds what a person would, once, and names what it cannot read."""

import itertools
import os
import socket
from types import SimpleNamespace

import cv2
import numpy as np
import pytest

from autochrome.archive import recall, remember, scan_archive
from autochrome.archive import scan as scanning
from autochrome.archive.scan import DEEPEST

JPEG = cv2.imencode(".jpg", np.zeros((8, 8), np.uint8))[1].tobytes()
MKV = b"\x1a\x45\xdf\xa3" + bytes(60)
HEADER = {"width": 8, "height": 8}


def put(folder, name, content=JPEG):
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def scan(archive, known=None, probe=lambda path: {"header": HEADER}):
    return scan_archive(archive, archive / "results", probe, known or {})


def pictures(found):
    return [entry.path for entry in found.entries if entry.kind != "other"]


def test_every_photograph_and_film_is_found_sorted(tmp_path):
    for name in ("b.jpg", "a/c.jpg", "a/b/d"):
        put(tmp_path, name)
    put(tmp_path, "reel.mkv", MKV)
    assert pictures(scan(tmp_path)) == ["a/b/d", "a/c.jpg", "b.jpg", "reel.mkv"]


@pytest.mark.parametrize(
    "name", ["._a.jpg", ".hidden/a.jpg", "@eaDir/a.jpg", "Thumbs.db", "#recycle/a.jpg"]
)
def test_what_systems_put_there_is_counted_and_left_alone(tmp_path, name):
    put(tmp_path, "a.jpg")
    put(tmp_path, name)
    found = scan(tmp_path)
    assert pictures(found) == ["a.jpg"]
    assert found.left_alone == {"hidden and system files": 1}


def test_a_long_look_says_from_time_to_time_how_far_it_is(tmp_path, monkeypatch):
    for name in "abcdefg":
        put(tmp_path, f"{name}.jpg")
    clock = itertools.count(step=5)
    monkeypatch.setattr(scanning, "time", SimpleNamespace(monotonic=lambda: next(clock)))
    said = []
    scan_archive(tmp_path, tmp_path / "results", None, {}, say=said.append)
    assert said == ["Looking through the archive: 5 files so far."]


def test_other_files_are_counted(tmp_path):
    put(tmp_path, "a.jpg")
    put(tmp_path, "notes.txt", b"hello")
    assert scan(tmp_path).left_alone == {"other files": 1}


def test_the_results_inside_the_archive_are_no_input(tmp_path):
    put(tmp_path, "a.jpg")
    put(tmp_path, "results/photos/a.jpg")
    put(tmp_path, "older/photos/a.jpg")
    put(tmp_path, "older/autochrome.json", b"{}")
    assert pictures(scan(tmp_path)) == ["a.jpg"]


def test_links_are_followed_once_and_loops_end(tmp_path):
    archive, outside = tmp_path / "archive", tmp_path / "outside"
    put(archive, "a.jpg")
    put(outside, "b.jpg")
    (archive / "loop").symlink_to(archive)
    (archive / "up").symlink_to(tmp_path)
    (archive / "out").symlink_to(outside)
    (archive / "again").symlink_to(outside)
    (archive / "file.jpg").symlink_to(outside / "b.jpg")
    (archive / "broken.jpg").symlink_to(archive / "nowhere")
    found = scan(archive)
    assert pictures(found) == ["a.jpg", "again/b.jpg", "file.jpg"]
    assert found.left_alone == {"links that lead nowhere": 1}


def test_a_link_to_a_folder_whose_name_the_archives_begins_with_is_followed(tmp_path):
    put(tmp_path / "box", "b.jpg")
    put(tmp_path / "box 2", "a.jpg")
    (tmp_path / "box 2" / "first").symlink_to(tmp_path / "box")
    assert pictures(scan(tmp_path / "box 2")) == ["a.jpg", "first/b.jpg"]


def test_a_pipe_is_never_opened(tmp_path):
    put(tmp_path, "a.jpg")
    os.mkfifo(tmp_path / "pipe.jpg")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(tmp_path / "s"))
        assert pictures(scan(tmp_path)) == ["a.jpg"]


def test_links_to_what_never_ends_are_not_read(tmp_path):
    put(tmp_path, "a.jpg")
    for name, target in (("b.jpg", "/proc/kmsg"), ("c.mp4", "/proc/kmsg"), ("d", "/proc/kmsg")):
        (tmp_path / name).symlink_to(target)
    (tmp_path / "e.jpg").symlink_to("/dev/zero")
    (tmp_path / "f.jpg").symlink_to("/proc/kcore")
    put(tmp_path, "g.mp4", b"")
    found = scan(tmp_path, probe=lambda path: pytest.fail(f"{path} is read"))
    assert pictures(found)[0] == "a.jpg"
    assert found.left_alone.get("pipes, sockets and devices", 0) >= 1
    faults = {entry.path: entry.fault for entry in found.films()}
    assert set(faults.values()) == {"The file is empty."} and "g.mp4" in faults


def test_a_file_of_which_nothing_comes_is_named_and_looked_at_again(tmp_path, monkeypatch):
    put(tmp_path, "a.jpg")
    for name in ("reel.mp4", "reel"):
        put(tmp_path, name, MKV)
    ours, theirs = os.pipe()

    def opened(path):
        return open(path, "rb") if path.suffix == ".jpg" else os.fdopen(os.dup(ours), "rb")

    monkeypatch.setattr(scanning, "open_source", opened)
    monkeypatch.setattr(scanning, "_STILL_SECONDS", 0.2)
    found = scan(tmp_path)
    os.close(theirs)
    os.close(ours)
    fault = "Nothing came of it for 0 s when it was read."
    assert [(e.path, e.fault) for e in found.films()] == [("reel.mp4", fault)]
    assert [(path, told) for path, told, _ in found.faults] == [("reel", fault)]
    assert found.unsure == {"reel.mp4", "reel"}


@pytest.mark.skipif(not os.path.isdir("/proc/self"), reason="there is no /proc here")
def test_links_into_the_kernels_folders_are_not_followed(tmp_path):
    put(tmp_path, "a.jpg")
    (tmp_path / "proc").symlink_to("/proc")
    (tmp_path / "mine").symlink_to("/proc/self")
    found = scan(tmp_path)
    assert [entry.path for entry in found.entries] == ["a.jpg"]
    assert found.left_alone == {"pipes, sockets and devices": 2}


def test_what_lies_too_deep_is_named_and_the_rest_is_found(tmp_path):
    put(tmp_path, "a.jpg")
    put(tmp_path, "/".join("d" * DEEPEST) + "/b.jpg")
    for name in ("c/d.jpg", "c/e/f.jpg", "c/g/h.jpg"):
        put(tmp_path, "/".join("d" * DEEPEST) + f"/{name}")
    found = scan(tmp_path)
    assert len(pictures(found)) == 2 and pictures(found)[0] == "a.jpg"
    (fault,) = found.faults
    assert fault[0].endswith("/c") and f"more than {DEEPEST} folders deep" in fault[1]


def test_names_with_any_bytes_are_kept(tmp_path):
    names = [
        "a b.jpg",
        "{x}.jpg",
        "$HOME.jpg",
        "-rf.jpg",
        "a,b.jpg",
        "🎞.jpg",
        "a\nb.jpg",
        "it's.jpg",
    ]
    for name in names:
        put(tmp_path, name)
    odd = os.fsdecode(bytes(tmp_path) + b"/\xff\xfe.jpg")
    with open(odd, "wb") as file:
        file.write(JPEG)
    assert set(pictures(scan(tmp_path))) == {*names, "\udcff\udcfe.jpg"}


def test_a_second_scan_probes_only_what_changed(tmp_path):
    put(tmp_path, "old.mkv", MKV)
    memory = tmp_path / "results/state/scan.json"
    remember(scan(tmp_path), memory, {})
    put(tmp_path, "new.mkv", MKV)
    probed = []

    def probe(path):
        probed.append(os.path.basename(path))
        return {"header": HEADER}

    assert pictures(scan(tmp_path, recall(memory), probe)) == ["new.mkv", "old.mkv"]
    assert probed == ["new.mkv"]


def test_a_film_that_cannot_be_probed_is_named_and_sound_is_left_alone(tmp_path):
    put(tmp_path, "reel.mkv", MKV)
    put(tmp_path, "song.mka", MKV)
    found = scan(tmp_path, probe=lambda path: {"fault": "No video.", "remedy": "Look."})
    assert [(e.path, e.fault) for e in found.films()] == [("reel.mkv", "No video.")]
    assert found.left_alone == {"other files": 1}


def test_a_film_that_was_away_for_a_moment_is_looked_at_again(tmp_path):
    films = [put(tmp_path, name, MKV) for name in ("reel.mkv", "film without suffix")]
    memory = tmp_path / "results/state/scan.json"

    def probe(path):
        os.rename(path, f"{path}.away")
        return {"fault": "No such file.", "remedy": "Look."}

    found = scan(tmp_path, probe=probe)
    assert [(e.path, bool(e.fault)) for e in found.films()] == [("reel.mkv", True)]
    assert found.faults[0][0] == "film without suffix"
    remember(found, memory, {})
    for film in films:
        os.rename(f"{film}.away", film)
    again = scan(tmp_path, recall(memory)).films()
    assert {(e.path, e.fault) for e in again} == {(film.name, "") for film in films}
    assert all(entry.header == HEADER for entry in again)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_folder_without_permission_is_a_fault(tmp_path):
    put(tmp_path, "closed/a.jpg")
    (tmp_path / "closed").chmod(0)
    try:
        assert scan(tmp_path).faults[0][0] == "closed"
    finally:
        (tmp_path / "closed").chmod(0o755)
