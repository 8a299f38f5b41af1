from pathlib import Path

from autochrome.joblog import logged
from autochrome.models import convert

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.model):
        convert(Path(snakemake.input.fetched), Path(snakemake.output.done))
