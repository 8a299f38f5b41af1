"""Snakemake's command line as the launcher calls it.

Snakemake (9.27) names the profile that it uses before any logger plugin is loaded, so that the
calm display cannot hold the line back; this can.
"""

import contextlib
import io
import sys

from snakemake import cli


def parse_args_calmly(argv, parse_args=cli.parse_args):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return parse_args(argv)
    finally:
        for line in said.getvalue().splitlines(keepends=True):
            if not line.startswith("Using workflow specific profile "):
                sys.stderr.write(line)


# Where films are looked at in child processes, those read this file again: only the first acts.
if __name__ == "__main__":
    sys.argv[0] = "snakemake"
    if "--verbose" not in sys.argv:
        cli.parse_args = parse_args_calmly
    cli.main()
