rule colour_photos:
    input:
        plan="plan/photos/{bucket}.json",
        networks=ready_networks,
    output:
        done="done/photos/{bucket}.json",
    log:
        "logs/photos/{bucket}.log",
    wildcard_constraints:
        bucket=only(run.open_buckets),
    priority: urgency("colour_photos")
    conda:
        "../envs/autochrome.yaml"
    threads: hands.photo_threads(len(run.open_buckets))
    resources:
        mem_mb=memory,
        runtime=minutes("colour_photos"),
        gpu=graphics_cards,
    params:
        device=config["device"],
    script:
        "../scripts/colour_photos.py"
