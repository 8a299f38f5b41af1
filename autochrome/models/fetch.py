"""A network's files, from where they may be had into the store. Their SHA-256 decides.

A file is looked for in the store, then among the files that a person put into ``incoming`` and
those of the shared folder, whatever their names, then at its places. The store keeps
``<model>/<file>``, and beside it ``<file>.json``: its SHA-256, so that it is hashed once, and so
that a file whose SHA-256 nobody published stays the one that was accepted first.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ..archive import sha256_file, stamp
from ..errors import ModelError
from .registry import Model, ModelFile, models_folder, verify_model
from .stamps import read_record, write_record
from .wrong_file import what_is_wrong

if TYPE_CHECKING:
    from .transfer import Progress

SHARED_VARIABLE = "AUTOCHROME_MODEL_FOLDER"


@dataclass(frozen=True)
class Folders:
    """Where fetched files are kept, where a person puts files, and a folder of files in common.

    ``converted`` holds what is made of them.
    """

    store: Path
    converted: Path
    incoming: Path
    shared: Path | None = None


def default_folders() -> Folders:
    """Those in models/, or where ``$AUTOCHROME_MODELS`` says, and ``$AUTOCHROME_MODEL_FOLDER``."""
    models, shared = models_folder(), os.environ.get(SHARED_VARIABLE)
    return Folders(
        models / "fetched",
        models / "converted",
        models / "incoming",
        Path(shared) if shared else None,
    )


def fetch_model(
    model: Model,
    folders: Folders,
    *,
    accept_unknown: bool = False,
    progress: "Progress | None" = None,
) -> list[Path]:
    """The model's files, fetched where they are not at hand, in the order of ``model.files``.

    With ``accept_unknown``, a file whose SHA-256 is not known is taken as it is found; its
    SHA-256 is demanded from then on. ``progress`` gets a file's bytes done and its bytes in all.
    Raises ModelError, which says what happened at each place and how to fetch by hand.
    """
    if model.path is not None:
        verify_model(model)
        return [model.path]
    targets = [folders.store / model.name / file.name for file in model.files]
    files = [_known(file, target) for file, target in zip(model.files, targets, strict=True)]
    if not accept_unknown:
        _refuse_unknown(model, files)
    for file, target in zip(files, targets, strict=True):
        if _fault_of(file, target) is not None:
            with _alone(file, target):
                _fetch(model, file, target, folders, progress)
    return targets


def _known(file: ModelFile, target: Path) -> ModelFile:
    """The file with the SHA-256 of the one that was accepted, where nobody published it."""
    return replace(file, sha256=file.sha256 or read_record(_record(target)).get("sha256"))


def _refuse_unknown(model: Model, files: list[ModelFile]) -> None:
    unknown = [file.name for file in files if file.sha256 is None]
    if unknown:
        raise ModelError(
            f"The model {model.name} cannot be checked: nobody published the SHA-256 of "
            f"{' and '.join(unknown)}.",
            "Set accept_unknown_models: true to take what is found there, or use another model.",
        )


def _fetch(
    model: Model, file: ModelFile, target: Path, folders: Folders, progress: "Progress | None"
) -> None:
    """Bring one file into the store, unless another process did so meanwhile."""
    file = _known(file, target)
    in_store = _fault_of(file, target)
    if in_store is None:
        return
    tried = [f"{target}: {in_store}"] if target.exists() else []
    for path in _candidates(file, folders):
        fault = _try_file(path, file, target, progress)
        if fault is None:
            return
        if path.name == file.name:
            tried.append(f"{path}: {fault}")
    for place in file.places:
        fault = _try_place(place, file, target, progress)
        if fault is None:
            return
        tried.append(f"{place}: {fault}")
    raise _nowhere(model, file, tried, folders)


def _candidates(file: ModelFile, folders: Folders) -> Iterator[Path]:
    """The files at hand that may be the one: by their size, else by their name."""
    for folder in (folders.incoming, folders.shared):
        if folder is None:
            continue
        for path in sorted(folder.rglob("*")):
            if not path.is_file():
                continue
            fits = file.bytes in (None, path.stat().st_size) and file.sha256 is not None
            if fits or path.name == file.name:
                yield path


def _try_file(path: Path, file: ModelFile, target: Path, progress: "Progress | None") -> str | None:
    """Take a file at hand, as a hard link where possible; returns what is wrong with it, if any."""
    try:
        sha256 = sha256_file(path)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"
    fault = what_is_wrong(path, file, sha256)
    if fault is not None:
        return fault
    link = target.with_name(f".{file.name}.link")
    link.unlink(missing_ok=True)
    try:
        os.link(path.resolve(), link)
    except OSError:
        return _try_place(path.resolve().as_uri(), file, target, progress)
    _adopt(link, sha256, target)
    return None


def _try_place(
    place: str, file: ModelFile, target: Path, progress: "Progress | None"
) -> str | None:
    """Fetch from one place; returns what is wrong with it, if anything."""
    # Only here: what speaks HTTP takes long to load, and few jobs fetch.
    from .transfer import PlaceError, transfer

    part = _part(target)
    continued = True
    while continued:
        try:
            sha256, continued = transfer(place, file, part, progress)
        except PlaceError as error:
            return str(error)
        fault = what_is_wrong(part, file, sha256)
        if fault is None:
            _adopt(part, sha256, target)
            return None
        part.unlink()
    return fault


def _adopt(part: Path, sha256: str, target: Path) -> None:
    """Give the verified file its name, and remember its SHA-256."""
    with open(part, "rb") as content:
        os.fsync(content.fileno())
    write_record(part, _record(target), sha256)
    os.replace(part, target)
    _part(target).unlink(missing_ok=True)


def _fault_of(file: ModelFile, target: Path) -> str | None:
    """What is wrong with the file in the store, if anything; hashed only where it changed."""
    if not target.is_file():
        return "not there"
    if file.sha256 is None:
        return "accepted by nobody yet"
    if read_record(_record(target)) == {"sha256": file.sha256, **stamp(target)}:
        return None
    fault = what_is_wrong(target, file, sha256_file(target))
    if fault is None:
        write_record(target, _record(target), file.sha256)
    return fault


def _part(target: Path) -> Path:
    return target.with_name(f"{target.name}.part")


def _record(target: Path) -> Path:
    return target.with_name(f"{target.name}.json")


@contextlib.contextmanager
def _alone(file: ModelFile, target: Path) -> Iterator[None]:
    """One process at a time fetches a file; the others wait, and find it."""
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        lock = open(target.with_name(f".{file.name}.lock"), "w")  # noqa: SIM115
        fcntl.flock(lock, fcntl.LOCK_EX)
    except OSError as error:
        from .transfer import disk_error

        raise disk_error(error, file, target.parent) from error
    with lock:
        yield


def _nowhere(model: Model, file: ModelFile, tried: list[str], folders: Folders) -> ModelError:
    size = f"{file.bytes:,} bytes" if file.bytes else "size not known"
    sha256 = f"SHA-256 {file.sha256}" if file.sha256 else "SHA-256 not known"
    name = "under any name" if file.sha256 else "under this name"
    return ModelError(
        f"{file.name} of the model {model.name} could not be had:\n"
        + "".join(f"  {line}\n" for line in tried),
        f"Download it by hand ({file.name}, {size}, {sha256}), put it, {name}, into "
        f"{folders.incoming}, and run the same command again.",
    )
