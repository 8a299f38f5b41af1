"""What profiles/kubernetes has a pod run, run here: the job's own command, over another archive."""

import yaml

from tests.conftest import REPOSITORY

JOB = yaml.safe_load((REPOSITORY / "profiles/kubernetes/job.yaml").read_text())
POD = JOB["spec"]["template"]["spec"]
(CONTAINER,) = POD["containers"]


def test_the_pods_command_gives_the_same_bytes(coloured, fresh):
    words = CONTAINER["args"]
    options = words[: words.index("--config")]
    settings = words[words.index("--config") + 1 :]
    assert options[0] == "--workflow-profile=/opt/autochrome/profiles/kubernetes"
    (cores,) = (e for e in CONTAINER["env"] if e["name"] == "CORES")
    assert cores["valueFrom"]["resourceFieldRef"]["resource"] == "limits.cpu"
    mounted = {"/results": str(fresh.results), "$(CORES)": "2"}
    options, settings = (
        ["=".join(mounted.get(part, part) for part in word.split("=")) for word in words]
        for words in (options[1:], settings)
    )
    fresh.run(*options, *settings, profile="kubernetes")
    assert fresh.contents() == coloured.contents()


def test_the_archive_and_the_results_are_what_the_pod_mounts():
    mounts = {mount["mountPath"]: mount for mount in CONTAINER["volumeMounts"]}
    archive = CONTAINER["command"][1]
    (results,) = (a.removeprefix("output=") for a in CONTAINER["args"] if a.startswith("output="))
    assert mounts[archive]["readOnly"] and not mounts[results].get("readOnly")
    volumes = {volume["name"] for volume in POD["volumes"]}
    assert {mount["name"] for mount in mounts.values()} == volumes
    assert CONTAINER["command"][0] == "/opt/autochrome/colorize"
