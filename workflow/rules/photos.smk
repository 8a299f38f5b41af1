# A job's children work side by side around its network. Two keep a core busy while another waits;
# more only where there are fewer buckets than cores, since each job holds networks of its own.
photo_threads = max(2, (workflow.resource_settings.cores or 2) // max(1, len(run.open_buckets)))


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
    threads: photo_threads
    resources:
        mem_mb=memory,
        runtime=minutes("colour_photos"),
        gpu=graphics_cards,
    params:
        device=config["device"],
    script:
        "../scripts/colour_photos.py"
