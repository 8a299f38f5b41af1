# The networks: their files fetched where the run was started, their forms made once. What is done lies
# with the models, for all results folders; the embedded network comes ready, and no job waits for it.
from autochrome.models import default_folders, find_model, ready_file

model_folders = default_folders()
wanted = [find_model(name) for name in run.models or [config["model"]]]
ready_networks = [str(ready_file(m, model_folders)) for m in wanted if not m.is_embedded]


rule fetch_model:
    output:
        done=str(model_folders.store / "{model}/fetched-{identity}.json"),
    log:
        "logs/models/{model}-{identity}-fetch.log",
    localrule: True
    conda:
        "../envs/autochrome.yaml"
    params:
        accept_unknown=config["accept_unknown_models"],
    script:
        "../scripts/fetch_model.py"


rule convert_model:
    input:
        fetched=str(model_folders.store / "{model}/fetched-{identity}.json"),
    output:
        done=str(model_folders.converted / "{model}/ready-{identity}.json"),
    log:
        "logs/models/{model}-{identity}-convert.log",
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=6000,
    script:
        "../scripts/convert_model.py"
