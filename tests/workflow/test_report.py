"""Snakemake's own report of a run that is done."""

import zipfile


def test_snakemake_makes_its_report_and_touches_nothing(workspace):
    before, originals = workspace.contents(), workspace.originals()
    target = workspace.folder / "snakemake.zip"
    workspace.run(f"--report={target}")
    assert workspace.jobs == set()
    assert workspace.contents() == before and workspace.originals() == originals
    with zipfile.ZipFile(target) as pages:
        (page,) = [name for name in pages.namelist() if name.endswith("/overview.html")]
        assert pages.read(page) == before["report/overview.html"]
