"""A table of overrides, as a person uses it: told, and only what it touches is done again."""

from autochrome.archive import read_manifest


def table(workspace, *lines):
    path = workspace.folder / "mine.tsv"
    path.write_text("".join(line.replace("|", "\t") + "\n" for line in lines))
    return "overrides=mine.tsv"


def test_only_what_a_row_touches_is_done_again(workspace):
    before, rows = workspace.written(), workspace.rows()
    setting = table(workspace, "path|saturation", "box 1/*|0.5", "reel.*|0.5", "nowhere/*|0.1")
    said = workspace.run(setting, AUTOCHROME_CALLER=str(workspace.folder)).said
    assert "nowhere/*, which nothing in the archive matches" in said
    after = workspace.written()
    again = {name for name in before.keys() & after.keys() if before[name] != after[name]}
    assert {name for name in again if name.startswith(("photos", "films"))} == {
        "photos/box 1/astronaut.jpg",
        "photos/box 1/cat, ünïcode {x} $HOME.png",
        "films/reel.mp4",
    }
    assert not any("colour-" in name for name in again)
    assert workspace.rows()["coffee.tif"] == rows["coffee.tif"]
    workspace.run(setting, AUTOCHROME_CALLER=str(workspace.folder))
    assert workspace.jobs == set()


def test_what_is_skipped_leaves_the_results_and_is_counted(workspace):
    setting = table(workspace, "path|skip", "coffee.tif|yes")
    said = workspace.run(setting, AUTOCHROME_CALLER=str(workspace.folder)).said
    assert "skipped by the table of overrides: 1" in said
    assert not (workspace.results / "photos/coffee.tif").exists()
    assert len(read_manifest(workspace.results / "manifest.tsv")) == 3


def test_a_mistake_in_the_table_stops_the_run_with_its_line(workspace):
    setting = table(workspace, "path|saturation", "*|lots")
    said = workspace.run(setting, status=1, AUTOCHROME_CALLER=str(workspace.folder)).said
    assert "line 2: saturation: 'lots' is not possible. Allowed: a number from 0 to 2." in said
