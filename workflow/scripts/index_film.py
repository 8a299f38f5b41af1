from autochrome.films import index_film
from autochrome.joblog import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.film):
        index_film(snakemake.wildcards.film, snakemake.threads)
