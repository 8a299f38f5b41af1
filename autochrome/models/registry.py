"""Which colour networks there are, and whether a file is the network that it should be.

``models/registry.yaml`` holds those that Autochrome knows, ``config/models.yaml`` those of the
person; one schema serves both.
"""

import difflib
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import yaml

from ..archive import digest, path_digest, sha256_file
from ..config import check_schema, load_yaml
from ..errors import ConfigError, ModelError
from .interface import InputForm, OutputForm
from .stamps import hash_of

REPOSITORY = Path(__file__).resolve().parents[2]
REGISTRY = REPOSITORY / "models" / "registry.yaml"
OWN = REPOSITORY / "config" / "models.yaml"
EMBEDDED = REGISTRY.parent
SCHEMA = REPOSITORY / "workflow" / "schemas" / "models.schema.yaml"


@dataclass(frozen=True)
class ModelFile:
    """A published file: its name, size and SHA-256 (None: not known), and where it may be had.

    ``places`` are http, https or file: addresses, in the order in which they are tried.
    """

    name: str
    bytes: int | None
    sha256: str | None
    places: tuple[str, ...]


@dataclass(frozen=True)
class Model:
    """One network.

    ``path`` is an ONNX file at hand (embedded, or a person's own); None: the network is to be
    fetched, its weights are the first of ``files``. ``sha256`` is that of the one or the other,
    None where nobody published it. ``convert`` says how the files become ONNX: "none" they are,
    None it is not done here, and then ``input`` and ``output`` are None too.
    """

    name: str
    path: Path | None
    sha256: str | None
    files: tuple[ModelFile, ...]
    convert: str | None
    input: InputForm | None
    output: OutputForm | None
    temperature: float | None = None
    about: str = ""
    licence: str = ""
    paper: str = ""
    gflop: float | None = None
    parameters: int | None = None

    @property
    def is_embedded(self) -> bool:
        """Does the network come with the repository, forms and record and all?"""
        return self.path is not None and self.path.is_relative_to(EMBEDDED)

    def identity(self) -> dict[str, Any]:
        """What a plan holds of the model."""
        return {"name": self.name, "sha256": self.sha256, "interface": self.interface}

    @property
    def interface(self) -> str | None:
        """The hash of what is declared of input and output: with another one, other colours."""
        if self.input is None or self.output is None:
            return None
        return digest([asdict(self.input), asdict(self.output)])


def models_folder() -> Path:
    """Where fetched and converted networks are kept: ``$AUTOCHROME_MODELS``, or models/."""
    return Path(os.environ.get("AUTOCHROME_MODELS") or EMBEDDED)


def find_model(name: str, registry: Path = REGISTRY, own: Path = OWN) -> Model:
    """The model of that name. Raises ConfigError, naming those there are.

    The SHA-256 of a person's own ONNX file is computed where it is not given, and remembered.
    """
    models = {model.name: model for model in list_models(registry, own)}
    if name not in models:
        close = difflib.get_close_matches(name, models, n=1)
        raise ConfigError(
            f"model: {name!r} is not known.",
            f"Use one of: {', '.join(models)}.{f' Did you mean {close[0]}?' if close else ''}",
        )
    model = models[name]
    if model.path is None or model.sha256 is not None:
        return model
    if not model.path.is_file():
        raise ModelError(
            f"The model file {model.path} is missing.", f"Correct {name}.file in {own}."
        )
    record = models_folder() / "fetched" / "own" / f"{path_digest(os.fspath(model.path))[:16]}.json"
    return replace(model, sha256=hash_of(model.path, record))


def list_models(registry: Path = REGISTRY, own: Path = OWN) -> list[Model]:
    """All networks as they are declared, by name. Raises ConfigError for a wrong declaration."""
    models = {model.name: model for model in _read(registry)}
    for model in _read(own):
        if model.name in models:
            raise ConfigError(
                f"{own}: {model.name} is the name of a network that Autochrome knows.",
                "Choose another name.",
            )
        if model.convert != "none":
            raise ConfigError(
                f"{own}: {model.name}.convert: only ONNX files can be used from here.",
                "Leave convert out, and name an ONNX file.",
            )
        models[model.name] = model
    return [models[name] for name in sorted(models)]


def verify_model(model: Model) -> None:
    """Raise ModelError unless the model's ONNX file is there and has its SHA-256."""
    if model.path is None:
        raise ModelError(f"The model {model.name} has no ONNX file.", "Fetch and convert it first.")
    if not model.path.is_file():
        raise ModelError(f"The model file {model.path} is missing.", "Restore it.")
    found = sha256_file(model.path)
    if found != model.sha256:
        raise ModelError(
            f"The model file {model.path} has SHA-256 {found}, not {model.sha256}: "
            "it is damaged or another file.",
            "Restore it.",
        )


def _read(source: Path) -> list[Model]:
    try:
        entries = load_yaml(source.read_text()) or {}
    except FileNotFoundError:
        return []
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source} is not YAML: {error}", "Correct that line.") from error
    # The project's own is checked by a test, since to check takes longer than to read.
    if entries and source != REGISTRY:
        schema = load_yaml(SCHEMA.read_text())
        check_schema(entries, schema, f"{source}: ", "See the example in config/models.yaml.")
    return [_model(name, entry, source) for name, entry in entries.items()]


def _model(name: str, entry: dict[str, Any], source: Path) -> Model:
    if ("file" in entry) == ("files" in entry):
        raise ConfigError(
            f"{source}: {name} has neither file nor files, or both.",
            "Give the path of an ONNX file as file.",
        )
    convert = entry.get("convert", "none")
    for key in ("input", "output"):
        if key not in entry and convert is not None:
            raise ConfigError(
                f"{source}: {name}.{key} is missing.", "See the example in config/models.yaml."
            )
    files = tuple(
        ModelFile(file["name"], file.get("bytes"), file.get("sha256"), tuple(file["places"]))
        for file in entry.get("files", ())
    )
    own_words = ("temperature", "about", "licence", "paper", "gflop", "parameters")
    return Model(
        name=name,
        path=source.resolve().parent / entry["file"] if "file" in entry else None,
        sha256=files[0].sha256 if files else entry.get("sha256"),
        files=files,
        convert=convert,
        input=_input_form(entry["input"], f"{source}: {name}.input") if "input" in entry else None,
        output=_output_form(entry["output"]) if "output" in entry else None,
        **{key: entry[key] for key in own_words if key in entry},
    )


def _input_form(entry: dict[str, Any], where: str) -> InputForm:
    is_lightness = entry["colour"] == "L"
    low, high = entry.get("range", (0, 100) if is_lightness else (0, 1))
    channels = 1 if is_lightness else 3
    per_channel = {"mean": entry.get("mean", 0), "std": entry.get("std", 1)}
    for key, value in per_channel.items():
        if isinstance(value, list) and len(value) != channels:
            raise ConfigError(f"{where}.{key}: L has one channel.", "Give one number.")
    return InputForm(
        name=entry.get("name"),
        colour=entry["colour"],
        side=entry["side"],
        largest=entry.get("largest"),
        multiple=entry.get("multiple"),
        range=(low, high),
        **{k: tuple(v) if isinstance(v, list) else (v,) * channels for k, v in per_channel.items()},
    )


def _output_form(entry: dict[str, Any]) -> OutputForm:
    return OutputForm(
        name=entry.get("name"),
        colour=entry["colour"],
        scale=entry.get("scale", 1),
        stride=entry.get("stride"),
    )
