"""Small files are whole or absent, and any text survives JSON and TSV."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochrome.archive import (
    escape_tsv,
    name_of_copy,
    read_json,
    remove_leftovers,
    set_back_to_now,
    temporary_beside,
    unescape_tsv,
    write_atomic,
    write_json,
    write_json_if_changed,
)

MANY = settings(max_examples=300)

# What os.fsdecode can give: text, with lone surrogates for the bytes that are not UTF-8.
PATHS = st.binary().map(os.fsdecode) | st.text(st.sampled_from('\\x\t\n\rtnr0aé😀"{},\udc80\udcff'))


@MANY
@given(st.text() | PATHS)
def test_a_tsv_cell_gives_back_its_text(text):
    assert unescape_tsv(escape_tsv(text)) == text


@MANY
@given(PATHS)
def test_a_tsv_cell_is_one_cell_in_valid_utf8(text):
    cell = escape_tsv(text)
    assert not set(cell) & set("\t\n\r")
    cell.encode("utf-8")


@MANY
@given(PATHS, PATHS)
def test_different_texts_have_different_cells(one, other):
    assert (one == other) == (escape_tsv(one) == escape_tsv(other))


@settings(max_examples=50)
@given(PATHS)
def test_json_on_disk_keeps_any_path(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "any.json"
    write_json(path, {text: [text]})
    assert read_json(path) == {text: [text]}


def test_a_failed_write_leaves_the_old_content_and_no_part(tmp_path, monkeypatch):
    path = tmp_path / "state.json"
    write_atomic(path, "old")

    def full(_):
        raise OSError("no space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="no space"):
        write_atomic(path, "new")
    assert path.read_text() == "old"
    assert os.listdir(tmp_path) == ["state.json"]


def test_a_write_makes_the_folders_it_needs(tmp_path):
    write_atomic(tmp_path / "a/b/c.txt", b"x")
    assert (tmp_path / "a/b/c.txt").read_bytes() == b"x"


def test_a_temporary_file_is_known_for_one_and_keeps_the_suffix(tmp_path):
    part = temporary_beside(tmp_path / "picture.jpg")
    assert part.parent == tmp_path
    assert part.name.startswith(".part-") and part.suffix == ".jpg"


def test_a_written_file_has_the_permissions_that_the_user_asks_for(tmp_path):
    mask = os.umask(0o027)
    try:
        write_atomic(tmp_path / "file", "x")
    finally:
        os.umask(mask)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o640


def test_equal_content_is_not_written_again(tmp_path):
    path = tmp_path / "plan.json"
    assert write_json_if_changed(path, {"a": 1, "b": 2})
    before = path.stat()
    assert not write_json_if_changed(path, {"b": 2, "a": 1})
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino


def test_other_content_is_written(tmp_path):
    path = tmp_path / "plan.json"
    write_json(path, {"a": 1})
    assert write_json_if_changed(path, {"a": 2})
    assert read_json(path) == {"a": 2}


def test_only_files_of_the_future_get_another_time(tmp_path):
    paths = [tmp_path / "plan" / name for name in ("past.json", "a/future.json")]
    for path, time in zip(paths, (1_000_000_000, 4_000_000_000), strict=True):
        write_json(path, 1)
        os.utime(path, (time, time))
    write_json(tmp_path / "now", 1)
    set_back_to_now([tmp_path / "plan", tmp_path / "none"])
    assert paths[0].stat().st_mtime == 1_000_000_000
    assert paths[1].stat().st_mtime == pytest.approx((tmp_path / "now").stat().st_mtime, abs=600)


@pytest.mark.parametrize(
    ("source", "result", "copy"),
    [
        ("a.jpg", "photos/a.jpg", "photos/a.jpg"),
        ("a.JPG", "photos/a~1f5e90.JPG", "photos/a~1f5e90.JPG"),
        ("a.b/c.heic", "photos/a.b/c.heic.png", "photos/a.b/c.heic"),
        ("c.heic", "photos/c.heic~1f5e90.png", "photos/c.heic~1f5e90.heic"),
        ("is a jpeg.png", "photos/is a jpeg.png.jpg", "photos/is a jpeg.png"),
        ("scan", "photos/scan.tif", "photos/scan"),
        ("a.avi", "films/a.avi.mp4", "films/a.avi"),
    ],
)
def test_a_copy_has_the_suffix_of_its_source(source, result, copy):
    assert name_of_copy(source, result) == copy


def test_leftovers_go_from_these_folders_and_not_from_where_links_lead(tmp_path):
    results, disk, other = (tmp_path / name for name in ("results", "disk", "other"))
    for folder in (results, disk, other):
        folder.mkdir()
        temporary_beside(folder / "box/a.jpg")
    (results / "photos").symlink_to(disk)
    (results / "mine").symlink_to(other)
    remove_leftovers((results, results / "photos", results / "films"))
    left = [path for path in tmp_path.rglob(".part-*") if path.is_file()]
    assert [path.parents[1] for path in left] == [other]


def test_a_file_that_holds_no_text_is_written_anew(tmp_path):
    (tmp_path / "plan.json").write_bytes(b"\xff\xfe\0")
    assert write_json_if_changed(tmp_path / "plan.json", {})
    assert read_json(tmp_path / "plan.json") == {}
