from autochrome.joblog import logged
from autochrome.photos import colour_batch

with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.bucket):
    colour_batch(snakemake.input.plan, snakemake.output.done, snakemake.threads)
