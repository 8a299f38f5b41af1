from autochrome.films import encode_chunk
from autochrome.joblog import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.film):
        for number in snakemake.params.chunks:
            encode_chunk(snakemake.wildcards.film, number)
