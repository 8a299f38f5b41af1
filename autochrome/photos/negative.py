"""Is a scan a negative? What is asked of `models.negativity`, and where there is nothing to ask."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .border import without_border
from .document import Page
from .picture import upright
from .steps import Proxy

# In less than so many pixels of the overview there is nothing that a negative could be told by;
# nor on a sheet of one tone, of which the paper is this share.
_LEAST_SIDE, _ALL_PAPER = 32, 0.9


def negative_figure(
    proxy: Proxy,
    page: Page,
    orientation: int,
    negativity: Callable[[NDArray[np.uint8]], float],
) -> float | None:
    """The log odds that a picture is a negative, without its border; None if they are not asked.

    ``page`` is the picture as a page, ``orientation`` as EXIF counts.
    """
    seen = proxy.overview[without_border(proxy.overview / np.float32(255))]
    if min(seen.shape) < _LEAST_SIDE or page.paper >= _ALL_PAPER:
        return None
    return negativity(upright(seen, orientation))
