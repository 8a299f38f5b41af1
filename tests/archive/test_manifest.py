"""The manifest: what is written is what is read, and sha256sum agrees."""

import hashlib
import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochrome.archive import failed_row, gather, read_manifest, write_json, write_manifest

AWKWARD = [
    *("a b.jpg", "'quoted\".jpg", "{x}$HOME,.jpg", "-dash.jpg", "tab\tand\nnewline.jpg"),
    *("back\\slash.jpg", "\udcff\udcfe.jpg", "e\u0301.jpg", "\U0001f3a5.jpg", "cr\r.jpg", "NA"),
]


def make_row(source="a.jpg", result="photos/a.jpg", **values):
    row = failed_row("photo", source, 10, "", "") | {
        **{"status": "coloured", "sha256": "1" * 64, "key": "2" * 64, "result": result},
        **{"width": 4, "height": 3, "frames": 1, "model": "compact", "model_sha256": "3" * 64},
        **{"result_sha256": "4" * 64, "result_size": 20, "result_mtime_ns": 5},
        **{"colorfulness": 31.25, "luma_error": 0, "checks": {"tone": "tinted\t\\"}},
    }
    return row | values


def in_manifest(row):
    return {k: v for k, v in row.items() if k not in ("result_size", "result_mtime_ns")}


@pytest.mark.parametrize("name", AWKWARD)
def test_any_name_is_read_back(tmp_path, name):
    rows = [make_row(source=name, result=f"photos/{name}")]
    write_manifest(rows, tmp_path)
    assert read_manifest(tmp_path / "manifest.tsv") == [in_manifest(row) for row in rows]


@given(reason=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_reason_is_read_back(tmp_path_factory, reason):
    folder = tmp_path_factory.mktemp("reason")
    row = failed_row("film", "a.mp4", None, reason, "Repair it.")
    write_manifest([row], folder)
    assert read_manifest(folder / "manifest.tsv") == [in_manifest(row)]


def test_numbers_keep_their_kind(tmp_path):
    write_manifest([make_row(luma_error=0.1), make_row(luma_error=1, width=None)], tmp_path)
    first, second = read_manifest(tmp_path / "manifest.tsv")
    assert (first["luma_error"], second["luma_error"]) == (0.1, 1)
    assert isinstance(second["luma_error"], int) and second["width"] is None


def test_no_times_and_no_sizes_of_results_decide_the_bytes(tmp_path):
    write_manifest([make_row()], tmp_path / "one")
    write_manifest([make_row(result_size=99, result_mtime_ns=77)], tmp_path / "two")
    for name in ("manifest.tsv", "SHA256SUMS"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_a_manifest_without_items_is_read_back(tmp_path):
    write_manifest([], tmp_path)
    assert read_manifest(tmp_path / "manifest.tsv") == []


def test_what_is_no_manifest_is_refused(tmp_path):
    (tmp_path / "manifest.tsv").write_text("some\tother\ttable\n1\t2\t3\n")
    with pytest.raises((KeyError, ValueError)):
        read_manifest(tmp_path / "manifest.tsv")


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="no sha256sum here")
def test_sha256sum_agrees_for_awkward_names(tmp_path):
    rows = []
    # Before coreutils 9, sha256sum did not know the escape of a carriage return.
    for name in [name for name in AWKWARD if "\r" not in name]:
        file = tmp_path / "photos" / name
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(name.encode("utf-8", "surrogateescape"))
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        rows.append(make_row(result=f"photos/{name}", result_sha256=sha256))
    write_manifest(rows, tmp_path)
    subprocess.run(
        ["sha256sum", "--check", "--strict", "--quiet", "SHA256SUMS"], cwd=tmp_path, check=True
    )


def test_items_without_a_result_have_no_checksum(tmp_path):
    write_manifest([failed_row("photo", "a.jpg", 1, "Torn.", "Repair it.")], tmp_path)
    assert (tmp_path / "SHA256SUMS").read_bytes() == b""


def test_rows_are_gathered_sorted_with_the_faults_of_the_plan(tmp_path):
    write_json(tmp_path / "x1.json", {"plan": "p", "rows": [make_row("c.jpg"), make_row("a.jpg")]})
    write_json(tmp_path / "join.json", {"plan": "p", "rows": [make_row("b.mp4", kind="film")]})
    fault = {"kind": "film", "source": "aa.avi", "size": 3, "reason": "No.", "remedy": "Do."}
    rows = gather([tmp_path / "x1.json", tmp_path / "join.json"], [fault])
    assert [row["source"] for row in rows] == ["a.jpg", "aa.avi", "b.mp4", "c.jpg"]
    assert rows[1].keys() == rows[0].keys() and rows[1]["status"] == "failed"
