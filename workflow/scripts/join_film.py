from autochrome.films import join_film
from autochrome.joblog import logged

if __name__ == "__main__":
    with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.film):
        join_film(snakemake.wildcards.film)
