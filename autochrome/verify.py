"""./colorize verify RESULTS: are originals and results still what they were?"""

import argparse
import sys
from pathlib import Path

from .archive import MANIFEST, read_manifest, verify_results
from .credentials import FORMS, SIGNED, fault_of
from .errors import AutochromeError, ConfigError


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="colorize verify",
        description="Hash every original and every result again, and compare with the manifest.",
    )
    parser.add_argument("results", type=Path, help="the results folder")
    parser.add_argument("--archive", type=Path, help="where the originals lie now, if they moved")
    return parser


def check_credentials(results: Path) -> tuple[int, list[str]]:
    """How many results are signed, and a sentence for every one whose credentials do not hold.

    Raises ConfigError where there are signed results, and no library to look at them.
    """
    signed, faults = 0, []
    for row in read_manifest(results / MANIFEST):
        path = results / row["result"]
        if row["checks"].get("credentials") == SIGNED and path.is_file():
            signed += 1
            fault = fault_of(path, FORMS[path.suffix.lower()])
            if fault is not None:
                faults.append(f"The content credentials of {row['result']!r}: {fault}.")
    return signed, faults


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
    try:
        signed, broken = check_credentials(asked.results)
    except ConfigError as error:
        signed, broken = 0, []
        print(f"The results' content credentials were not looked at. {error}", file=sys.stderr)
    faults = [*outcome.faults, *broken]
    for fault in faults:
        print(fault)
    counted = f"{outcome.originals:,} originals and {outcome.results:,} files of results"
    if faults:
        print(f"Compared {counted}: {len(faults):,} not as they were.")
        return 1
    print(f"Compared {counted}: every byte is as it was.")
    if signed:
        print(f"The content credentials of {signed:,} results hold.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
