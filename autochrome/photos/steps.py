"""From a photograph's luma to the map of its colours: what is done to the network's copy."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..models import CroppedPredictor, Predictor, predict_ab
from .album import photographs_on
from .border import Area, with_border, without_border
from .colour_space import ab_for_codes, neutral_as_srgb
from .halftone import without_raster
from .picture import Picture, as_stored, extended, overview, reduced, upright


@dataclass(frozen=True)
class Proxy:
    """The reduced luma of those rows of a picture that are there, float32 (h, w) in [0, 1]; and
    the `overview` of it, uint8 (h', w').
    """

    luma: NDArray[np.float32]
    overview: NDArray[np.uint8]


@dataclass(frozen=True)
class Steps:
    """A photograph on its way to colour, its rows as they are stored.

    ``proxy`` float32 (h, w) in [0, 1], the reduced luma of the rows that are there; ``areas`` the
    parts of it inside a border, or several on an album page, of which the network is shown a copy
    each; ``period`` that of a halftone's raster in the copy, in pixels, None where there is none;
    ``proxy_ab`` float32 (h', w', 2), CIE units, the colours of the proxy, and ``ab`` those of the
    whole picture.
    """

    proxy: NDArray[np.float32]
    areas: tuple[Area, ...]
    period: float | None
    proxy_ab: NDArray[np.float32]
    ab: NDArray[np.float32]

    @property
    def has_border(self) -> bool:
        return len(self.areas) == 1 and self.proxy[self.areas[0]].shape != self.proxy.shape


def proxy_of(picture: Picture, predictor: Predictor) -> Proxy:
    """The copy of a picture that is looked at, large enough for this predictor."""
    decoded = picture.decoded or picture.height
    luma = reduced(picture.luma[:decoded], _proxy_side(predictor, decoded, picture.width))
    return Proxy(luma, overview(luma))


def steps_of(
    picture: Picture,
    proxy: Proxy,
    predictor: Predictor,
    settings: dict[str, Any],
) -> Steps:
    """The colours of a picture of which `proxy_of` made the copy.

    ``settings`` are saturation and, where a person gave it, crop.
    """
    decoded = picture.decoded or picture.height
    luma = proxy.luma
    if settings.get("crop"):
        predictor = CroppedPredictor(predictor, tuple(settings["crop"]))
        areas = [(slice(0, luma.shape[0]), slice(0, luma.shape[1]))]
    else:
        pictures = photographs_on(proxy.overview, luma.shape)
        areas = [_inside(area, luma) for area in pictures] or [without_border(luma)]
    looks = [_look(picture, luma, area, predictor) for area in areas]
    seen_ab = np.sum([ab for ab, _ in looks], axis=0) * np.float32(settings["saturation"])
    period = next((period for _, period in looks if period is not None), None)
    proxy_ab = ab_for_codes(seen_ab, luma, picture.icc)
    ab = proxy_ab if decoded == picture.height else extended(proxy_ab, decoded, picture.height)
    return Steps(luma, tuple(areas), period, proxy_ab, ab)


def _inside(area: Area, proxy: NDArray[np.float32]) -> Area:
    """The same without the border of the print that lies there."""
    rows, columns = without_border(proxy[area])
    top, left = area[0].start, area[1].start
    return (
        slice(top + rows.start, top + rows.stop),
        slice(left + columns.start, left + columns.stop),
    )


def _look(
    picture: Picture, proxy: NDArray[np.float32], area: Area, predictor: Predictor
) -> tuple[NDArray[np.float32], float | None]:
    """What the network says of an area of the proxy, as a map of the whole, neutral around it.

    And the period of the raster that was taken out of the area's copy.
    """
    tones, period = without_raster(proxy[area])
    seen = neutral_as_srgb(tones, picture.icc)
    ab = predict_ab(predictor, upright(seen, picture.orientation))
    return with_border(as_stored(ab, picture.orientation), area, proxy.shape), period


def _proxy_side(predictor: Predictor, height: int, width: int) -> int:
    """How long the reduced copy must be at least, so that the network's own is half of it."""
    return 2 * max(max(predictor.input_size(*size)) for size in ((height, width), (width, height)))
