from autochrome.joblog import logged
from autochrome.report import close_report

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, ""):
        close_report(snakemake.input[0], snakemake.output.done)
