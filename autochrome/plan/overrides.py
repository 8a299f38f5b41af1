"""Settings of their own for some of the items: a table of paths, one row a glob.

The columns are ``path`` and any of: the settings of config/config.yaml that an item's result
depends on, under their names there (``saturation``, ``films.crf``); ``skip``; ``treat_as``;
``crop``. An empty cell leaves the setting as it is; of several rows, the last one counts.
"""

import copy
import csv
import fnmatch
import re
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from ..archive import Scan, unescape_tsv
from ..config import SCHEMA, check_schema, load_yaml
from ..errors import ConfigError
from ..models import find_model

TABLE = Path(__file__).resolve().parents[2] / "config" / "overrides.tsv"

# Settings of the whole run, which no item can have for itself; photos.tone is treat_as there.
_OF_THE_RUN = {
    *("archive", "output", "device", "accept_unknown_models", "failures", "redo", "prune"),
    *("overrides", "preview", "photos.batch_size", "photos.tone"),
    *("credentials.certificate", "credentials.key"),
}
_WILDCARDS = set("*?[")
# Less than half from each side, so that there is something left.
_PERCENT = r"[0-4]?\d(\.\d+)?"
_OF_AN_ITEM = {
    "path": {"type": "string", "minLength": 1, "description": "a glob of paths below the archive"},
    "skip": {"enum": ["yes", "no"]},
    "treat_as": {"enum": ["grey", "colour", "negative"]},
    "crop": {
        "type": "string",
        "pattern": rf"^{_PERCENT}( {_PERCENT}){{0,3}}$",
        "description": "percents below 50, as 2 (all sides) or 2 0 3 0 (top right bottom left)",
    },
}


@dataclass(frozen=True)
class Override:
    """One row: what its cells set for the paths that its glob matches."""

    glob: str
    values: dict[str, Any]

    @property
    def names_one(self) -> bool:
        """Does its glob match nothing but itself?"""
        return not _WILDCARDS & set(self.glob)

    def matches(self, path: str) -> bool:
        return fnmatch.fnmatchcase(path, self.glob)


@dataclass(frozen=True)
class Overrides:
    """The table. With no rows it changes nothing."""

    rows: tuple[Override, ...] = ()

    def of(self, path: str) -> dict[str, Any]:
        """What the table sets for the item at ``path``: values by column."""
        matching = [n for n in self._with_wildcards if self.rows[n].matches(path)]
        matching += self._by_path.get(path, ())
        return {k: v for n in sorted(matching) for k, v in self.rows[n].values.items()}

    @cached_property
    def _by_path(self) -> dict[str, list[int]]:
        """Numbers of the rows that name one item, of which there may be thousands."""
        numbers: dict[str, list[int]] = {}
        for number, row in enumerate(self.rows):
            if row.names_one:
                numbers.setdefault(row.glob, []).append(number)
        return numbers

    @cached_property
    def _with_wildcards(self) -> list[int]:
        return [number for number, row in enumerate(self.rows) if not row.names_one]

    def config_for(self, path: str, config: dict[str, Any]) -> dict[str, Any]:
        """The settings as they are for the item at ``path``.

        ``treat_as`` ("grey", "colour", "negative") is photos.tone for a photograph. For films it is
        a further setting, as is ``crop`` (shares of the picture's height and width, from its top,
        right, bottom and left); they are there only if a row sets them.
        """
        values = self.of(path)
        if not values:
            return config
        own = copy.deepcopy(config)
        for column, value in values.items():
            if column == "skip":
                continue
            group, _, key = column.rpartition(".")
            (own[group] if group else own)[key] = value
            if column == "treat_as":
                own["photos"]["tone"] = value
        return own

    def without_skipped(self, scan: Scan) -> Scan:
        """The scan without what the table says is to be skipped: counted as left alone."""
        kept = [
            e for e in scan.entries if e.kind == "other" or self.of(e.path).get("skip") != "yes"
        ]
        if skipped := len(scan.entries) - len(kept):
            left_alone = scan.left_alone | {"skipped by the table of overrides": skipped}
            return Scan(kept, dict(sorted(left_alone.items())), scan.faults)
        return scan

    def unmatched(self, paths: Collection[str]) -> dict[str, str]:
        """The globs that match none of ``paths``, and what to say of each beside that, or ""."""
        gone = self._by_path.keys() - set(paths)
        open_rows = [self.rows[number] for number in self._with_wildcards]
        for path in paths:
            if not open_rows:
                break
            open_rows = [row for row in open_rows if not row.matches(path)]
        globs = gone | {row.glob for row in open_rows}
        return {row.glob: _near_miss(row.glob, paths) for row in self.rows if row.glob in globs}

    def models(self, default: str) -> list[str]:
        """Names of all networks that items may be coloured with."""
        own = {row.values["model"] for row in self.rows if "model" in row.values}
        return [default, *sorted(own - {default})]


