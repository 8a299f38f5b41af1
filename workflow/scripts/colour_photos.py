from pathlib import Path

from autochrome.joblog import logged
from autochrome.photos import colour_batch

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.bucket, snakemake.threads):
        colour_batch(
            Path(snakemake.input.plan),
            Path(snakemake.output.done),
            snakemake.threads,
            snakemake.params.device,
        )
