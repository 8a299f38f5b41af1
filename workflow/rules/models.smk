# The network: its files fetched where the run was started, its forms made once. What is done lies
# with the models, for all results folders; the embedded network comes ready.
from autochrome.models import default_folders, find_model, ready_file

model_folders = default_folders()
network = find_model(config["model"])
# Its weights as the engine keeps them, and what it computes with them.
network_mb = (network.parameters or 50_000_000) * 16 // 1_000_000
ready_network = str(ready_file(network, model_folders))


rule fetch_model:
    output:
        done=str(model_folders.store / "{model}/done.json"),
    log:
        "logs/models/{model}-fetch.log",
    localrule: True
    conda:
        "../envs/autochrome.yaml"
    params:
        accept_unknown=config["accept_unknown_models"],
    script:
        "../scripts/fetch_model.py"


rule convert_model:
    input:
        fetched=str(model_folders.store / "{model}/done.json"),
    output:
        done=str(model_folders.converted / "{model}/ready.json"),
    log:
        "logs/models/{model}-convert.log",
    conda:
        "../envs/autochrome.yaml"
    resources:
        mem_mb=6000,
    script:
        "../scripts/convert_model.py"
