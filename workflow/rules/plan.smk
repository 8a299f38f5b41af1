# The plan is made while the Snakefile is read, in the main process only, so that the graph is
# static. Jobs, and invocations that only look (--lint, --summary, --report …), read it.
import os

from snakemake.exceptions import WorkflowError

from autochrome.errors import AutochromeError
from autochrome.plan import Hands, make_run, read_run, settle
from workflow.invocation import at_once, bring_log_along, end_quietly, purpose, start_scripts_well

start_scripts_well()
archive, results = settle(config, os.environ)
hands = Hands(*at_once(workflow.resource_settings.cores, workflow.resource_settings.nodes))
if workflow.is_main_process and purpose() != "look":
    try:
        is_dry = purpose() == "dry run"
        run = make_run(config, archive, results, dry=is_dry, hands=hands)
    except AutochromeError as error:
        raise WorkflowError(str(error))
    end_quietly()
    bring_log_along(workflow.logger_manager.logfile_handlers, results)
else:
    run = read_run(results, accept_failures=config["failures"] == "accept")

if results.is_dir():

    workdir: str(results)


def only(ids):
    """A wildcard's constraint: what is finished by its key is no rule's output, only an input."""
    return "|".join(sorted(ids)) or "(?!)"


def colour_near(wildcards):
    """Colour of a job's chunks and of those beside them, which the steadying in time reads."""
    near = run.jobs_near(wildcards.film, int(wildcards.job))
    return [f"done/films/{wildcards.film}/colour-{job}.json" for job in near]


def encoded_chunks(wildcards):
    jobs = run.jobs_of(wildcards.film)
    return [f"done/films/{wildcards.film}/encode-{job}.json" for job in jobs]


def chunks(wildcards):
    return run.chunks_of(int(wildcards.job))


# What a job asks a cluster for: by the size of its work, and more at every new attempt. Where the
# work runs on this machine nothing is asked.
def memory(wildcards, attempt, threads):
    return attempt * run.memory_of(wildcards[0], threads)


def minutes(rule):
    return lambda wildcards, attempt: attempt * run.minutes_of(rule, wildcards[0])


def urgency(rule, stage=0):
    """Films before photographs, which fill the cores to the end; their last stages before their
    first, so that few lie about half done; of equals the longest first."""
    return lambda wildcards: stage * 10**7 + run.seconds_of(rule, wildcards[0])


graphics_cards = int(config["device"] == "cuda")


wildcard_constraints:
    film="[0-9a-f]{16}",
    bucket="x[0-9a-f_]*",
    job="[0-9]+",
    model="[a-z0-9][a-z0-9._-]*",
    identity="[0-9a-f]{12}",
