"""One photograph, from its file to the coloured one: what runs in the child process."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from ..color import colorfulness, rgb_from_luma_ab, tone_of
from ..errors import ItemError
from ..mark import marked_xmp
from ..models import NEGATIVE_FROM, Predictor, negativity
from .caption import caption_of
from .colour_space import as_srgb
from .document import page_of
from .faults import PixelLimitError, damaged, unsupported_format, writing_results
from .formats import FORMATS
from .negative import negative_figure
from .picture import Picture, sidecar_of
from .steps import Proxy, proxy_of, steps_of
from .tiff_pages import colour_pages, pictures_apart

_DOCUMENT = (
    "It is a document: paper with writing, lines or a map. To colour it all the same, give it "
    "treat_as grey in the table of overrides, or set photos.tone to grey."
)
_NEGATIVE = (
    "It is a negative. To invert and colour it, give it treat_as negative in the table of "
    "overrides; if it is none, treat_as grey. photos.tone is the same for all."
)
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


def colour_photo(
    source: Path,
    part: Path,
    name: str,
    predictor: Predictor,
    settings: dict[str, Any],
    facts: dict[str, str],
    negativity: Callable[[NDArray[np.uint8]], float] = negativity,
) -> dict[str, Any]:
    """Colour the photograph ``source`` into ``part``, unless it is in colour already.

    ``name`` is its format; ``predictor`` the network, with the ``device`` that runs it; ``facts``
    go into the mark, which stands in ``part``.xmp if the file cannot hold it; ``negativity`` is
    `models.negativity`, or that of another process. Returns the fields of an `Outcome`, with the
    status "coloured", "partial", "left_colour" or "left_alone" (a document, a negative). Raises
    ItemError for what is wrong with the photograph, AutochromeError for what is wrong with the
    place of the results.
    """
    if name == "tiff" and (pages := pictures_apart(source)):
        rest = (name, predictor, settings, facts, negativity)
        # What comes again, with a higher limit, does so with all of its pictures.
        passed_on = (PixelLimitError,) if settings.get("comes_again") else ()
        return colour_pages(
            source, pages, part, lambda one, to: colour_photo(one, to, *rest), passed_on
        )
    picture = _read(source, name, settings["max_pixels"])
    outcome = Outcome("coloured", picture.width, picture.height)
    kind = _tone(picture, settings["tone"], outcome)
    if kind == "colour":
        outcome.status = "left_colour"
        return asdict(outcome)
    if settings["tone"] == "negative":
        picture.invert()
        picture.notes.append("inverted: a negative, as the settings say")
    proxy = proxy_of(picture, predictor)
    if _is_document(proxy, settings["tone"], outcome):
        outcome.status, outcome.reason = "left_alone", _DOCUMENT
        return asdict(outcome)
    if settings["tone"] == "auto":
        figure = negative_figure(proxy, picture.orientation, negativity)
        if _is_negative(figure, outcome):
            outcome.status, outcome.reason = "left_alone", _NEGATIVE
            return asdict(outcome)

    steps = steps_of(picture, proxy, predictor, settings)
    picture.badge = settings.get("visible_mark") == "corner"
    caption = caption_of(source, name)
    xmp = marked_xmp(picture.xmp, facts, caption)
    with writing_results(part.parent):
        written = FORMATS[name].write(part, picture, steps.ab, picture.xmp if xmp is None else xmp)
        if xmp is None or not written.marked:
            sidecar_of(part).write_bytes(xmp or marked_xmp(b"", facts, caption))

    if predictor.device != "cpu":
        outcome.checks["device"] = f"{predictor.device}, fp32"
    outcome.luma_error = written.luma_error
    outcome.colorfulness = round(_colorfulness(proxy.overview, steps.proxy_ab), 2)
    outcome.checks["luma"] = written.luma
    notes = [*picture.notes, *written.notes]
    if steps.has_border:
        notes.append("the border around the picture stays neutral")
    if picture.badge:
        notes.append("three dots in the lower right corner, in chroma only")
    if len(steps.areas) > 1:
        outcome.checks |= {"scan": "album page", "photographs": len(steps.areas)}
        notes.append(f"a page of {len(steps.areas)} photographs, each coloured by itself")
    if steps.period is not None:
        notes.append("printed in halftone: the network was shown tones in place of the dots")
    if xmp is None:
        notes.append("the source's XMP packet is broken and was kept as it is")
    if outcome.colorfulness < _HARDLY_ANY:
        notes.append("hardly any colour: most of the picture is black or white")
    outcome.checks["notes"] = list(dict.fromkeys(notes))
    damage = picture.damage or written.damage
    if damage:
        outcome.status = "partial"
        outcome.reason = f"The source is damaged: {damage}."
    return asdict(outcome)


def _is_document(proxy: Proxy, wanted: str, outcome: Outcome) -> bool:
    """Is it a document, by measurement and not otherwise by the setting? Noted in the outcome."""
    page = page_of(proxy.overview)
    outcome.checks["paper"] = round(page.paper, 3)
    if page.is_document:
        outcome.checks["scan"] = "document"
    return page.is_document and wanted == "auto"


def _is_negative(figure: float | None, outcome: Outcome) -> bool:
    """Is it a negative, by measurement? Noted in the outcome."""
    if figure is None:
        return False
    outcome.checks["negative"] = round(figure, 1)
    if figure >= NEGATIVE_FROM:
        outcome.checks["scan"] = "negative"
    return figure >= NEGATIVE_FROM


def _tone(picture: Picture, wanted: str, outcome: Outcome) -> str:
    """What the picture is taken for, by measurement or by the setting; noted in the outcome."""
    kind = "grey"
    if picture.seen is not None:
        tone = tone_of(as_srgb(picture.seen, picture.icc))
        outcome.checks["tone_spread"] = round(tone.spread, 2)
        outcome.checks["tone_near"] = round(tone.near, 2)
        kind = tone.kind
    if wanted == "colour" or (wanted in ("grey", "negative") and kind == "colour"):
        outcome.checks["tone_measured"] = kind
        kind = "colour" if wanted == "colour" else "tinted"
    outcome.checks["tone"] = kind
    return kind


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


def _colorfulness(luma: NDArray[np.uint8], ab: NDArray[np.float32]) -> float:
    """Colorfulness of the result, on a copy of this luma of the map's size."""
    small = cv2.resize(luma, ab.shape[1::-1], interpolation=cv2.INTER_AREA)
    return colorfulness(rgb_from_luma_ab(small, ab))
