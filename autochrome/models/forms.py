"""The forms in which a network can run, and the record that says which of them is taken.

The record, ``record.json`` beside the network's files, is written once, when the network is made
ready (`prepare`). ``precision: auto`` means the form that it names, on every machine that has it:
nothing decides again later.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..archive import digest, read_json, sha256_file
from ..errors import ModelError
from .engines import DeviceSetting, Precision, pick_device
from .interface import InputForm, OutputForm
from .predictors import NetworkPredictor
from .registry import Model, find_model

BOUND = 1.0
"""The largest mean difference from fp32, in ab, at which ``auto`` takes a form."""


@dataclass(frozen=True)
class Form:
    """A file that holds a network in one precision, and its `hash_of_form`."""

    precision: Precision
    path: Path
    sha256: str

    def verify(self) -> None:
        """Raise ModelError unless the file is there and is the one that was recorded."""
        if hash_of_form(self.path) != self.sha256:
            raise ModelError(
                f"The network file {self.path} is missing, damaged or another file.",
                f"Restore it from the repository, or delete {self.path.parent} if it was made "
                "here: it is made again.",
            )


@dataclass(frozen=True)
class ReadyModel:
    """A network whose forms are made; ``form`` is the one that is asked for.

    ``sha256`` is that of the published weights, ``interface`` that of `Model.interface`. A
    graphics card runs ``exact``, in fp32, in place of ``form``: that is no part of the identity,
    since a result that a card made stands.
    """

    name: str
    sha256: str
    form: Form
    exact: Form
    input: InputForm
    output: OutputForm
    temperature: float | None
    interface: str

    def identity(self) -> dict[str, Any]:
        """What a result's key holds of the network; the temperature is a setting of the stage."""
        return {
            "name": self.name,
            "sha256": self.sha256,
            "interface": self.interface,
            "precision": self.form.precision,
            "form_sha256": self.form.sha256,
        }

    def predictor(self, threads: int = 1, device: DeviceSetting = "cpu") -> NetworkPredictor:
        """The network, loaded. Raises ModelError where its file or the device is not there."""
        picked = pick_device(device)
        form = self.exact if picked == "cuda" else self.form
        form.verify()
        return NetworkPredictor(
            form.path,
            form.precision,
            self.input,
            self.output,
            self.temperature,
            threads=threads,
            device=picked,
        )


def record_of(model: Model, converted: Path) -> Path:
    """Where the record of a network lies; ``converted`` is the folder of converted networks."""
    folder = model.path.parent if model.is_embedded else converted / model.name
    return folder / "record.json"


def hash_of_form(path: Path) -> str:
    """SHA-256 of an ONNX file; of OpenVINO's form, one for the ``.xml`` and its ``.bin``.

    "" if a file is not there.
    """
    try:
        if path.suffix != ".xml":
            return sha256_file(path)
        return digest([sha256_file(path), sha256_file(path.with_suffix(".bin"))])
    except FileNotFoundError:
        return ""


def choose(forms: dict[str, dict[str, Any]], bound: float) -> str:
    """The fastest form whose difference from fp32 is at most ``bound``.

    >>> forms = {"fp32": {"difference": 0, "ms": 20}, "int8": {"difference": 1.2, "ms": 5}}
    >>> choose(forms, bound=1.0), choose(forms, bound=1.5)
    ('fp32', 'int8')
    """
    near = {name: form for name, form in forms.items() if form["difference"] <= bound}
    return min(near, key=lambda name: near[name]["ms"])


def ready_model(
    planned: dict[str, Any], converted: Path, temperature: float | None = None
) -> ReadyModel:
    """The network that a plan names, in the form that the plan and its record ask for.

    ``planned`` holds name, sha256 and precision (``auto`` or a `Precision`);
    ``temperature`` None is the network's own. Raises ModelError if the network is not ready, or
    not the one that was planned with.
    """
    model = find_model(planned["name"])
    path = record_of(model, converted)
    try:
        record = read_json(path)
    except (FileNotFoundError, ValueError) as error:
        raise ModelError(
            f"The model {model.name} is not ready: there is no {path}.",
            "Run the same command again: it is fetched and converted first.",
        ) from error
    if planned["sha256"] not in (None, record["weights_sha256"]):
        raise ModelError(
            f"The plan wants the model {model.name} with SHA-256 {planned['sha256']}; ready is "
            f"{record['weights_sha256']}.",
            f"Delete {path} if it was made here, and run the same command again.",
        )
    precision = record["auto"] if planned["precision"] == "auto" else planned["precision"]
    if precision not in record["forms"]:
        raise ModelError(
            f"The model {model.name} has no {precision} form: {record['faults'][precision]}",
            "Set precision: auto.",
        )
    forms = {
        name: Form(name, path.parent / form["file"], form["sha256"])
        for name, form in record["forms"].items()
    }
    return ReadyModel(
        name=model.name,
        sha256=record["weights_sha256"],
        form=forms[precision],
        exact=forms["fp32"],
        input=model.input,
        output=model.output,
        temperature=model.temperature if temperature is None else temperature,
        interface=model.interface,
    )
