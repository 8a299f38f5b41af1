"""Snakemake's command line as the launcher calls it.

Snakemake (9.27) names the profile that it uses before any logger plugin is loaded, so that the
calm display cannot hold the line back; this can. And until it has read the Snakefile, it answers
Ctrl-C with a traceback.
"""

import contextlib
import gc
import io
import os
import signal
import sys
import threading


def end_early(*_):
    import psutil

    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.kill()
    sys.stderr.write("Stopped on request. The same command goes on from here.\n")
    sys.stderr.flush()
    # What is at work here may answer to its sudden end with tracebacks, which mean nothing.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
    sys.exit(1)


if __name__ == "__main__":
    # Snakemake takes a second or two to load.
    signal.signal(signal.SIGINT, end_early)
    signal.signal(signal.SIGTERM, end_early)

from snakemake import cli  # noqa: E402  (after the handlers)


def parse_args_calmly(argv, parse_args=cli.parse_args):
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said):
            return parse_args(argv)
    finally:
        for line in said.getvalue().splitlines(keepends=True):
            if not line.startswith("Using workflow specific profile "):
                sys.stderr.write(line)


if __name__ == "__main__":
    sys.argv[0] = "snakemake"
    if "--verbose" not in sys.argv:
        cli.parse_args = parse_args_calmly
    try:
        cli.main()
    finally:
        # All is done and said. Python would look through all objects once more, and wait for the
        # timers that Snakemake starts, one of a second with each job.
        gc.freeze()
        for thread in threading.enumerate():
            if isinstance(thread, threading.Timer):
                thread.cancel()
