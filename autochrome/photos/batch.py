"""A batch of photographs: what is missing is coloured, everything is recorded.

The working directory is the results folder. Each photograph is coloured in a child process; some
work side by side (`lanes_for`). This process runs the network for them, looks up keys, moves
results to their places and writes the journal.
"""

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import cv2

from .. import __version__
from ..archive import (
    canonical_json,
    changed_while_read,
    copy_source,
    digest,
    hash_source,
    make_key,
    name_of_copy,
    open_source,
    read_json,
    sha256_file,
    stamp,
    temporary_beside,
    write_json,
)
from ..credentials import why_unsigned
from ..errors import AutochromeError, BlockedError, ItemError, reason_of
from ..isolation import IsolatedWorker, load_ahead
from ..models import ReadyModel, SharedPredictor, default_folders, pick_device, ready_model
from .faults import PixelLimitError, empty_file, writing_results
from .formats import modules_for, result_suffix
from .headers import weigh
from .lanes import NETWORKS, SIDE_BY_SIDE, Lanes, lanes_for, may_pair
from .lookup import Lookup
from .picture import sidecar_of
from .tiff_pages import LEFT

# Decides the pixels of results: raise it by hand when they change (a golden test tells).
VERSION = 9

# What a child does with a photograph.
_COLOUR = f"{__package__}.colour:colour_photo"
_COLOUR_AND_SIGN = f"{__package__}.signed:colour_and_sign"

# Settings that decide a result; the last two only where they do something.
_DECIDING = ("saturation", "digital_source_type", "tone", "crop", "visible_mark")
_SECONDS = 600
_SECONDS_PER_MEGABYTE = 10
# So many photographs beyond the children's are read, moved and recorded meanwhile.
_ON_THE_WAY = 2

Row = dict[str, Any]


def colour_batch(plan: Path, done: Path, threads: int, device: str = "cpu") -> None:
    """Do what is missing of the plan's photographs, and write ``done`` last.

    ``plan`` and ``done`` are relative to the results folder, which is the working directory. A
    fault of a photograph becomes a row with the status "failed". Raises AutochromeError only for
    faults of the whole run: a model that is missing, a full disk, a folder without permission.
    """
    batch = _Batch(read_json(plan))
    rows = batch.rows(threads, device)
    with writing_results(done.parent):
        write_json(done, {"plan": digest(batch.plan), "rows": rows})


