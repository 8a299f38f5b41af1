"""A visible sign that a picture was coloured: three dots, red, green and blue, at lower right.

It is drawn in chroma alone, before the colours are fitted into the gamut, so that the luma stays
as it is everywhere. Where the picture is black or white it has no room, and cannot be seen.
"""

import numpy as np
from numpy.typing import NDArray

# CIE units of a and b: clear on mid-tones; the gamut's own limit is what they are shrunk to.
_DOTS = ((70, 50), (-65, 55), (15, -85))
# In shares of the picture's shorter side, a dot's diameter; in diameters, the gap between dots and
# the distance from the edges.
_DIAMETER, _GAP, _MARGIN = 0.025, 0.4, 1.0
# Rows of the map that a dot has at least.
_LEAST = 3


def lay_badge(
    ab: NDArray[np.float32],
    height: int,
    first_row: int = 0,
    orientation: int = 1,
    aspect: float = 1.0,
) -> None:
    """Draw the dots into ``ab``, in place.

    ``ab`` float32 (rows, width, 2), CIE units: rows ``first_row`` … of a whole of ``height``, with
    the same values however it is cut into strips. ``orientation`` (1 … 8, as EXIF counts) says
    which corner a person sees at lower right; ``aspect`` is the width of one sample over its
    height.
    """
    rows, width = ab.shape[:2]
    diameter = max(_DIAMETER * min(height, width * aspect), _LEAST)
    # Distances from the corner, along the row of dots and across it, in heights of a sample.
    down = np.arange(first_row, first_row + rows) + 0.5
    across = (np.arange(width) + 0.5) * aspect
    swapped = orientation >= 5
    from_top = orientation in ((2, 3, 6, 7) if swapped else (3, 4, 7, 8))
    from_left = orientation in ((3, 4, 7, 8) if swapped else (2, 3, 6, 7))
    down = down if from_top else height - down
    across = across if from_left else width * aspect - across
    reach = diameter * (_MARGIN + len(_DOTS) * (1 + _GAP))
    own_rows, own_columns = np.flatnonzero(down < reach), np.flatnonzero(across < reach)
    if not len(own_rows) or not len(own_columns):
        return
    place = np.s_[own_rows[0] : own_rows[-1] + 1, own_columns[0] : own_columns[-1] + 1]
    down, across = down[own_rows][:, None], across[own_columns][None, :]
    along, beside = (down, across) if swapped else (across, down)
    for number, colour in enumerate(reversed(_DOTS)):
        centre = diameter * (_MARGIN + 0.5 + number * (1 + _GAP))
        distance = np.hypot(along - centre, beside - diameter * (_MARGIN + 0.5))
        share = np.clip(diameter / 2 - distance + 0.5, 0, 1).astype(np.float32)[..., None]
        ab[place] += share * (np.asarray(colour, np.float32) - ab[place])
