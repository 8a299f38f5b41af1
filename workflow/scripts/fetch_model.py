from pathlib import Path

from autochrome.joblog import logged
from autochrome.models import fetch

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.model) as person:
        fetch(
            snakemake.wildcards.model,
            Path(snakemake.output.done),
            snakemake.params.accept_unknown,
            person,
        )
