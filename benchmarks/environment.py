"""The environment in which jobs run when the launcher starts them."""

import os
import sys
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[1]


def job_environment(path: Path = REPOSITORY) -> dict[str, str]:
    """Variables for a job's Python, with ``path`` for its modules; compiled ones are kept.

    Otherwise every job would compile all that it loads, which is not what is measured.
    """
    kept = {name: text for name, text in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "PYTHONPYCACHEPREFIX": os.path.join(sys.prefix, "bytecode"),
        "PYTHONPATH": str(path),
        "OPENBLAS_NUM_THREADS": "1",
    }
