from autochrome.films import colour_chunk
from autochrome.joblog import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.film):
        for number in snakemake.params.chunks:
            colour_chunk(
                snakemake.wildcards.film, number, snakemake.threads, snakemake.params.device
            )
