"""Only what changed is done again, and nothing is ever coloured twice for nothing."""

import os
import shutil

import pytest

from tests.workflow.conftest import Workspace


def touch(path):
    os.utime(path, ns=(1, 1))


def film_jobs(jobs, stage):
    return {name for name in jobs if name.startswith("films/") and f"/{stage}" in name}


def test_nothing_changed_nothing_runs(workspace):
    process = workspace.run()
    assert workspace.jobs == set()
    assert "Everything is done already." in process.said


def test_an_archive_that_is_named_by_a_link_is_not_even_read_again(workspace):
    link = workspace.folder / "link"
    link.symlink_to("archive")
    process = workspace.run(AUTOCHROME_ARCHIVE=str(link))
    assert workspace.jobs == set()
    assert "Everything is done already." in process.said


def test_the_same_bytes_with_another_time_are_not_coloured_again(workspace):
    written, lines = workspace.written(), workspace.journal_lines("films")
    touch(workspace.archive / "coffee.tif")
    touch(workspace.archive / "reel.mp4")
    workspace.run()
    assert workspace.written() == written
    assert workspace.journal_lines("films") == lines


def test_a_changed_photograph_is_coloured_alone(workspace):
    written = workspace.written()
    shutil.copy(
        workspace.archive / "box 1/cat, ünïcode {x} $HOME.png", workspace.archive / "coffee.tif"
    )
    workspace.run()
    again = {name for name, time in workspace.written().items() if written.get(name) != time}
    assert again == {"photos/coffee.tif.png"}
    assert not (workspace.results / "photos/coffee.tif").exists()
    assert film_jobs(workspace.jobs, "") == set()


def test_an_added_photograph_is_coloured_alone(workspace):
    written = workspace.written()
    shutil.copy(workspace.archive / "coffee.tif", workspace.archive / "new.tif")
    workspace.run()
    again = {name for name, time in workspace.written().items() if written.get(name) != time}
    assert again == {"photos/new.tif"}
    assert workspace.rows()["new.tif"]["status"] == "coloured"


def test_a_removed_photographs_result_goes_to_the_trash(workspace):
    (workspace.archive / "coffee.tif").unlink()
    workspace.run()
    assert "coffee.tif" not in workspace.rows()
    assert not (workspace.results / "photos/coffee.tif").exists()
    assert len(list((workspace.results / "trash").glob("**/coffee.tif"))) == 1
    workspace.run()
    assert workspace.jobs == set()


def test_a_renamed_photograph_is_not_coloured_again(workspace):
    before = (workspace.results / "photos/coffee.tif").read_bytes()
    (workspace.archive / "coffee.tif").rename(workspace.archive / "Kaffee.tif")
    workspace.run("model=compact")
    assert (workspace.results / "photos/Kaffee.tif").read_bytes() == before
    assert not (workspace.results / "photos/coffee.tif").exists()
    log = "".join(p.read_text() for p in (workspace.results / "logs/photos").glob("*.log"))
    assert "coloured" not in log


def test_a_renamed_film_is_not_coloured_again(workspace):
    def made():
        return {n.rpartition("/")[2]: t for n, t in workspace.written().items() if "state/" in n}

    result, before = (workspace.results / "films/reel.mp4").read_bytes(), made()
    (workspace.archive / "reel.mp4").rename(workspace.archive / "Spule.mp4")
    workspace.run()
    assert (workspace.results / "films/Spule.mp4").read_bytes() == result
    assert not (workspace.results / "films/reel.mp4").exists()
    assert made() == before
    assert len(list((workspace.results / "state/films").glob("*.jsonl"))) == 1
    workspace.run("films={chunk_seconds: 1, effort: ultrafast, crf: 30}")
    assert (workspace.results / "films/Spule.mp4").read_bytes() != result
    assert made() == before


