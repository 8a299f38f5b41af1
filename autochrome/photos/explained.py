"""One photograph on its way to colour, with what the network saw and said, for a figure."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..archive import HEAD_BYTES, open_source, recognise
from ..color import lightness_from_luma, tone_of
from ..errors import ItemError
from ..models import Distribution, ReadyModel, distribution_of
from .colour_space import as_srgb, neutral_as_srgb
from .faults import unsupported_format
from .formats import FORMATS
from .icc import profile_for_colour
from .picture import Picture, coloured_small, raised_ab, reduced, upright
from .steps import Steps, proxy_of, steps_of

_MOST_PIXELS = 1_000_000_000

View = tuple[float, float, float, float]


@dataclass(frozen=True)
class Explained:
    """A photograph's steps on a copy of moderate size, upright.

    ``original`` uint8 (H, W, 3) or (H, W), as it looks in sRGB; ``lightness`` float32 (H, W), 0
    to 100; ``seen``, that of the network's copy, (h, w); ``predicted`` float32 (h', w', 2), the
    network's ab, CIE units; ``raised`` (H, W, 2), those laid on the picture's codes; ``result``
    uint8 (H, W, 3), the codes of the result, and ``shown`` as they look in sRGB. ``view``: left,
    top, right, bottom of what the network saw, as parts of the whole. ``raster``: the dots of a
    halftone were taken out of its copy. ``in_colour``: it is in colour already, and a run leaves it
    alone. ``distribution`` is None for networks that have none.
    """

    original: NDArray[np.uint8]
    lightness: NDArray[np.float32]
    seen: NDArray[np.float32]
    predicted: NDArray[np.float32]
    raised: NDArray[np.float32]
    result: NDArray[np.uint8]
    shown: NDArray[np.uint8]
    view: View
    raster: bool
    in_colour: bool
    distribution: Distribution | None


def explained(photograph: Path, model: ReadyModel, settings: dict[str, Any]) -> Explained:
    """All steps of one photograph; ``settings`` as of `steps_of`.

    Raises ItemError if it cannot be read.
    """
    picture = _read(photograph)
    predictor = model.predictor()
    witness = _Witness(predictor)
    steps = steps_of(picture, proxy_of(picture, witness), witness, settings)

    def turned(array: NDArray) -> NDArray:
        return upright(array, picture.orientation)

    codes = np.clip(reduced(picture.luma), 0, 1)
    look = neutral_as_srgb(codes, picture.icc)
    original = np.rint(look * 255).astype(np.uint8)
    if picture.seen is not None:
        original = cv2.resize(as_srgb(picture.seen, picture.icc), codes.shape[::-1])
    result = coloured_small(picture, steps.ab)
    profile, _ = profile_for_colour(picture.icc)
    return Explained(
        original=turned(original),
        lightness=turned(lightness_from_luma(look)),
        seen=witness.seen,
        predicted=witness.predicted,
        raised=turned(raised_ab(picture, steps.ab, *codes.shape)),
        result=turned(result),
        shown=turned(as_srgb(result, profile)),
        view=_view(picture, steps, settings.get("crop")),
        raster=steps.period is not None,
        in_colour=picture.seen is not None
        and tone_of(as_srgb(picture.seen, picture.icc)).kind == "colour",
        distribution=distribution_of(model.exact.path, predictor.feeds(witness.seen[None])),
    )


class _Witness:
    """A predictor that keeps what it was shown and what it said, both of one picture."""

    def __init__(self, predictor):
        self._predictor = predictor
        self.input_size = predictor.input_size
        self.device = predictor.device

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        ab = self._predictor.predict(lightness)
        self.seen, self.predicted = lightness[0], ab[0]
        return ab


def _view(picture: Picture, steps: Steps, crop: tuple[float, ...] | None) -> View:
    if crop:
        top, right, bottom, left = crop
        return left, top, 1 - right, 1 - bottom
    height, width = steps.proxy.shape
    whole = np.zeros((round(height * picture.height / (picture.decoded or picture.height)), width))
    whole[steps.areas[-1]] = 1
    whole = upright(whole, picture.orientation)
    rows, columns = (np.flatnonzero(whole.any(axis=axis)) for axis in (1, 0))
    height, width = whole.shape
    return (
        columns[0] / width,
        rows[0] / height,
        (columns[-1] + 1) / width,
        (rows[-1] + 1) / height,
    )


def _read(photograph: Path) -> Picture:
    if photograph.is_dir():
        raise ItemError("It is a folder.", "Name one photograph in it.")
    try:
        with open_source(photograph) as file:
            kind, name = recognise(file.read(HEAD_BYTES), photograph.name)
        if kind == "film":
            raise ItemError(
                "It is a film; only photographs are explained.",
                "Take a frame out of it, for example: "
                f"ffmpeg -i {shlex.quote(photograph.name)} -frames:v 1 frame.png",
            )
        if kind != "photo" or name not in FORMATS:
            raise unsupported_format(photograph, name)
        return FORMATS[name].read(photograph, _MOST_PIXELS)
    except OSError as error:
        raise ItemError(
            f"It cannot be read: {error.strerror or error}.", "Check its path."
        ) from error
