"""Which colour networks there are, and whether a file is the network that it should be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from ..archive import sha256_file
from ..errors import ConfigError, ModelError

REGISTRY = Path(__file__).resolve().parents[2] / "models" / "registry.yaml"


@dataclass(frozen=True)
class Model:
    """One network: its name, its ONNX file, the file's SHA-256, and its input's geometry."""

    name: str
    path: Path
    sha256: str
    input_name: str
    multiple: int
    side: int

    def identity(self) -> dict[str, Any]:
        """What a key and a plan hold of the model."""
        return {"name": self.name, "sha256": self.sha256}


def find_model(name: str, registry: Path = REGISTRY) -> Model:
    """The model of that name. Raises ConfigError, naming those there are."""
    known = yaml.safe_load(registry.read_text())
    if name not in known:
        raise ConfigError(
            f"model: {name!r} is not known.", f"Use one of: {', '.join(sorted(known))}."
        )
    entry = known[name]
    return Model(
        name=name,
        path=registry.parent / entry["file"],
        sha256=entry["sha256"],
        input_name=entry["input"]["name"],
        multiple=entry["input"]["multiple"],
        side=entry["input"]["side"],
    )


def verify_model(model: Model) -> None:
    """Raise ModelError unless the model's file is there and has its SHA-256."""
    if not model.path.is_file():
        raise ModelError(
            f"The model file {model.path} is missing.", "Restore it from the repository."
        )
    found = sha256_file(model.path)
    if found != model.sha256:
        raise ModelError(
            f"The model file {model.path} has SHA-256 {found}, not {model.sha256}: "
            "it is damaged or another file.",
            "Restore it from the repository.",
        )
