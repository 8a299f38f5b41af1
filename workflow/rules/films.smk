rule index_film:
    input:
        plan="plan/films/{film}/index.json",
    output:
        done="done/films/{film}/index.json",
    log:
        "logs/films/{film}/index.log",
    priority: urgency("index_film", stage=1)
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=memory,
        runtime=minutes("index_film"),
    script:
        "../scripts/index_film.py"


rule colour_chunk:
    input:
        plan="plan/films/{film}/colour.json",
        index="done/films/{film}/index.json",
        networks=ready_networks,
    output:
        done="done/films/{film}/colour-{job}.json",
    log:
        "logs/films/{film}/colour-{job}.log",
    priority: urgency("colour_chunk", stage=2)
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=memory,
        runtime=minutes("colour_chunk"),
        gpu=graphics_cards,
    params:
        chunks=chunks,
        device=config["device"],
    script:
        "../scripts/colour_chunk.py"


rule encode_chunk:
    input:
        plan="plan/films/{film}/encode.json",
        index="done/films/{film}/index.json",
        colour=colour_near,
    output:
        done="done/films/{film}/encode-{job}.json",
    log:
        "logs/films/{film}/encode-{job}.log",
    priority: urgency("encode_chunk", stage=3)
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=memory,
        runtime=minutes("encode_chunk"),
    params:
        chunks=chunks,
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
    priority: urgency("join_film", stage=4)
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=memory,
        runtime=minutes("join_film"),
    script:
        "../scripts/join_film.py"
