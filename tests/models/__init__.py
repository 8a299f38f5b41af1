"""What other rooms' tests need of the networks."""

from typing import Any

from autochrome.models import find_model


def planned_compact(precision: str = "auto") -> dict[str, Any]:
    """The embedded network as a plan names it."""
    return find_model("compact").identity() | {"precision": precision}
