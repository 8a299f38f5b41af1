"""How busy a run keeps the cores: on an idle machine, over an archive with photographs and films.

    python -m benchmarks.busy ARCHIVE RESULTS [CORES]

RESULTS must not exist. Prints the CPU seconds of all processes as a share of cores × seconds on
the clock, for the whole run with its planning, manifest and report.
"""

import sys
from pathlib import Path

from .scale import run


def main() -> None:
    archive, results = (Path(name).resolve() for name in sys.argv[1:3])
    cores = int(sys.argv[3]) if len(sys.argv) > 3 else 2
    if results.exists():
        sys.exit(f"{results} exists: the run would find work done already.")
    cost = run(archive, results, "--cores", str(cores))
    print(f"{cost}, {100 * cost.cpu / (cores * cost.clock):.0f} % of {cores} cores")


if __name__ == "__main__":
    main()