@pytest.mark.parametrize("name", ["photos/coffee.tif", "films/reel.mp4"])
@pytest.mark.parametrize("how", ["deleted", "overwritten"])
def test_a_result_that_was_touched_is_made_again_alone(workspace, name, how):
    written, contents = workspace.written(), workspace.contents()
    path = workspace.results / name
    if how == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"scribble")
    workspace.run()
    again = {n for n, time in workspace.written().items() if written.get(n) != time}
    assert {n for n in again if not n.startswith("state")} == {name}
    assert workspace.contents() == contents


def test_other_encoder_settings_do_not_run_the_network(workspace):
    chroma = {n: t for n, t in workspace.written().items() if n.startswith("state/films")}
    workspace.run("films={chunk_seconds: 1, effort: ultrafast, crf: 30}")
    assert film_jobs(workspace.jobs, "encode") and film_jobs(workspace.jobs, "join")
    assert not film_jobs(workspace.jobs, "colour") and not film_jobs(workspace.jobs, "index")
    assert {n: t for n, t in workspace.written().items() if n.startswith("state/films")} == chroma


def test_another_saturation_does_not_run_the_network_over_films(workspace):
    before = workspace.rows()
    workspace.run("saturation=0.5")
    assert not film_jobs(workspace.jobs, "colour")
    for source, row in workspace.rows().items():
        assert row["colorfulness"] < 0.8 * before[source]["colorfulness"]


def test_another_batch_size_colours_nothing_again(workspace):
    written = workspace.written()
    workspace.run("photos={batch_size: 1}")
    assert len([job for job in workspace.jobs if job.startswith("photos/")]) == 3
    assert workspace.written() == written
    workspace.run()
    assert workspace.written() == written


def test_the_loss_of_snakemakes_own_memory_costs_nothing(workspace):
    written = workspace.written()
    shutil.rmtree(workspace.results / ".snakemake")
    workspace.run()
    assert workspace.written() == written
    assert workspace.jobs == set()


def test_one_replaced_film_is_coloured_alone(workspace):
    shutil.copy(workspace.archive / "reel.mp4", workspace.archive / "copy.mp4")
    workspace.run()
    written = workspace.written()
    with (workspace.archive / "copy.mp4").open("ab") as file:
        file.write(bytes(100))
    workspace.run()
    again = {n for n, time in workspace.written().items() if written.get(n) != time}
    films = {n for n in again if n.startswith("films/")}
    assert films == {"films/copy.mp4"} and not [n for n in again if n.startswith("photos/")]


def test_redo_of_a_glob_does_those_again(workspace):
    written = workspace.written()
    workspace.run("redo=*.tif")
    again = {n for n, time in workspace.written().items() if written.get(n) != time}
    assert again == {"photos/coffee.tif"}
    workspace.run()
    assert workspace.jobs == set()


def test_another_archive_is_refused_with_the_remedy(workspace):
    other = workspace.folder / "other"
    shutil.copytree(workspace.archive, other)
    process = workspace.run(AUTOCHROME_ARCHIVE=str(other), status=1)
    assert "are those of another archive" in process.said
    assert "--config output=" in process.said


def test_an_empty_archive_is_told_in_a_sentence_and_nothing_is_lost(workspace):
    written = workspace.written()
    shutil.rmtree(workspace.archive)
    workspace.archive.mkdir()
    process = workspace.run(status=1)
    assert "There is no photograph and no film in" in process.said
    assert workspace.written() == written


def test_a_dry_run_changes_no_result_and_colours_nothing(workspace):
    contents, lines = workspace.contents(), workspace.journal_lines("photos")
    touch(workspace.archive / "coffee.tif")
    process = workspace.run("-n", "redo=*")
    assert "To look at: 3 photographs and 1 film" in process.said
    assert workspace.contents() == contents
    assert workspace.journal_lines("photos") == lines


def test_a_dry_run_before_the_first_leaves_nothing_behind(coloured, tmp_path):
    new = Workspace(tmp_path)
    shutil.copytree(coloured.archive, new.archive)
    process = new.run("-n")
    assert "colour_photos" in process.said
    assert [path.name for path in tmp_path.iterdir()] == ["archive"]
