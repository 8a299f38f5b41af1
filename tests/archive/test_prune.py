"""Pruning: only known results of vanished sources go, to the trash, and never too many at once."""

import hashlib
import shutil

import pytest

from autochrome.archive import failed_row, known_before, prune, write_json, write_manifest


@pytest.fixture
def results(tmp_path):
    return tmp_path / "results"


def make_results(results, names):
    return [make_result(results, name) for name in names]


def make_result(results, name):
    file = results / "photos" / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(name)
    sha256 = hashlib.sha256(name.encode()).hexdigest()
    told = {"status": "coloured", "result": f"photos/{name}", "result_sha256": sha256}
    return failed_row("photo", name, 1, "", "") | told | {"key": sha256}


def run(results, rows, confirmed=False, walk_had_errors=False):
    """One run's end: prune, then the manifest."""
    outcome = prune(results, rows, known_before(results), confirmed, walk_had_errors)
    write_manifest(rows, results)
    return outcome


def files_below(folder):
    return sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())


def test_the_result_of_a_vanished_source_goes_to_the_trash(results):
    rows = make_results(results, ["a.jpg", "b/c.jpg"])
    run(results, rows)
    outcome = run(results, rows[:1])
    assert outcome.pruned == ("photos/b/c.jpg",)
    assert files_below(results / "photos") == ["a.jpg"]
    assert (results / "trash/1/photos/b/c.jpg").read_text() == "b/c.jpg"


def test_emptied_folders_are_removed_and_others_stay(results):
    rows = make_results(results, ["a/b/c.jpg", "a/d.jpg"])
    run(results, rows)
    run(results, rows[1:])
    assert not (results / "photos/a/b").exists() and (results / "photos/a/d.jpg").exists()


def test_files_that_no_record_names_are_never_touched(results):
    rows = make_results(results, ["a.jpg", "b.jpg"])
    (results / "photos/mine.txt").write_text("my own")
    run(results, rows)
    run(results, [])
    assert files_below(results / "photos") == ["mine.txt"]


def test_the_trash_is_emptied_at_the_next_run(results):
    rows = make_results(results, ["a.jpg", "b.jpg"])
    run(results, rows)
    run(results, rows[:1])
    run(results, rows[:1])
    assert not (results / "trash").exists()


def test_the_trash_stays_when_the_walk_had_errors(results):
    rows = make_results(results, ["a.jpg", "b.jpg", "c.jpg"])
    run(results, rows)
    run(results, rows[:2])
    run(results, rows[:1], walk_had_errors=True)
    assert files_below(results / "trash") == ["1/photos/c.jpg"]


def test_nothing_is_pruned_when_the_walk_had_errors(results):
    rows = make_results(results, ["a.jpg", "b.jpg"])
    run(results, rows)
    outcome = run(results, rows[:1], walk_had_errors=True)
    assert outcome.pruned == () and outcome.held == 1 and outcome.reason and outcome.remedy
    assert (results / "photos/b.jpg").exists()


def test_half_of_the_archive_gone_prunes_nothing_and_says_how_to_confirm(results):
    rows = make_results(results, [f"{n}.jpg" for n in range(50)])
    run(results, rows)
    outcome = run(results, rows[:25])
    assert outcome.held == 25 and "--config prune=confirm" in outcome.remedy
    assert len(files_below(results / "photos")) == 50


def test_what_was_held_back_is_pruned_once_confirmed(results):
    rows = make_results(results, [f"{n}.jpg" for n in range(50)])
    run(results, rows)
    run(results, rows[:25])
    run(results, rows[:25])
    outcome = run(results, rows[:25], confirmed=True)
    assert len(outcome.pruned) == 25 and len(files_below(results / "photos")) == 25
    assert not (results / "state/unpruned.json").exists()


