"""What the command line asks of Snakemake: to do the work, to try it dry, or only to look."""

import sys
from pathlib import Path
from typing import Literal

from snakemake.cli import get_argument_parser

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
    if arguments is None:
        arguments = sys.argv[1:] if Path(sys.argv[0]).name.startswith("snakemake") else []
    asked, _ = get_argument_parser().parse_known_args(arguments)
    if any(getattr(asked, option, None) for option in _LOOKING):
        return "look"
    return "dry run" if asked.dryrun else "work"
