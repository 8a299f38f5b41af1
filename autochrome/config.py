"""The settings, checked against their schema, with errors in plain words."""

import difflib
from pathlib import Path
from typing import Any

import jsonschema
import yaml

from .errors import ConfigError

SCHEMA = Path(__file__).resolve().parents[1] / "workflow" / "schemas" / "config.schema.yaml"


def check_config(config: dict[str, Any]) -> None:
    """Raise ConfigError, naming the key and what is allowed, unless ``config`` fits the schema.

    Numbers that come as text become numbers, in place: on Snakemake's command line the values
    of a mapping (``films={crf: 16}``) are all text.
    """
    schema = yaml.safe_load(SCHEMA.read_text())
    _read_numbers(config, schema)
    check_schema(config, schema, "Setting ", "Take it over from config/config.yaml.")


def check_schema(value: Any, schema: dict[str, Any], what: str, remedy: str) -> None:
    """Raise ConfigError, naming the key and what is allowed, unless ``value`` fits ``schema``.

    ``what`` goes before the key: "Setting ", or the file that holds it. ``remedy`` is for a key
    that is missing.
    """
    errors = jsonschema.Draft202012Validator(schema).iter_errors(value)
    error = next(iter(sorted(errors, key=lambda e: list(map(str, e.absolute_path)))), None)
    if error is None:
        return
    key = ".".join(map(str, error.absolute_path))
    if error.validator == "additionalProperties":
        raise _unknown_key(what, key, error)
    if error.validator == "required":
        missing = next(name for name in error.validator_value if name not in error.instance)
        raise ConfigError(f"{what}{f'{key}.' if key else ''}{missing} is missing.", remedy)
    name = f"{key}: " if key else ""
    raise ConfigError(f"{what}{name}{error.instance!r} is not possible.", _allowed(error.schema))


def _read_numbers(config: dict[str, Any], schema: dict[str, Any]) -> None:
    for key, allowed in schema["properties"].items():
        value = config.get(key)
        if isinstance(value, dict) and "properties" in allowed:
            _read_numbers(value, allowed)
        elif isinstance(value, str) and _takes_number(allowed):
            number = yaml.safe_load(value)
            if isinstance(number, int | float) and not isinstance(number, bool):
                config[key] = number


def _takes_number(allowed: dict[str, Any]) -> bool:
    ways = allowed.get("anyOf", [allowed])
    return any(way.get("type") in ("number", "integer") for way in ways)


def _unknown_key(what: str, key: str, error: jsonschema.ValidationError) -> ConfigError:
    known = sorted(error.schema["properties"])
    unknown = sorted(map(str, set(error.instance) - set(known)))[0]
    name = f"{key}.{unknown}" if key else unknown
    close = difflib.get_close_matches(unknown, known, n=1)
    remedy = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(known)}."
    return ConfigError(f"{what}{name} is not known.", remedy)


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return f"Allowed: {', '.join(map(str, schema['enum']))}."
    if "properties" in schema:
        return f"Allowed: a mapping with {', '.join(schema['properties'])}."
    return f"Allowed: {schema.get('description', schema.get('type'))}."
