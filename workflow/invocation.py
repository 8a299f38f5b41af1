"""Snakemake (9.27): what its command line asks for, where its log goes, how it starts a script."""

import contextlib
import logging
import os
import shlex
import shutil
import signal
import sys
from pathlib import Path
from typing import Any, Literal

import psutil
from snakemake import script
from snakemake.cli import get_argument_parser
from snakemake.logging import logger
from snakemake.scheduling.job_scheduler import JobScheduler

# Options of Snakemake with which it reads the Snakefile but runs none of the workflow's jobs.
_LOOKING = (
    *("lint", "list_rules", "list_target_rules", "print_compilation", "containerize", "report"),
    *("generate_unit_tests", "dag", "rulegraph", "filegraph", "d3dag", "unlock"),
    *("cleanup_metadata", "conda_cleanup_envs", "conda_create_envs_only", "list_conda_envs"),
    *("cleanup_shadow", "container_cleanup_images", "list_changes", "list_input_changes"),
    *("list_params_changes", "list_untracked", "summary", "detailed_summary", "archive"),
    *("delete_all_output", "delete_temp_output", "touch"),
)


def purpose(arguments: list[str] | None = None) -> Literal["work", "dry run", "look"]:
    """What the given command line, or this process's own, is for.

    >>> purpose(["--cores", "2", "-n"])
    'dry run'
    """
    asked, _ = get_argument_parser().parse_known_args(
        sys.argv[1:] if arguments is None else arguments
    )
    if any(getattr(asked, option, None) for option in _LOOKING):
        return "look"
    return "dry run" if asked.dryrun else "work"


def at_once(cores: int | None, nodes: int | None) -> tuple[int, bool]:
    """What a run may use at once, by Snakemake's settings: how many, and whether jobs of a cluster.

    On this machine there are cores, and no nodes unless somebody said --jobs, too. On a cluster
    there are nodes, and no cores; but in a dry run, which puts one there.

    >>> at_once(8, None), at_once(None, 200)
    ((8, False), (200, True))
    """
    if nodes is not None and cores in (None, 1):
        return nodes, True
    return cores or 1, False


def bring_log_along(handlers: dict[logging.FileHandler, str], results: Path) -> None:
    """Move Snakemake's log, which it opens where it was called, into the results folder.

    ``handlers`` maps Snakemake's open log handlers to the paths that it names at the end.
    """
    folder = results / ".snakemake" / "log"
    folder.mkdir(parents=True, exist_ok=True)
    for handler, name in handlers.items():
        target = folder / Path(name).name
        handler.close()
        shutil.move(name, target)
        handler.baseFilename = handlers[handler] = str(target)
        handler.mode = "a"
        with contextlib.suppress(OSError):
            Path(name).parent.rmdir()
            Path(name).parents[1].rmdir()


def start_scripts_well() -> None:
    """Let scripts start from a clone below a name with spaces, deaf to Ctrl-C, and soon.

    Snakemake hands the path of its Python to the shell unquoted. NumPy's BLAS would start a thread
    a core in every job, for next to nothing to do.
    """
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    script.PythonScript._execute_cmd = _execute_quoted


def end_quietly() -> None:
    """Let Ctrl-C and SIGTERM end this run at once, and with one sentence.

    On SIGTERM, Snakemake by itself would wait for the jobs at work, for which schedulers and
    machines that shut down have no patience. Jobs are deaf to Ctrl-C (`_execute_quoted`), which
    the terminal sends to all: each would answer with a traceback of its own.
    """
    JobScheduler.exit_gracefully = _end_all
    signal.signal(signal.SIGINT, _end_all)


def _end_all(*_: Any) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    # Said before the jobs end, whose errors mean nothing then.
    logger.info("Terminating processes on user request.")
    for child in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            child.terminate()
    raise KeyboardInterrupt


def _execute_quoted(
    self: script.PythonScript, cmd: str, execute=script.PythonScript._execute_cmd, **names
):
    if "py_exec" in names:
        names["py_exec"] = shlex.quote(names["py_exec"])
        cmd = f"trap '' INT; {cmd}"
    return execute(self, cmd, **names)
