"""One bad file is named, with its reason and the remedy, and costs the others nothing."""

import os

import pytest
from skimage import data

from tests.media import write_photo
from tests.workflow.conftest import Workspace, fill

BAD = {
    "empty.jpg": b"",
    "page.jpg": b"<!DOCTYPE html><html><body>404</body></html>",
    "pointer.png": b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
    "cut.png": b"\x89PNG\r\n\x1a\n" + bytes(40),
    "noise.tif": b"II*\x00" + bytes(range(256)) * 4,
    "empty.mp4": b"",
    "cut.mp4": b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(50),
    "anim.gif": b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff,\x00\x00\x00\x00"
    b"\x01\x00\x01\x00\x00\x02\x02D\x01\x00"
    b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02L\x01\x00;",
}


@pytest.fixture(scope="module")
def spoiled(tmp_path_factory):
    workspace = Workspace(tmp_path_factory.mktemp("spoiled"))
    fill(workspace.archive)
    for name, content in BAD.items():
        (workspace.archive / name).write_bytes(content)
    whole = (workspace.archive / "box 1/astronaut.jpg").read_bytes()
    (workspace.archive / "truncated.jpg").write_bytes(whole[: len(whole) * 2 // 3])
    workspace.first = workspace.run(status=1)
    return workspace


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_named_with_its_fault_and_the_remedy(spoiled, name):
    row = spoiled.rows()[name]
    assert row["status"] == "failed"
    assert row["reason"] and row["remedy"]
    assert row["result"] == ""
    assert name in (spoiled.results / "report/index.html").read_text()


def test_the_others_are_done(spoiled):
    done = {source for source, row in spoiled.rows().items() if row["status"] == "coloured"}
    assert done == {
        "box 1/astronaut.jpg",
        "box 1/cat, ünïcode {x} $HOME.png",
        "coffee.tif",
        "reel.mp4",
    }


def test_a_truncated_jpeg_is_coloured_as_far_as_it_goes_and_marked(spoiled):
    row = spoiled.rows()["truncated.jpg"]
    assert row["status"] == "partial"
    assert row["reason"]
    assert (spoiled.results / row["result"]).is_file()


def test_failed_items_keep_the_exit_status_at_1_until_they_are_accepted(spoiled):
    lines = spoiled.journal_lines("photos")
    spoiled.run(status=1)
    assert spoiled.journal_lines("photos") == lines
    spoiled.run("failures=accept", status=0)


def test_a_repaired_file_is_tried_again_and_redo_tries_the_failed(spoiled):
    lines = spoiled.journal_lines("photos")
    spoiled.run("redo=failed", status=1)
    assert spoiled.journal_lines("photos") > lines
    assert not any(job.startswith("films") for job in spoiled.jobs)
    for name in BAD:
        (spoiled.archive / name).unlink()
    write_photo(spoiled.archive / "empty.jpg", data.rocket() / 255)
    spoiled.run(status=0)
    assert spoiled.rows()["empty.jpg"]["status"] == "coloured"


def test_a_wrong_setting_is_told_in_plain_words(coloured, tmp_path):
    workspace = Workspace(tmp_path)
    fill(workspace.archive)
    process = workspace.run("saturation=lots", status=1)
    assert "Setting saturation: 'lots' is not possible." in process.said
    assert "a number from 0 to 2" in process.said
    assert "Traceback" not in process.said


NAMES = [
    "a b.jpg",
    "{x}.jpg",
    "$HOME.jpg",
    "-rf.jpg",
    "a,b.jpg",
    "🎞.jpg",
    "a\nb.jpg",
    "it's \".jpg",
]


def test_no_name_disturbs_the_terminal(tmp_path):
    workspace = Workspace(tmp_path)
    write_photo(workspace.archive / "a.jpg", data.rocket()[::4, ::4] / 255)
    (workspace.archive / "\x1b[31mred\nreel.mp4").write_bytes(b"")
    said = workspace.run("-n").said
    assert "Cannot be read: \\x1b[31mred\\nreel.mp4: The file is empty." in said
    assert "\x1b" not in said


def test_any_name_works(tmp_path):
    workspace = Workspace(tmp_path)
    write_photo(workspace.archive / "a.jpg", data.rocket()[::4, ::4] / 255)
    picture = (workspace.archive / "a.jpg").read_bytes()
    names = [*NAMES, "\u00e9.jpg", "e\u0301.jpg", "A.JPG", os.fsdecode(b"\xff\xfe.jpg")]
    for name in names:
        (workspace.archive / name).write_bytes(picture)
    workspace.run()
    rows = workspace.rows()
    assert {source for source, row in rows.items() if row["status"] == "coloured"} == {
        *names,
        "a.jpg",
    }
    results = [workspace.results / row["result"] for row in rows.values()]
    assert len(set(results)) == len(names) + 1 and all(path.is_file() for path in results)
    workspace.run()
    assert workspace.jobs == set()