class _Batch:
    """One plan and what its photographs share: where to look first, and most of their settings."""

    def __init__(self, plan: dict[str, Any]):
        self.plan = plan
        self.results = Path.cwd()
        self._models: dict[str, ReadyModel] = {}
        self.lookup = Lookup(plan["bucket"])
        self.one_of_a_kind: dict[str, threading.Lock] = {}

    def settings_of(self, item: dict[str, Any]) -> dict[str, Any]:
        """The photograph's settings: the plan's, and what a person wants otherwise for it."""
        return self.plan["settings"] | item.get("settings", {})

    def model_of(self, item: dict[str, Any]) -> ReadyModel:
        planned = item.get("model", self.plan["model"])
        temperature = self.settings_of(item)["temperature"]
        is_own = "model" in item or "settings" in item
        key = canonical_json([planned, temperature]) if is_own else ""
        if key not in self._models:
            self._models[key] = ready_model(planned, default_folders().converted, temperature)
        return self._models[key]

    def rows(self, threads: int, device: str) -> list[Row]:
        """The rows of all photographs, in the plan's order. One network is held at a time."""
        items = self.plan["items"]
        alike: dict[ReadyModel, list[int]] = {}
        for number, item in enumerate(items):
            alike.setdefault(self.model_of(item), []).append(number)
        rows: dict[int, Row] = {}
        formats = modules_for(item["format"] for item in items)
        load_ahead(f"{__package__}.colour", "openvino", *sorted(formats))
        with ExitStack() as stack:
            count = lanes_for(threads, len(items))
            lanes = stack.enter_context(Lanes(count, _start_lane))
            pool = ThreadPoolExecutor(count + _ON_THE_WAY)
            stack.callback(pool.shutdown, cancel_futures=True)
            for model, numbers in alike.items():
                picked = pick_device(device)
                copies = min(NETWORKS, threads) if picked == "cpu" else 1
                load = partial(model.predictor, threads // copies, picked)
                network = SharedPredictor(load, model.input, picked, copies)
                row = partial(self.row_of, lanes=lanes, network=network)
                found = pool.map(row, [items[number] for number in numbers])
                rows |= zip(numbers, found, strict=True)
        return [rows[number] for number in range(len(items))]

    def row_of(self, item: dict[str, Any], lanes: Lanes, network: SharedPredictor) -> Row:
        """The row of one photograph, done now or found done."""
        row = self._new_row(item)
        source = Path(self.plan["archive"], item["path"])
        try:
            before = stamp(source)
            row["size"] = before["size"]
            row["sha256"] = hash_source(source)
        except OSError as error:
            return _failed(
                row,
                f"It cannot be read: {error.strerror}.",
                "Give read permission, or check that it is still there.",
            )
        except ItemError as error:
            return _failed(row, error.fault, error.remedy)
        row["key"] = self._key(row["sha256"], item)
        if not row["size"]:
            empty = empty_file()
            return _failed(row, empty.fault, empty.remedy)
        # Of equal photographs one is coloured, and the others find it.
        with self.one_of_a_kind.setdefault(row["key"], threading.Lock()):
            try:
                found = self.lookup.find(row["key"], item["result"])
                if found is not None:
                    found |= {"source": item["path"]}
                    row = self._settled(source, item, found)
                else:
                    row = self._coloured(source, item, row, before, lanes, network)
            except ItemError as error:
                return _failed(row | {"key": ""}, error.fault, error.remedy)
            return self._told_of_signing(item, row)

    def _new_row(self, item: dict[str, Any]) -> Row:
        unknown = ("width", "height", "result_size", "result_mtime_ns", "colorfulness")
        empty = ("sha256", "key", "result", "result_sha256", "status", "reason", "remedy")
        model = self.model_of(item)
        return {
            "source": item["path"],
            "kind": "photo",
            "size": item["size"],
            "frames": 1,
            "model": model.name,
            "model_sha256": model.sha256,
            "precision": model.form.precision,
            "luma_error": None,
            "checks": {},
            **dict.fromkeys(unknown),
            **dict.fromkeys(empty, ""),
        }

    def _key(self, sha256: str, item: dict[str, Any]) -> str:
        return make_key(
            "photo",
            VERSION,
            source=sha256,
            model=self.model_of(item).identity(),
            settings=self._deciding(item),
            suffix=Path(item["result"]).suffix.lower() or result_suffix(item["format"])[0],
        )

    def _deciding(self, item: dict[str, Any]) -> dict[str, Any]:
        """The settings that decide the result."""
        settings = self.settings_of(item)
        deciding = {n: settings[n] for n in _DECIDING if settings.get(n, "none") != "none"}
        if self._is_signed(item):
            deciding["credentials"] = settings["credentials"]["identity"]
        return deciding | {"temperature": self.model_of(item).temperature}

    def _is_signed(self, item: dict[str, Any]) -> bool:
        """Is its result to be signed, and of a format that can be?"""
        suffix = result_suffix(item["format"])[0]
        return "credentials" in self.settings_of(item) and not why_unsigned(suffix)

    def _told_of_signing(self, item: dict[str, Any], row: Row) -> Row:
        """The row with why there are no credentials, where they are wanted and cannot be.

        The journal knows nothing of it: such a result is the same with credentials and without.
        """
        unsigned = why_unsigned(result_suffix(item["format"])[0])
        is_coloured = row["status"] in ("coloured", "partial")
        if is_coloured and unsigned and "credentials" in self.settings_of(item):
            row["checks"] = row["checks"] | {"credentials": unsigned}
        return row

    def _coloured(self, source: Path, item, row: Row, before, lanes: Lanes, network) -> Row:
        """Colour it in a child, move the result to its place, record it."""
        with writing_results(self.results):
            part = temporary_beside(self.results / item["result"])
        try:
            outcome = self._in_a_lane(lanes, source, part, item, row, network)
            if _changed(source, before):
                return _moved(row)
            row |= outcome
            if row["status"] in LEFT:
                self.lookup.record(row)
                return self._settled(source, item, row)
            row["checks"]["made_by"] = {"version": __version__, "settings": self._deciding(item)}
            with writing_results(self.results):
                self._place(part, item["result"], row)
        except PixelLimitError as error:
            # Known from the header alone, and it depends on a setting that is not in the key.
            return _failed(row, error.fault, error.remedy)
        except BlockedError:
            raise
        except ItemError as error:
            _failed(row, error.fault, error.remedy)
        except MemoryError:
            _failed(row, "There was not enough memory for it.", "Give the job more memory.")
        except AutochromeError:
            raise
        except Exception as error:  # whatever a decoder raises is a fault of this item only
            _failed(row, f"{reason_of(error)}.", "Convert it to TIFF or PNG and try that.")
        finally:
            part.unlink(missing_ok=True)
            sidecar_of(part).unlink(missing_ok=True)
        if row["status"] == "failed" and _changed(source, before):
            return _moved(row)
        self.lookup.record(row)
        return row

    def _in_a_lane(self, lanes: Lanes, source: Path, part: Path, item, row: Row, network):
        """What `colour_photo` says. How large a photograph is shows when it is read."""
        settings = self.settings_of(item)
        most = settings["max_pixels"]

        def colour(worker: IsolatedWorker, max_pixels: int) -> dict[str, Any]:
            # It may have waited long, and a decoder would wait for ever for what is not a file.
            open_source(source).close()
            return worker.call(
                _COLOUR_AND_SIGN if self._is_signed(item) else _COLOUR,
                source,
                part,
                item["format"],
                network.lent,
                settings | {"max_pixels": max_pixels, "comes_again": max_pixels < most},
                self._facts(row, item),
                network.lent.negativity,
                timeout=_SECONDS + _SECONDS_PER_MEGABYTE * row["size"] / 1e6,
                answer=network.answer,
            )

        try:
            with lanes.beside_others() as worker:
                return colour(worker, min(most, SIDE_BY_SIDE))
        except PixelLimitError:
            if most <= SIDE_BY_SIDE:
                raise
        with open_source(source) as file:
            place = lanes.in_pair if may_pair(*weigh(file, item["format"])) else lanes.alone
        with place() as worker:
            return colour(worker, most)

    def _place(self, part: Path, result: str, row: Row) -> None:
        """Make ``part`` the result, and note in the row what it is."""
        with open(part, "rb") as file:
            os.fsync(file.fileno())
        sha256 = sha256_file(part)
        if sidecar_of(part).is_file():
            beside = f"{result}.xmp"
            os.replace(sidecar_of(part), beside)
            row["checks"]["files_beside"] = {beside: sha256_file(beside)}
        os.replace(part, result)
        now = stamp(result)
        row |= {"result": result, "result_sha256": sha256}
        row |= {"result_size": now["size"], "result_mtime_ns": now["mtime_ns"]}

    def _settled(self, source: Path, item, row: Row) -> Row:
        """The row with what the settings want for a photograph that is in colour already."""
        if row["status"] not in ("left_colour", "copied"):
            return row
        row = row | {"result": "", "result_sha256": "", "status": "left_colour"}
        row["reason"] = _why_left(self.settings_of(item)["tone"])
        row |= {"result_size": None, "result_mtime_ns": None}
        if self.settings_of(item)["already_colour"] == "copy":
            with writing_results(self.results):
                result = name_of_copy(item["path"], item["result"])
                part = temporary_beside(Path(result))
                try:
                    _copy(source, part, row["sha256"])
                    self._place(part, result, row)
                finally:
                    part.unlink(missing_ok=True)
            row["status"] = "copied"
        return row

    def _facts(self, row: Row, item: dict[str, Any]) -> dict[str, str]:
        """What the mark in the result says of how it was made."""
        model, settings = self.model_of(item), self.settings_of(item)
        return {
            "software": "Autochrome",
            "version": __version__,
            "model": model.name,
            "model_sha256": model.sha256,
            "precision": model.form.precision,
            "temperature": str(model.temperature),
            "saturation": str(settings["saturation"]),
            "source_sha256": row["sha256"],
            "digital_source_type": settings["digital_source_type"],
        }


def _start_lane() -> IsolatedWorker:
    """A child. The lanes keep the cores busy; OpenCV's threads would spin while they wait."""
    return IsolatedWorker(cv2.setNumThreads, (1,))


def _copy(source: Path, part: Path, sha256: str) -> None:
    """Copy the photograph. Raises ItemError if it is no longer the one of this SHA-256."""
    try:
        is_same = copy_source(source, part) == sha256
    except FileNotFoundError:
        is_same = False
    if not is_same:
        raise changed_while_read()


def _why_left(tone: str) -> str:
    """The reason of a photograph that stays as it is; ``tone`` as in the settings."""
    if tone == "colour":
        return "It is taken for colour, as the settings say (treat_as or photos.tone)."
    return "It is in colour already."


def _failed(row: Row, reason: str, remedy: str) -> Row:
    row |= {"status": "failed", "reason": reason, "remedy": remedy}
    return row


def _moved(row: Row) -> Row:
    """A failure that is not the photograph's: without its key, the next run tries again."""
    row["key"] = ""
    changed = changed_while_read()
    return _failed(row, changed.fault, changed.remedy)


def _changed(source: Path, before: dict[str, Any]) -> bool:
    try:
        return stamp(source) != before
    except OSError:
        return True
