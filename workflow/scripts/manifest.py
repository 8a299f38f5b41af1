from autochrome.joblog import logged
from autochrome.report import close_manifest

with logged(snakemake.log[0], snakemake.rule, ""):
    close_manifest([*snakemake.input.photos, *snakemake.input.films], snakemake.output.done)
