"""The journal after crashes, and what counts as an intact result."""

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from autochrome.archive import Journal, is_intact, sha256_file, stamp

RECORDS = st.lists(
    st.fixed_dictionaries({"key": st.sampled_from("abcd"), "path": st.text(max_size=8)}), max_size=8
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "state/photos/3f.jsonl"


def test_a_journal_that_does_not_exist_is_empty(path):
    assert Journal(path).find("a") is None
    assert Journal(path).records() == []


def test_a_record_is_found_by_its_key_in_a_new_process(path):
    Journal(path).append({"key": "a", "path": "x\n\udc80"})
    assert Journal(path).find("a") == {"key": "a", "path": "x\n\udc80"}


def test_the_last_record_with_a_key_counts(path):
    journal = Journal(path)
    journal.append({"key": "a", "path": "old"})
    journal.append({"key": "a", "path": "new"})
    assert Journal(path).find("a")["path"] == "new"


@settings(max_examples=60)
@given(RECORDS, st.integers(1, 200))
def test_a_torn_last_line_costs_that_record_only(tmp_path_factory, records, torn):
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    journal = Journal(path)
    for record in records:
        journal.append(record)
    whole = path.read_bytes() if records else b""
    journal.append({"key": "last", "path": "y" * 200})
    with open(path, "r+b") as file:
        file.truncate(len(whole) + torn)
    again = Journal(path)
    assert again.records() == list({record["key"]: record for record in records}.values())
    assert again.find("last") is None


def test_a_record_appended_after_a_torn_line_is_kept(path):
    Journal(path).append({"key": "a"})
    with open(path, "ab") as file:
        file.write(b'{"key":"b","pa')
    Journal(path).append({"key": "c"})
    assert [record["key"] for record in Journal(path).records()] == ["a", "c"]


@pytest.mark.parametrize("line", [b"[1]", b'"a"', b"{}", b'{"key":3}', b"\xff\xfe", b"\0\0\0"])
def test_a_line_that_is_no_record_is_passed_over(path, line):
    Journal(path).append({"key": "a"})
    with open(path, "ab") as file:
        file.write(line + b"\n")
    assert [record["key"] for record in Journal(path).records()] == ["a"]


def test_redo_forgets_a_record_until_it_is_made_again(path):
    journal = Journal(path)
    journal.append({"key": "a", "path": "old"})
    journal.redo("a")
    assert journal.find("a") is Journal(path).find("a") is None
    assert Journal(path).records() == []
    journal.append({"key": "a", "path": "new"})
    assert Journal(path).find("a")["path"] == "new"


def test_two_journals_open_on_one_file_both_keep_their_records(path):
    one, other = Journal(path), Journal(path)
    one.append({"key": "a"})
    other.append({"key": "b"})
    one.append({"key": "c"})
    assert [record["key"] for record in Journal(path).records()] == ["a", "b", "c"]


@pytest.fixture
def result(tmp_path):
    """A result and the journal's record of it."""
    path = tmp_path / "result.jpg"
    path.write_bytes(b"colour")
    return path, {"sha256": sha256_file(path), **stamp(path)}


def test_an_untouched_result_is_intact(result):
    assert is_intact(*result)


def test_a_touched_result_with_the_same_bytes_is_intact(result):
    os.utime(result[0], ns=(1, 1))
    assert is_intact(*result)


def test_a_result_with_other_bytes_of_the_same_size_is_not_intact(result):
    result[0].write_bytes(b"scribb")
    os.utime(result[0], ns=(1, 1))
    assert not is_intact(*result)


def test_a_result_of_another_size_is_not_intact(result):
    result[0].write_bytes(b"colour and more")
    assert not is_intact(*result)


def test_a_missing_result_is_not_intact(result):
    result[0].unlink()
    assert not is_intact(*result)
