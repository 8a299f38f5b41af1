"""Writes docs/settings.md from config/config.yaml and its schema:  python docs/make_settings.py"""

import re
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[1]
TARGET = REPOSITORY / "docs/settings.md"
_LINE = re.compile(r"(?P<indent> *)(?P<key>\w+):(?P<value> [^#]*?)?(?: +# (?P<about>.*))?$")
_HEAD = """# Settings

Made from `config/config.yaml` and its schema by `docs/make_settings.py`. How to change a setting,
and what a change costs: [`config/README.md`](../config/README.md). Settings for some of the items
only: [Overrides](overrides.md).

| setting | default | allowed | meaning |
|---|---|---|---|
"""


def settings_page() -> str:
    """The page's text."""
    schema = yaml.safe_load((REPOSITORY / "workflow/schemas/config.schema.yaml").read_text())
    rows, group = [], ""
    for line in (REPOSITORY / "config/config.yaml").read_text().splitlines():
        found = _LINE.match(line)
        if found is None:
            continue
        key, value = found["key"], (found["value"] or "").strip()
        if not found["indent"]:
            group = "" if value else f"{key}."
        if not value:
            continue
        allowed = schema["properties"]
        if group:
            allowed = allowed[group[:-1]]["properties"]
        about = _without_choices(found["about"] or "", allowed[key])
        rows.append(f"| `{group}{key}` | `{value}` | {_allowed(allowed[key])} | {about} |\n")
    return _HEAD + "".join(rows)


def _allowed(schema: dict[str, Any]) -> str:
    if "enum" in schema:
        return ", ".join(f"`{'null' if c is None else c}`" for c in schema["enum"])
    return schema.get("description", str(schema.get("type")))


def _without_choices(about: str, schema: dict[str, Any]) -> str:
    """The meaning without the choices at its beginning, which have a column of their own."""
    if "enum" in schema:
        about = re.sub(r"^[\w.]+( \| [\w.]+)+(: )?", "", about)
    return about.replace("|", "\\|")


if __name__ == "__main__":
    TARGET.write_text(settings_page())
