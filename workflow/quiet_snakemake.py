"""Snakemake's command line, without the line in which it names the profile that it uses.

That line is printed before any logger plugin is loaded, so the calm display cannot hold it back.
"""

import contextlib
import io
import sys

from snakemake import cli

_parse_args = cli.parse_args


def parse_args(argv):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return _parse_args(argv)
    finally:
        for line in said.getvalue().splitlines(keepends=True):
            if not line.startswith("Using workflow specific profile "):
                sys.stderr.write(line)


cli.parse_args = parse_args
sys.argv[0] = "snakemake"
cli.main()
