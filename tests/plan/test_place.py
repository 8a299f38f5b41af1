"""A results folder is one archive's alone, and no result takes the place of a person's file."""

import pytest

from autochrome.archive import RESULTS_MARK
from autochrome.errors import ArchiveError
from autochrome.plan.place import open_results


@pytest.fixture
def archive(tmp_path):
    folder = tmp_path / "family" / "photos"
    folder.mkdir(parents=True)
    (folder / "a.jpg").write_bytes(b"original")
    return folder


@pytest.mark.parametrize("place", ["results", "photos/results", "photos/a/b"])
def test_results_may_lie_beside_the_archive_and_inside_it(archive, place):
    results = archive.parent / place
    for _ in range(2):
        open_results(archive, results)
        (results / "photos").mkdir(exist_ok=True)
    assert (results / RESULTS_MARK).is_file()


@pytest.mark.parametrize("place", ["photos", ".", "..", "photos/../photos"])
def test_an_archive_in_its_own_results_is_refused(archive, place):
    results = archive.parent / place
    with pytest.raises(ArchiveError, match="take the place of originals.*Choose another"):
        open_results(archive, results)
    assert not (results / RESULTS_MARK).exists()


def test_an_archive_in_its_own_results_is_seen_through_links(archive, tmp_path):
    (tmp_path / "to family").symlink_to("family")
    (tmp_path / "to archive").symlink_to("family/photos")
    for named in (archive, tmp_path / "to archive", tmp_path / "to family" / "photos"):
        with pytest.raises(ArchiveError, match="lies in the results folder"):
            open_results(named, tmp_path / "to family")


@pytest.mark.parametrize("name", ["photos", "films", "frames"])
def test_a_persons_own_folder_of_that_name_is_refused(archive, tmp_path, name):
    results = tmp_path / "pictures"
    (results / name).mkdir(parents=True)
    with pytest.raises(ArchiveError, match=f"{name} already that Autochrome did not make"):
        open_results(archive, results)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"archive": '])
def test_a_damaged_mark_is_named_with_the_remedy(archive, tmp_path, text):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / RESULTS_MARK).write_text(text)
    with pytest.raises(ArchiveError, match="it is damaged. Delete it if"):
        open_results(archive, tmp_path / "results")


@pytest.mark.parametrize("leads_to", ["family", "family/photos", "family/photos/1931"])
def test_a_link_from_the_results_into_the_archive_is_refused(archive, tmp_path, leads_to):
    (archive / "1931").mkdir()
    results = tmp_path / "results"
    open_results(archive, results)
    (results / "films").symlink_to(tmp_path / leads_to)
    with pytest.raises(ArchiveError, match="films leads into the archive"):
        open_results(archive, results)


def test_results_on_another_disk_by_a_link_are_allowed(archive, tmp_path):
    results = tmp_path / "results"
    open_results(archive, results)
    (tmp_path / "disk").mkdir()
    (results / "photos").symlink_to(tmp_path / "disk")
    open_results(archive, results)


def test_results_of_another_archive_are_refused_until_the_mark_is_deleted(archive, tmp_path):
    results = tmp_path / "results"
    open_results(archive, results)
    (results / "state").mkdir()
    (results / "photos").mkdir()
    moved = archive.rename(tmp_path / "moved")
    with pytest.raises(ArchiveError, match="another archive.*delete .*autochrome.json"):
        open_results(moved, results)
    (results / RESULTS_MARK).unlink()
    open_results(moved, results)
