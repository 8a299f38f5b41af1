"""The two jobs that a network needs before it colours: its files fetched, its forms made."""

import sys
from pathlib import Path
from typing import TextIO

from ..archive import digest, read_json, sha256_file, write_json
from ..errors import ConfigError
from .fetch import Folders, default_folders, fetch_model
from .forms import ready_model, record_of
from .registry import Model, find_model

_TOLD_EVERY = 10


def ready_file(model: Model, folders: Folders) -> Path:
    """The file that is there when the network is ready: of an embedded one, its record.

    Another file or declaration of the same name is another network, made ready anew.
    """
    if model.is_embedded:
        return record_of(model, folders.converted)
    return folders.converted / model.name / f"ready-{_short(model)}.json"


def fetched_file(model: Model, folders: Folders) -> Path:
    """The file that is there when the network's files are in the store."""
    return folders.store / model.name / f"fetched-{_short(model)}.json"


def _short(model: Model) -> str:
    return digest(model.identity())[:12]


def planned_model(name: str, folders: Folders | None = None) -> Model:
    """The network of that name, if a run with it can begin.

    Raises ConfigError if there is none, or none that can be converted here, and ModelError if the
    embedded one is damaged.
    """
    model = find_model(name)
    if model.convert is None:
        raise ConfigError(
            f"model: {name} cannot be converted here: no maintained package defines its layers.",
            "Export it as ONNX with its own code, and declare that file in config/models.yaml.",
        )
    if model.is_embedded:
        planned = model.identity() | {"precision": "auto"}
        ready_model(planned, (folders or default_folders()).converted).form.verify()
    return model


def fetch_job(
    name: str, done: Path, accept_unknown: bool = False, person: TextIO = sys.stderr
) -> None:
    """Bring the network's files into the store, and write ``done`` with their names and SHA-256.

    ``person`` is told how far it is. Raises ModelError if a file cannot be had.
    """
    model = find_model(name)
    paths = fetch_model(
        model, default_folders(), accept_unknown=accept_unknown, progress=_Teller(model, person)
    )
    files = [{"path": str(path), "sha256": sha256_file(path)} for path in paths]
    write_json(done, {"model": name, "files": files})


def convert_job(fetched: Path, done: Path) -> None:
    """Make all forms of the network whose files `fetch_job` brought, and write ``done``."""
    from .prepare import make_ready  # late: the children of a photo job do without it

    brought = read_json(fetched)
    model = find_model(brought["model"])
    files = brought["files"]
    record = make_ready(
        model,
        [Path(file["path"]) for file in files],
        files[0]["sha256"],
        default_folders().converted,
    )
    write_json(done, {"record_sha256": sha256_file(record)})


class _Teller:
    """Tells a person, in lines of their own, how much of each file has come."""

    def __init__(self, model: Model, person: TextIO):
        self._model, self._person = model, person
        self._total: int | None = None
        self._told = -1

    def __call__(self, done: int, total: int | None) -> None:
        if total is None:
            return
        if total != self._total:
            self._total, self._told = total, -1
        percent = 100 * done // total // _TOLD_EVERY * _TOLD_EVERY
        if percent > self._told:
            self._told = percent
            size = f"{total / 1e6:,.0f} MB" if total >= 1e6 else f"{total / 1e3:,.0f} kB"
            print(f"Fetching {self._model.name}: {percent} % of {size}", file=self._person)
