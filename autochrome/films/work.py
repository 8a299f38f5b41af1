"""One film's plans, keys, work files and journal, as every stage finds them.

All paths are relative to the results folder, which is the working directory of every job.
"""

import os
from functools import cached_property
from pathlib import Path
from typing import Any

from ..archive import (
    Journal,
    changed_while_read,
    digest,
    hash_source,
    is_intact,
    make_key,
    path_digest,
    read_json,
    sha256_file,
    stamp,
    write_json,
)
from ..credentials import Credentials, why_unsigned
from ..errors import ItemError, ModelError
from ..models import ReadyModel, default_folders, ready_model
from .colour import COLOUR_VERSION
from .encode import ENCODE_VERSION
from .index import INDEX_VERSION, FilmIndex
from .join import JOIN_VERSION
from .parts import part_path

STAGE_VERSIONS = {
    "index": INDEX_VERSION,
    "colour": COLOUR_VERSION,
    "encode": ENCODE_VERSION,
    "join": JOIN_VERSION,
}
"""In the plans, too: work is asked for where a done file speaks of another plan."""


class FilmWork:
    """What is to be done for one film (its id: 16 hex), and what is done of it."""

    def __init__(self, film: str):
        self.film = film
        self.folder = Path("state/films", film)
        self.journal = Journal(Path("state/films", f"{film}.jsonl"))
        self._plans: dict[str, dict[str, Any]] = {}
        self._source_sha256 = ""

    def plan(self, stage: str) -> dict[str, Any]:
        if stage not in self._plans:
            self._plans[stage] = read_json(Path("plan/films", self.film, f"{stage}.json"))
        return self._plans[stage]

    @property
    def source(self) -> str:
        plan = self.plan("index")
        return f"{plan['archive']}/{plan['path']}"

    @property
    def chunks(self) -> int:
        return self.plan("index")["chunks"]

    # The source's hash is made once, by the index stage; the others read it in its done file.

    def know_source(self, sha256: str) -> None:
        """Take this for the source's SHA-256."""
        self._source_sha256 = sha256

    @property
    def source_is_known(self) -> bool:
        return bool(self._source_sha256 or (self.read_done("index") or {}).get("source_sha256"))

    @property
    def source_sha256(self) -> str:
        """Raises ItemError if it is not known yet and the source cannot be read."""
        if not self._source_sha256:
            done = self.read_done("index") or {}
            self._source_sha256 = done.get("source_sha256") or self.hash_source()
        return self._source_sha256

    def hash_source(self) -> str:
        """Raises ItemError if the source cannot be read."""
        try:
            return hash_source(self.source)
        except FileNotFoundError as error:
            raise ItemError("The file is gone.", "Run again: the archive has changed.") from error
        except OSError as error:
            raise ItemError(
                f"The file cannot be read: {error.strerror}.", "Make it readable, and run again."
            ) from error

    @cached_property
    def model(self) -> ReadyModel:
        """The plan's network. Raises ModelError if it is not ready or another one now."""
        plan = self.plan("colour")
        return ready_model(
            plan["model"], default_folders().converted, plan["settings"]["temperature"]
        )

    @property
    def has_model(self) -> bool:
        """Is the network ready? The index is made without it."""
        try:
            return bool(self.model)
        except ModelError:
            return False

    def source_stands(self) -> bool:
        """Is the source there, as the plan has it?"""
        plan = self.plan("index")
        try:
            return stamp(self.source) == {"size": plan["size"], "mtime_ns": plan["mtime_ns"]}
        except OSError:
            return False

    def check_source(self) -> None:
        """To be called when the source has been read, and before what came of it is recorded.

        Raises ItemError if it is not, or no longer, as the plan has it.
        """
        if not self.source_stands():
            raise changed_while_read()

    # Keys.

    @cached_property
    def index_key(self) -> str:
        return make_key(
            "index",
            INDEX_VERSION,
            source=self.source_sha256,
            settings=self.plan("index").get("settings", {}),
            chunks=self.chunks,
        )

    def colour_key(self, number: int) -> str:
        return make_key(
            "colour",
            COLOUR_VERSION,
            index=self.index_key,
            model=self.model.identity(),
            settings=self.plan("colour")["settings"] | {"temperature": self.model.temperature},
            number=number,
        )

    def encode_key(self, number: int) -> str:
        return make_key(
            "encode",
            ENCODE_VERSION,
            colour=[self.colour_key(n) for n in self.neighbours(number)],
            settings=self.plan("encode")["settings"],
            number=number,
        )

    @property
    def credentials(self) -> Credentials | None:
        """What the result is signed with, if that is wanted and its container can be signed."""
        return None if self.why_unsigned else self.plan("join")["settings"].get("credentials")

    @property
    def why_unsigned(self) -> str:
        """Why the result is not signed although that is wanted; "" if it is, or is not wanted."""
        plan = self.plan("join")
        return why_unsigned(f".{plan['container']}") if plan["settings"].get("credentials") else ""

    @cached_property
    def join_key(self) -> str:
        """What is done with a film in colour is not in it: that decides no coloured film."""
        plan = self.plan("join")
        signed = {"credentials": self.credentials["identity"]} if self.credentials else {}
        return make_key(
            "join",
            JOIN_VERSION,
            encode=[self.encode_key(n) for n in range(self.chunks)],
            container=plan["container"],
            digital_source_type=plan["settings"]["digital_source_type"],
            **signed,
        )

    def neighbours(self, number: int) -> range:
        """A chunk and those whose colours its steadying window reaches into."""
        return range(max(0, number - 1), min(self.chunks, number + 2))

    def adopt(self, path: str) -> None:
        """Take over the work files of a film that was renamed; ``path`` is its old one."""
        before = path_digest(path)[:16]
        if before == self.film or Path("plan/films", before).exists():
            return
        for record in Journal(Path("state/films", f"{before}.jsonl")).records():
            old = Path(record.get("path", ""))
            if old.parent.name == before and old.is_file():
                new = self.folder / old.name
                self.folder.mkdir(parents=True, exist_ok=True)
                os.replace(old, new)
                self.journal.append(record | {"path": str(new)})

    # Work files.

    @property
    def index_path(self) -> Path:
        return self.folder / f"index-{self.index_key[:16]}.npz"

    def colour_path(self, number: int) -> Path:
        return self.folder / f"colour-{number}-{self.colour_key(number)[:16]}.npz"

    def encode_path(self, number: int) -> Path:
        """What the names of an encoded chunk's files have in common."""
        return self.folder / f"encode-{number}-{self.encode_key(number)[:16]}"

    def encoded_parts(self, number: int) -> list[Path]:
        """The files of a chunk that was encoded; see `part_path`."""
        record = self.journal.find(self.encode_key(number)) or {}
        chunk = self.encode_path(number)
        return [part_path(chunk, part) for part in range(record.get("parts", 0))]

    def thumbs_path(self, number: int) -> Path:
        return self.encode_path(number).with_suffix(".npz")

    def load_index(self) -> FilmIndex:
        return FilmIndex.load(self.index_path)

    def stays_as_it_is(self, index: FilmIndex) -> bool:
        """Is nothing in this film to be coloured?"""
        return index.stays_as_it_is(self.plan("encode")["settings"]["tint"] == "keep")

    def has(self, key: str, path: Path) -> bool:
        """Is the work file of this key there, as it was written? Raises ItemError if its stage
        failed before under the same key.
        """
        record = self.journal.find(key)
        if record is not None and "reason" in record:
            raise ItemError(record["reason"], record["remedy"])
        return record is not None and "sha256" in record and is_intact(path, record)

    def record(self, key: str, path: Path, **more: Any) -> None:
        """Journal a finished work file, and what ``more`` there is to say of it."""
        self.journal.append(
            {"key": key, "path": str(path), "sha256": sha256_file(path), **stamp(path), **more}
        )

    def has_encoded(self, number: int) -> bool:
        """Are all files of this chunk there? Raises ItemError as `has` does."""
        key = self.encode_key(number)
        return self.has(key, self.thumbs_path(number)) and all(
            self.has(f"{key}.{part}", path) for part, path in enumerate(self.encoded_parts(number))
        )

    def record_encoded(self, number: int, parts: int) -> None:
        """Journal an encoded chunk of so many files; the record of the whole comes last."""
        key = self.encode_key(number)
        for part in range(parts):
            self.record(f"{key}.{part}", part_path(self.encode_path(number), part))
        self.record(key, self.thumbs_path(number), parts=parts)

    def record_failure(self, key: str, error: ItemError, row: dict[str, Any] | None = None) -> None:
        """Journal that a stage failed, so that it is not tried again under the same key."""
        if key:
            record = {"key": key, "reason": error.fault, "remedy": error.remedy}
            self.journal.append(record if row is None else record | {"row": row})

    # Done files.

    def done_path(self, name: str) -> Path:
        return Path("done/films", self.film, f"{name}.json")

    def read_done(self, name: str) -> dict[str, Any] | None:
        try:
            return read_json(self.done_path(name))
        except FileNotFoundError:
            return None

    def write_done(self, name: str, stage: str, **content: Any) -> None:
        write_json(self.done_path(name), {"plan": digest(self.plan(stage)), **content})
