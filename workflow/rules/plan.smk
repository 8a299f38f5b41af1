# The plan is made while the Snakefile is read, in the main process only, so that the graph is
# static. Jobs, and invocations that only look (--lint, --summary, --report …), read it.
import os

from snakemake.exceptions import WorkflowError

from autochrome.errors import AutochromeError
from autochrome.plan import demo_settings, folders, make_run, read_run
from workflow.invocation import bring_log_along, purpose

if "AUTOCHROME_DEMO" in os.environ:
    config.update(demo_settings(os.environ["AUTOCHROME_ARCHIVE"]))
archive, results = folders(config, os.environ)
if workflow.is_main_process and purpose() != "look":
    try:
        run = make_run(config, archive, results, dry=purpose() == "dry run")
    except AutochromeError as error:
        raise WorkflowError(str(error))
    bring_log_along(workflow.logger_manager.logfile_handlers, results)
    # A job on another machine finds the results folder by this.
    os.environ["AUTOCHROME_RESULTS"] = str(results)
else:
    run = read_run(results, accept_failures=config["failures"] == "accept")

if results.is_dir():

    workdir: str(results)


def only(ids):
    """A wildcard's constraint: what is finished by its key is no rule's output, only an input."""
    return "|".join(sorted(ids)) or "(?!)"


wildcard_constraints:
    film="[0-9a-f]{16}",
    bucket="x[0-9a-f]*",
    number="[0-9]+",
