from autochrome.joblog import logged
from autochrome.report import close_manifest

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, ""):
        close_manifest([*snakemake.input.photos, *snakemake.input.films], snakemake.output.done)
