rule manifest:
    input:
        run="plan/run.json",
        photos=expand("done/photos/{bucket}.json", bucket=run.buckets),
        films=expand("done/films/{film}/join.json", film=run.films),
    output:
        done="done/manifest.json",
    log:
        "logs/manifest.log",
    conda:
        "../envs/autochrome.yaml"
    script:
        "../scripts/manifest.py"


rule report:
    input:
        "done/manifest.json",
    output:
        done="done/report.json",
        page="report/index.html",
        overview=report("report/overview.html", category="Autochrome"),
    log:
        "logs/report.log",
    conda:
        "../envs/autochrome.yaml"
    script:
        "../scripts/report.py"


# The last word: this job fails as long as an item has failed, and so the exit status is not 0.
rule verdict:
    input:
        "done/report.json",
    output:
        done="done/verdict.json",
    log:
        "logs/verdict.log",
    localrule: True
    conda:
        "../envs/autochrome.yaml"
    script:
        "../scripts/verdict.py"
