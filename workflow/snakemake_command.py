"""Snakemake's command line as the launcher calls it: with two of its habits mended (9.27).

It names the profile that it uses before any logger plugin is loaded, so that the calm display
cannot hold the line back; and it hands the path of its Python to the shell unquoted, so that no
script of a clone below a name with spaces would start.
"""

import contextlib
import io
import shlex
import sys

from snakemake import cli, script


def parse_args_calmly(argv, parse_args=cli.parse_args):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return parse_args(argv)
    finally:
        for line in said.getvalue().splitlines(keepends=True):
            if not line.startswith("Using workflow specific profile "):
                sys.stderr.write(line)


def execute_quoted(self, cmd, execute=script.PythonScript._execute_cmd, **names):
    if "py_exec" in names:
        names["py_exec"] = shlex.quote(names["py_exec"])
    return execute(self, cmd, **names)


# Where films are looked at in child processes, those read this file again: only the first acts.
if __name__ == "__main__":
    sys.argv[0] = "snakemake"
    script.PythonScript._execute_cmd = execute_quoted
    if "--verbose" not in sys.argv:
        cli.parse_args = parse_args_calmly
    cli.main()
