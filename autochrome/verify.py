"""./colorize verify RESULTS: are originals and results still what they were?"""

import argparse
import sys
from pathlib import Path

from .archive import verify_results
from .errors import AutochromeError


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="colorize verify",
        description="Hash every original and every result again, and compare with the manifest.",
    )
    parser.add_argument("results", type=Path, help="the results folder")
    parser.add_argument("--archive", type=Path, help="where the originals lie now, if they moved")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Say what changed; the exit status is 0 if nothing did, 1 if something, 2 for a mistake."""
    asked = options().parse_args(arguments)
    try:
        outcome = verify_results(
            asked.results, asked.archive, lambda line: print(line, file=sys.stderr)
        )
    except AutochromeError as error:
        print(error, file=sys.stderr)
        return 2
    for fault in outcome.faults:
        print(fault)
    counted = f"{outcome.originals:,} originals and {outcome.results:,} files of results"
    if outcome.faults:
        print(f"Compared {counted}: {len(outcome.faults):,} not as they were.")
        return 1
    print(f"Compared {counted}: every byte is as it was.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
