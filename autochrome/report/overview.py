"""What the page shows that stands alone: failures, and a sample of before and after."""

import base64
from pathlib import Path
from typing import Any

import numpy as np

from .items import Item

_MOST_FAILURES = 50
# Thumbnails of about 60 kB in base64: the page stays at a megabyte or two.
_MOST_SAMPLES = 12
_STYLE = Path(__file__).resolve().parents[2] / "resources" / "report" / "style.css"


def overview_of(items: list[Item], report: Path) -> dict[str, Any]:
    """The values that the template has of its own; pictures below ``report`` become part of it."""
    failed = [item for item in items if item.status == "failed"]
    shown = [item for item in items if item.pairs and item.pairs[0]["before"]]
    places = np.linspace(0, len(shown) - 1, min(len(shown), _MOST_SAMPLES)).astype(int)
    return {
        "style": _STYLE.read_text(encoding="utf-8"),
        "failed": failed[:_MOST_FAILURES],
        "failures": len(failed),
        "samples": [
            (item, *(_inline(report / item.pairs[0][side]) for side in ("before", "after")))
            for item in (shown[place] for place in places)
        ],
    }


def _inline(picture: Path) -> str:
    return f"data:image/jpeg;base64,{base64.b64encode(picture.read_bytes()).decode()}"
