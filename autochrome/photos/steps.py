"""One photograph on its way to colour, step by step, for a figure that explains it."""

from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from ..archive import HEAD_BYTES, recognise
from ..color import chroma_from_ab, lightness_from_luma, raise_ab, rgb_from_luma_chroma
from ..errors import ItemError
from ..models import Distribution, ReadyModel, distribution_of
from .faults import unsupported_format
from .formats import FORMATS
from .picture import reduced, upright

_MOST_PIXELS = 1_000_000_000


@dataclass(frozen=True)
class Steps:
    """``original`` uint8 (H, W, 3) or (H, W); ``lightness`` float32 (H, W), 0 to 100; ``seen``, the
    same as the network gets it, (h, w); ``ab`` float32 (h', w', 2) as predicted and ``raised``
    (H, W, 2), CIE units; ``result`` uint8 (H, W, 3). All upright. ``distribution`` is None for
    networks that have none.
    """

    original: NDArray[np.uint8]
    lightness: NDArray[np.float32]
    seen: NDArray[np.float32]
    ab: NDArray[np.float32]
    raised: NDArray[np.float32]
    result: NDArray[np.uint8]
    distribution: Distribution | None


def steps_of(photograph: Path, model: ReadyModel, saturation: float = 1.0) -> Steps:
    """All steps, on a copy of moderate size. Raises ItemError if it cannot be read."""
    try:
        with photograph.open("rb") as file:
            kind, name = recognise(file.read(HEAD_BYTES), photograph.name)
        if kind != "photo" or name not in FORMATS:
            raise unsupported_format(photograph, name)
        picture = FORMATS[name].read(photograph, _MOST_PIXELS)
    except OSError as error:
        raise ItemError(
            f"{photograph} cannot be read: {error.strerror or error}.", "Check its path."
        ) from error
    luma = upright(reduced(picture.luma), picture.orientation)
    codes = np.rint(np.clip(luma, 0, 1) * 255).astype(np.uint8)
    original = codes
    if picture.seen is not None:
        original = cv2.resize(upright(picture.seen, picture.orientation), luma.shape[::-1])
    predictor = model.predictor()
    lightness = lightness_from_luma(np.clip(luma, 0, 1))
    height, width = predictor.input_size(*luma.shape)
    small = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    seen = lightness_from_luma(np.clip(small, 0, 1))
    ab = predictor.predict(seen[None])[0]
    raised = raise_ab(ab * np.float32(saturation), *luma.shape)
    chroma = chroma_from_ab(codes / np.float32(255), raised)
    return Steps(
        original=original,
        lightness=lightness,
        seen=seen,
        ab=ab,
        raised=raised,
        result=rgb_from_luma_chroma(codes, chroma),
        distribution=distribution_of(model.exact.path, predictor.feeds(seen[None])),
    )
