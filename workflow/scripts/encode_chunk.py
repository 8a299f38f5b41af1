from autochrome.films import encode_chunk
from autochrome.joblog import logged

with logged(snakemake.log[0], snakemake.rule, snakemake.wildcards.film):
    encode_chunk(snakemake.wildcards.film, int(snakemake.wildcards.number))
