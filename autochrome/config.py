"""The settings, checked against their schema, with errors in plain words."""

import difflib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

from .errors import ConfigError

if TYPE_CHECKING:
    import jsonschema

SCHEMA = Path(__file__).resolve().parents[1] / "workflow" / "schemas" / "config.schema.yaml"


# LibYAML's loader gives the same ten times as fast, and every job reads a few of these files.
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load_yaml(text: str) -> Any:
    """The value that YAML text stands for. Raises yaml.YAMLError."""
    return yaml.load(text, Loader=_LOADER)


def check_config(config: dict[str, Any]) -> None:
    """Raise ConfigError, naming the key and what is allowed, unless ``config`` fits the schema.

    Numbers, null, true and false that come as text become what they mean, in place: on Snakemake's
    command line the values of a mapping (``films={crf: 16}``) are all text.
    """
    schema = load_yaml(SCHEMA.read_text())
    _read_values(config, schema)
    check_schema(config, schema, "Setting ", "Take it over from config/config.yaml.")


def check_schema(value: Any, schema: dict[str, Any], what: str, remedy: str) -> None:
    """Raise ConfigError, naming the key and what is allowed, unless ``value`` fits ``schema``.

    ``what`` goes before the key: "Setting ", or the file that holds it. ``remedy`` is for a key
    that is missing.
    """
    errors = _validator(schema).iter_errors(value)
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


def _read_values(config: dict[str, Any], schema: dict[str, Any]) -> None:
    for key, allowed in schema["properties"].items():
        value = config.get(key)
        if isinstance(value, dict) and "properties" in allowed:
            _read_values(value, allowed)
        elif isinstance(value, str) and not _fits(value, allowed):
            meant = load_yaml(value)
            if _fits(meant, allowed):
                config[key] = meant


def _fits(value: Any, schema: dict[str, Any]) -> bool:
    return _validator(schema).is_valid(value)


def _validator(schema: dict[str, Any]) -> "jsonschema.Draft202012Validator":
    import jsonschema  # Only here: it takes long to load, and the children of jobs check nothing.

    return jsonschema.Draft202012Validator(schema)


def _unknown_key(what: str, key: str, error: "jsonschema.ValidationError") -> ConfigError:
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