def _near_miss(glob: str, paths: Collection[str]) -> str:
    """Why a glob that matches nothing nearly does, if it does."""
    if any(fnmatch.fnmatchcase(path.lower(), glob.lower()) for path in paths):
        return "It would, were it not for capital and small letters."
    if any(fnmatch.fnmatchcase(path, f"{glob.rstrip('/')}/*") for path in paths):
        return f"It is a folder: write {glob.rstrip('/')}/* for all in it."
    return ""


def read_overrides(path: Path) -> Overrides:
    """The table at ``path``. Raises ConfigError, naming the line, for what it cannot hold."""
    try:
        with warnings.catch_warnings():
            # A cell more than there are columns would be lost with no more than a warning.
            warnings.simplefilter("error", pd.errors.ParserWarning)
            table = pd.read_csv(
                path, sep="\t", dtype=str, na_filter=False, quoting=csv.QUOTE_NONE,
                encoding="utf-8-sig", index_col=False,
            )  # fmt: skip
    except FileNotFoundError as error:
        raise ConfigError(f"There is no table {path}.", "Correct the setting overrides.") from error
    except pd.errors.EmptyDataError:
        return Overrides()
    except pd.errors.ParserWarning as error:
        raise ConfigError(
            f"{path}, line 2: there are more cells than columns named in the first line.",
            "Name every column, and let no line end in more tabs than the first.",
        ) from error
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"The table {path} cannot be read: {error}.",
            "It is text: cells between tabs, the columns' names in the first line.",
        ) from error
    _check_columns(list(table.columns), path)
    schema = _schema()
    names = schema | {"properties": dict.fromkeys(schema["properties"], {})}
    check_schema(dict.fromkeys([*table.columns, "path"]), names, f"{path}: the column ", "")
    rows, known = [], set()
    for line, cells in enumerate(table.to_dict("records"), 2):
        values = {
            name: _value(str(cell).strip(), schema["properties"][name])
            for name, cell in cells.items()
            if str(cell).strip()
        }
        if values:
            check_schema(values, schema, f"{path}, line {line}: ", "Give every row a path.")
            model = values.get("model")
            if model and model not in known:
                _check_model(model, f"{path}, line {line}: ")
                known.add(model)
            glob = unescape_tsv(values.pop("path"))
            rows.append(Override(glob, _as_settings(values)))
    return Overrides(tuple(rows))


def _check_columns(columns: list[str], path: Path) -> None:
    """Raise ConfigError for columns that are no settings of an item, and say what they are."""
    if len(columns) == 1 and re.search(r"[ ,;]", columns[0]):
        raise ConfigError(
            f"{path}: there is no tab in the first line.",
            "Put a tab between the cells; in a spreadsheet, save as text with tabs (TSV).",
        )
    for name in columns:
        if name in _OF_THE_RUN:
            raise ConfigError(
                f"{path}: the column {name} is a setting of the whole run.",
                "Take it out of the table, and set it with --config."
                + (" For single items there is treat_as." if name == "photos.tone" else ""),
            )


def _check_model(name: str, what: str) -> None:
    try:
        find_model(name)
    except ConfigError as error:
        raise ConfigError(f"{what}{error.fault}", error.remedy) from error


def _schema() -> dict[str, Any]:
    """What a row may hold, by column."""
    properties = {}
    for name, allowed in load_yaml(SCHEMA.read_text())["properties"].items():
        inner = allowed.get("properties", {})
        properties |= {f"{name}.{key}": value for key, value in inner.items()} or {name: allowed}
    columns = _OF_AN_ITEM | {n: a for n, a in properties.items() if n not in _OF_THE_RUN}
    return {
        "type": "object",
        "properties": columns,
        "required": ["path"],
        "additionalProperties": False,
    }


def _value(cell: str, allowed: dict[str, Any]) -> Any:
    """A cell as its column's schema wants it: text, or what YAML makes of it (a number, null)."""
    is_text = "enum" in allowed or allowed.get("type") == "string"
    try:
        return cell if is_text else load_yaml(cell)
    except yaml.YAMLError:
        return cell


def _as_settings(values: dict[str, Any]) -> dict[str, Any]:
    if "crop" not in values:
        return values
    top, *others = (float(side) / 100 for side in values["crop"].split())
    # As in CSS: a side that is not given is like the one across.
    right = others[0] if others else top
    bottom = others[1] if len(others) > 1 else top
    left = others[2] if len(others) > 2 else right
    return values | {"crop": [top, right, bottom, left]}
