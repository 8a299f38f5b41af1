from pathlib import Path

from autochrome.joblog import logged
from autochrome.models import fetch_job

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.model) as person:
        fetch_job(
            snakemake.wildcards.model,
            Path(snakemake.output.done),
            snakemake.params.accept_unknown,
            person,
        )
