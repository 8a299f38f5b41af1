"""From a photograph's luma to the map of its colours: what is done to the network's copy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models import CroppedPredictor, Predictor, predict_ab
from .border import Area, with_border, without_border
from .colour_space import ab_for_codes, neutral_as_srgb
from .halftone import without_raster
from .picture import Picture, as_stored, extended, reduced, upright


@dataclass(frozen=True)
class Steps:
    """A photograph on its way to colour, its rows as they are stored.

    ``proxy`` float32 (h, w) in [0, 1], the reduced luma of the rows that are there; ``area`` the
    part of it inside a border, of which the network is shown a copy; ``period`` that of a
    halftone's raster in the copy, in pixels, None where there is none; ``proxy_ab`` float32
    (h', w', 2), CIE units, the colours of the proxy, and ``ab`` those of the whole picture.
    """

    proxy: NDArray[np.float32]
    area: Area
    period: float | None
    proxy_ab: NDArray[np.float32]
    ab: NDArray[np.float32]

    @property
    def has_border(self) -> bool:
        return self.proxy[self.area].shape != self.proxy.shape


def steps_of(picture: Picture, predictor: Predictor, settings: dict[str, Any]) -> Steps:
    """The colours of a picture; ``settings`` are saturation and, where a person gave it, crop."""
    decoded = picture.decoded or picture.height
    proxy = reduced(picture.luma[:decoded], _proxy_side(predictor, decoded, picture.width))
    if settings.get("crop"):
        predictor = CroppedPredictor(predictor, tuple(settings["crop"]))
        area = slice(0, proxy.shape[0]), slice(0, proxy.shape[1])
    else:
        area = without_border(proxy)
    tones, period = without_raster(proxy[area])
    seen = neutral_as_srgb(tones, picture.icc)
    seen_ab = predict_ab(predictor, upright(seen, picture.orientation))
    seen_ab = as_stored(seen_ab, picture.orientation) * np.float32(settings["saturation"])
    seen_ab = with_border(seen_ab, area, proxy.shape)
    proxy_ab = ab_for_codes(seen_ab, proxy, picture.icc)
    ab = proxy_ab if decoded == picture.height else extended(proxy_ab, decoded, picture.height)
    return Steps(proxy, area, period, proxy_ab, ab)


def _proxy_side(predictor: Predictor, height: int, width: int) -> int:
    """How long the reduced copy must be at least, so that the network's own is half of it."""
    return 2 * max(max(predictor.input_size(*size)) for size in ((height, width), (width, height)))
