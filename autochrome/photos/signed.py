"""Content credentials in a coloured photograph, which stays the picture that it was."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..archive import temporary_beside
from ..credentials import FORMS, SIGNED, UNSIGNED, sign
from ..errors import ItemError
from ..models import Predictor, negativity
from .colour import colour_photo
from .faults import writing_results
from .formats import FORMATS
from .picture import luma_difference
from .tiff_pages import LEFT, pictures_of

# The formats in which what can be signed is written.
_SIGNED = {".jpg": "jpeg", ".png": "png", ".tif": "tiff", ".webp": "webp"}


def colour_and_sign(
    source: Path,
    part: Path,
    name: str,
    predictor: Predictor,
    settings: dict[str, Any],
    facts: dict[str, str],
    negativity: Callable[[NDArray[np.uint8]], float] = negativity,
) -> dict[str, Any]:
    """As `colour_photo`; what was coloured is signed with the ``credentials`` of the settings.

    ``name`` is a format whose results C2PA knows.
    """
    outcome = colour_photo(source, part, name, predictor, settings, facts, negativity)
    if outcome["status"] in LEFT:
        return outcome
    suffix = FORMATS[name].suffix
    if suffix == ".tif" and len(pictures_of(part)) > 1:
        outcome["checks"]["credentials"] = "none: a TIFF of several pictures is not signed"
    else:
        with writing_results(part.parent):
            _sign(source, part, name, settings, facts)
        outcome["checks"]["credentials"] = SIGNED
    return outcome


def _sign(source: Path, part: Path, name: str, settings, facts: dict[str, str]) -> None:
    suffix, most = FORMATS[name].suffix, settings["max_pixels"]
    reader = FORMATS[_SIGNED[suffix]].read
    unsigned = temporary_beside(part)
    try:
        shutil.copyfile(part, unsigned)
        credentials = settings["credentials"]
        sign(part, FORMS[suffix], source, f"image/{name}", source.name, facts, credentials)
        before, after = reader(unsigned, most), reader(part, most)
        kept = (before.icc, before.xmp) == (after.icc, after.xmp)
        if luma_difference(before.luma, after.luma) or not kept:
            raise ItemError("Signing would change the picture or its metadata.", UNSIGNED)
    finally:
        unsigned.unlink(missing_ok=True)
