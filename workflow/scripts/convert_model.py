from pathlib import Path

from autochrome.joblog import logged
from autochrome.models import convert_job

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.model):
        convert_job(Path(snakemake.input.fetched), Path(snakemake.output.done))
