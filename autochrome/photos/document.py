"""Is a scan a document, a page of text, a form, a map, and not a photograph?

Such a page is paper of one tone with strokes on it: without the strokes, which are thinner than a
twentieth of the page, nothing but paper is left. A photograph has areas of many tones. Where light
fell unevenly on a page it is taken for a photograph: a page too many in colour is the lesser fault.
The rates are printed by benchmarks/documents.py.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

# The share of a side that is left out, since scans show the lid and the spine there.
_EDGE = 0.05
# Strokes are thinner than this part of the page.
_STROKE = 20
# Shares of the paper's own lightness: so far it may be from its median, so much darker is ink.
_SAME, _INK = 0.12, 0.15
# Paper is light, and almost all of the page; ink is some of it, and in so many of its 64 fields.
_LIGHT, _PAPER = 0.5, 0.95
_LEAST_INK, _MOST_INK = 0.02, 0.45
_FIELDS, _SPREAD = 8, 0.3


@dataclass(frozen=True)
class Page:
    """What a picture is like as a page: shares of it, from 0 to 1.

    ``paper``: what has the tone of its paper, strokes left out; ``ink``: what is darker than the
    paper around it; ``spread``: the fields of a grid of 8 x 8 with ink. ``light`` is the luma of
    the paper.
    """

    paper: float
    ink: float
    spread: float
    light: float

    @property
    def is_document(self) -> bool:
        return (
            self.light >= _LIGHT
            and self.paper >= _PAPER
            and _LEAST_INK <= self.ink <= _MOST_INK
            and self.spread >= _SPREAD
        )


def page_of(seen: NDArray[np.uint8]) -> Page:
    """Measure a picture; ``seen`` is its `overview`, uint8 (h, w)."""
    height, width = seen.shape
    edge = round(_EDGE * min(height, width))
    codes = np.ascontiguousarray(seen[edge : height - edge, edge : width - edge])
    stroke = max(3, min(codes.shape) // _STROKE | 1)
    around = cv2.morphologyEx(codes, cv2.MORPH_CLOSE, np.ones((stroke, stroke), np.uint8))
    light = max(1.0, float(np.median(around)))
    is_ink = around.astype(np.float32) - codes > _INK * light
    fields = cv2.resize(is_ink.astype(np.float32), (_FIELDS, _FIELDS), interpolation=cv2.INTER_AREA)
    return Page(
        paper=float((np.abs(around - np.float32(light)) < _SAME * light).mean()),
        ink=float(is_ink.mean()),
        spread=float((fields > _LEAST_INK).mean()),
        light=light / 255,
    )