def test_what_was_held_back_and_came_back_is_kept(results):
    rows = make_results(results, [f"{n}.jpg" for n in range(50)])
    run(results, rows)
    run(results, rows[:25])
    assert run(results, rows).held == 0
    assert len(files_below(results / "photos")) == 50
    assert not (results / "state/unpruned.json").exists()


def test_a_renamed_folder_is_no_loss_however_many_results_it_holds(results):
    rows = make_results(results, [f"old/{n}.jpg" for n in range(50)])
    run(results, rows)
    renamed = []
    for row in rows:
        name = row["source"].replace("old", "new")
        make_result(results, name)
        renamed.append(row | {"source": name, "result": f"photos/{name}"})
    assert len(run(results, renamed).pruned) == 50
    assert not (results / "photos/old").exists()


def test_sources_that_can_no_longer_be_read_count_as_a_loss(results):
    rows = make_results(results, [f"{n}.jpg" for n in range(30)])
    run(results, rows)
    failed = [failed_row("photo", row["source"], 1, "No permission.", "Give it.") for row in rows]
    assert run(results, failed).held == 30


def test_a_result_that_a_person_changed_is_kept_for_good(results):
    rows = make_results(results, ["a.jpg", "b.jpg"])
    run(results, rows)
    (results / "photos/b.jpg").write_text("retouched by hand")
    outcome = run(results, rows[:1])
    run(results, rows[:1])
    assert outcome.changed == ("photos/b.jpg",)
    assert (results / "trash/changed/photos/b.jpg").read_text() == "retouched by hand"


def test_a_result_that_only_the_planner_knew_of_is_pruned(results):
    kept, gone = make_results(results, ["a.jpg", "b.jpg"])
    write_json(results / "state/gone.json", {gone["key"]: gone})
    assert run(results, [kept]).pruned == ("photos/b.jpg",)
    assert not (results / "state/gone.json").exists()


def test_a_killed_prune_is_completed_by_the_next_run(results, monkeypatch):
    rows = make_results(results, ["a.jpg", "b.jpg", "c.jpg"])
    run(results, rows)
    moves = iter([shutil.move])
    monkeypatch.setattr(shutil, "move", lambda *paths: next(moves)(*paths))
    with pytest.raises(StopIteration):
        run(results, rows[:1])
    monkeypatch.undo()
    run(results, rows[:1])
    assert files_below(results / "photos") == ["a.jpg"]
    assert files_below(results / "trash") == ["1/photos/b.jpg", "1/photos/c.jpg"]


def test_the_trash_of_a_run_that_was_killed_before_its_manifest_is_kept(results):
    rows = make_results(results, ["a.jpg", "b.jpg"])
    run(results, rows)
    prune(results, rows[:1], known_before(results), False, False)
    run(results, rows[:1])
    assert files_below(results / "trash") == ["1/photos/b.jpg"]


def test_a_manifest_edited_by_hand_does_not_lead_out_of_the_results(results, tmp_path):
    rows = make_results(results, ["a.jpg"])
    outside = tmp_path / "outside.jpg"
    outside.write_text("precious")
    run(results, rows)
    previous = [
        rows[0] | {"result": name}
        for name in ("photos/../../outside.jpg", str(outside), "manifest.tsv")
    ]
    assert prune(results, rows, previous, True, False).pruned == ()
    assert outside.exists() and (results / "manifest.tsv").exists()


def test_what_stands_beside_a_film_goes_with_it(results):
    rows = make_results(results, ["a.jpg"])
    film = make_result(results, "../films/reel.mp4") | {"result": "films/reel.mp4"}
    sound = results / "films/reel.mp4.mka"
    sound.write_text("sound")
    film["checks"] = {"files_beside": {"films/reel.mp4.mka": hashlib.sha256(b"sound").hexdigest()}}
    run(results, [*rows, film])
    assert "films/reel.mp4.mka" in (results / "SHA256SUMS").read_text()
    run(results, rows)
    assert not sound.exists()
    assert files_below(results / "trash") == ["1/films/reel.mp4", "1/films/reel.mp4.mka"]
