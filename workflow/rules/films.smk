rule index_film:
    input:
        plan="plan/films/{film}/index.json",
    output:
        done="done/films/{film}/index.json",
    log:
        "logs/films/{film}/index.log",
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=1000,
    script:
        "../scripts/index_film.py"


rule colour_chunk:
    input:
        plan="plan/films/{film}/colour.json",
        index="done/films/{film}/index.json",
        networks=ready_networks,
    output:
        done="done/films/{film}/colour-{number}.json",
    log:
        "logs/films/{film}/colour-{number}.log",
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=1500 + network_mb,
    params:
        device=config["device"],
    script:
        "../scripts/colour_chunk.py"


rule encode_chunk:
    input:
        plan="plan/films/{film}/encode.json",
        index="done/films/{film}/index.json",
        colour=colour_near,
    output:
        done="done/films/{film}/encode-{number}.json",
    log:
        "logs/films/{film}/encode-{number}.log",
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=2000,
    script:
        "../scripts/encode_chunk.py"


rule join_film:
    input:
        plan="plan/films/{film}/join.json",
        index="done/films/{film}/index.json",
        chunks=encoded_chunks,
    output:
        done="done/films/{film}/join.json",
    log:
        "logs/films/{film}/join.log",
    wildcard_constraints:
        film=only(run.open_films),
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=1000,
    script:
        "../scripts/join_film.py"
