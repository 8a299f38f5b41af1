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
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=2000,
    params:
        device=config["device"],
    script:
        "../scripts/colour_photos.py"
