from autochrome.joblog import logged
from autochrome.report import give_verdict

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, ""):
        give_verdict(snakemake.output.done)
