"""One photograph, from its file to the coloured one: what runs in the child process."""

from dataclasses import asdict, dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..color import chroma_from_ab, colorfulness, raise_ab, rgb_from_luma_chroma, tone_of
from ..errors import ItemError
from ..mark import marked_xmp
from ..models import CroppedPredictor, NetworkPredictor, Predictor, ReadyModel, predict_ab
from .faults import damaged, unsupported_format, writing_results
from .formats import FORMATS
from .picture import Picture, as_stored, extended, reduced, upright

# Decides the pixels of results: raise it by hand when they change (a golden test tells).
VERSION = 1

# Below this colorfulness a result looks grey.
_HARDLY_ANY = 2.0


@dataclass
class Outcome:
    """What became of one photograph, for its row."""

    status: str
    width: int
    height: int
    reason: str = ""
    colorfulness: float | None = None
    luma_error: int | None = None
    checks: dict[str, Any] = field(default_factory=dict)


@lru_cache(maxsize=1)
def predictor_for(model: ReadyModel, threads: int, device: str) -> NetworkPredictor:
    """The model's predictor, loaded once in a process."""
    cv2.setNumThreads(threads)
    return model.predictor(threads, device)


def colour_photo(
    source: Path,
    part: Path,
    name: str,
    model: ReadyModel,
    threads: int,
    device: str,
    settings: dict[str, Any],
    facts: dict[str, str],
) -> dict[str, Any]:
    """Colour the photograph ``source`` into ``part``, unless it is in colour already.

    ``name`` is its format; ``facts`` go into the mark. Returns the fields of an `Outcome`, with
    the status "coloured", "partial" or "left_colour". Raises ItemError for what is wrong with
    the photograph, AutochromeError for what is wrong with the place of the results.
    """
    picture = _read(source, name, settings["max_pixels"])
    outcome = Outcome("coloured", picture.width, picture.height)
    tone = None if picture.seen is None else tone_of(picture.seen)
    outcome.checks["tone"] = kind = "grey" if tone is None else tone.kind
    if tone is not None:
        outcome.checks["tone_spread"] = round(tone.figure, 2)
    if settings.get("treat_as"):
        outcome.checks["treated_as"] = kind = settings["treat_as"]
    if kind == "colour":
        outcome.status = "left_colour"
        return asdict(outcome)

    predictor: Predictor = predictor_for(model, threads, device)
    if settings.get("crop"):
        predictor = CroppedPredictor(predictor, tuple(settings["crop"]))
    decoded = picture.decoded or picture.height
    proxy = reduced(picture.luma[:decoded])
    seen_ab = predict_ab(predictor, upright(proxy, picture.orientation))
    seen_ab = as_stored(seen_ab, picture.orientation) * np.float32(settings["saturation"])
    ab = seen_ab if decoded == picture.height else extended(seen_ab, decoded, picture.height)
    xmp = marked_xmp(picture.xmp, facts)
    with writing_results(part.parent):
        written = FORMATS[name].write(part, picture, ab, picture.xmp if xmp is None else xmp)

    if predictor.device != "cpu":
        outcome.checks["device"] = f"{predictor.device}, fp32"
    outcome.luma_error = written.luma_error
    outcome.colorfulness = round(_colorfulness(proxy, seen_ab), 2)
    outcome.checks["luma"] = written.luma
    notes = [*picture.notes, *written.notes]
    if xmp is None:
        notes.append("the source's XMP packet is broken and was kept as it is: mark not written")
    if outcome.colorfulness < _HARDLY_ANY:
        notes.append("hardly any colour: most of the picture is black or white")
    outcome.checks["notes"] = notes
    damage = picture.damage or written.damage
    if damage:
        outcome.status = "partial"
        outcome.reason = f"The source is damaged: {damage}."
    return asdict(outcome)


def _read(source: Path, name: str, max_pixels: int) -> Picture:
    try:
        if name not in FORMATS:
            raise unsupported_format(source, name)
        return FORMATS[name].read(source, max_pixels)
    except OSError as error:
        if error.errno is None:
            raise damaged(source, str(error)) from error
        raise ItemError(
            f"It cannot be read: {error.strerror}.", "Give read permission, or check the disk."
        ) from error


def _colorfulness(proxy, ab) -> float:
    """Colorfulness of the result, on a copy of moderate size."""
    full_ab = raise_ab(ab, *proxy.shape)
    luma = np.rint(np.clip(proxy, 0, 1) * 255).astype(np.uint8)
    chroma = chroma_from_ab(luma / np.float32(255), full_ab)
    return colorfulness(rgb_from_luma_chroma(luma, chroma))
