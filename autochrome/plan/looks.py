"""Looks: named sets of saturation and temperature."""

from typing import Any

from ..models import Model

# A factor on the setting ``saturation``, and one on the network's own temperature.
LOOKS = {
    "faithful": (1.0, 1.0),
    "vivid": (1.2, 0.6),
    "gentle": (0.7, 1.0),
}


def saturation_of(config: dict[str, Any]) -> float:
    """The factor of chroma that the settings ask for."""
    return round(config["saturation"] * LOOKS[config["look"]][0], 4)


def temperature_of(config: dict[str, Any], model: Model) -> float | None:
    """The temperature that the settings ask for; None is the network's own.

    A temperature that is set goes before the look's; a network without one has none.
    """
    factor = LOOKS[config["look"]][1]
    if config["temperature"] is not None or factor == 1 or model.temperature is None:
        return config["temperature"]
    return round(model.temperature * factor, 4)
