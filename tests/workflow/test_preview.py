"""A preview: seconds of each film and a handful of photographs, beside the results of the whole."""

from autochrome.archive import read_manifest


def test_a_preview_has_results_of_its_own_and_touches_no_others(workspace):
    before, originals = workspace.contents(), workspace.originals()
    said = workspace.run("preview=1").said
    assert "A preview" in said
    assert workspace.contents() == before and workspace.originals() == originals
    folder = workspace.results / "preview"
    rows = {row["source"]: row for row in read_manifest(folder / "manifest.tsv")}
    assert rows.keys() == workspace.rows().keys()
    reel = rows["reel.mp4"]
    assert reel["checks"]["preview"]["seconds"] == 1
    assert reel["frames"] < workspace.rows()["reel.mp4"]["frames"]
    assert (folder / reel["result"]).is_file() and (folder / "report/index.html").is_file()
    workspace.run()
    assert workspace.jobs == set()
