"""What the jobs of all runs took, for the page of the run.

Times are no part of the report's own files, which are the same bytes for the same archive: they
go to ``logs/timings.js``, and the page loads them from there.
"""

import json
from pathlib import Path

import pandas as pd

from ..archive import write_atomic
from ..joblog import TIMINGS

SCRIPT = TIMINGS.with_suffix(".js")


def write_timings(results: Path) -> None:
    """Write logs/timings.js: jobs and seconds by stage, over all runs so far."""
    try:
        table = pd.read_csv(results / TIMINGS, sep="\t", on_bad_lines="skip")
    except (FileNotFoundError, pd.errors.EmptyDataError):
        table = pd.DataFrame(columns=["rule", "item", "seconds"])
    # A line may be torn by a full disk.
    table["seconds"] = pd.to_numeric(table["seconds"], errors="coerce")
    table = table.dropna(subset=["seconds"])
    stages = table.groupby("rule", sort=False)["seconds"].agg(["count", "sum"])
    rows = [
        {"rule": rule, "jobs": int(row["count"]), "seconds": round(float(row["sum"]), 1)}
        for rule, row in stages.iterrows()
    ]
    write_atomic(results / SCRIPT, f"window.autochromeTimings={json.dumps(rows)};\n")
