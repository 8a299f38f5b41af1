"""What a page says of each item, and in which order the items stand."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from .film_frames import Curve
from .look import attention_of, conspicuous, usual_colorfulness
from .media import Media, Row
from .names import link, shown
from .plot import Plot, plot_of


@dataclass(frozen=True)
class Section:
    """A part of the report. ``explanation`` is one sentence below its heading."""

    id: str
    heading: str
    explanation: str = ""


@dataclass
class Item:
    """One item as the template shows it; texts may be shown as they are, links are escaped."""

    section: Section
    kind: str
    name: str
    facts: list[str]
    reason: str = ""
    remedy: str = ""
    look: str = ""
    result: str = ""
    plays: bool = False
    pairs: list[dict[str, Any]] = field(default_factory=list)
    no_preview: str = ""
    anchor: str = ""
    folder: str = ""
    model: str = ""
    status: str = ""
    attention: int = 0
    colorfulness: float | None = None
    plot: Plot | None = None


_FAILED = Section("failed", "What failed", "Everything else was done.")
_PARTIAL = Section(
    "damaged", "Coloured, but the original is damaged", "What could be read was coloured."
)
_FILMS = Section("films", "Films")
_PHOTOS = Section("photos", "Photographs")
_COPIED = Section(
    "copied", "In colour already, copied", "The originals' bytes lie among the results."
)
_LEFT = Section("left", "In colour already, left alone", "There is no result for these.")
_ALONE = Section("alone", "Documents and negatives, left alone", "There is no result for these.")
_STATUS = {
    "failed": "failed",
    "partial": "damaged original",
    "coloured": "coloured",
    "copied": "copied",
    "left_colour": "left alone",
    "left_alone": "document or negative",
}
# Checks of a film that are sentences, and those that are lists of names.
_FILM_REMARKS = (
    *("header", "source_times", "jumps", "colour", "tint", "interlaced", "chroma", "depth"),
    *("range", "primaries", "alpha", "luma_source", "repacked", "xmp"),
)
_FILM_LISTS = {
    "picture_not_kept": "not kept",
    "not_kept": "left out, as no file holds it",
    "beside": "in a file beside the film",
}
_ORDER = (_FAILED, _PARTIAL, _FILMS, _PHOTOS, _COPIED, _LEFT, _ALONE)


def items_of(rows: list[Row], media: dict[str, Media], curves: dict[str, Curve]) -> list[Item]:
    """All items, section by section; in each what needs a look first, else as in ``rows``.

    ``media`` and ``curves`` (of films) are by key.
    """
    usual = usual_colorfulness(rows)
    networks = len(models_of(rows))
    items = []
    for row in rows:
        curve = curves.get(row["key"])
        item = _item(row, media.get(row["key"]), curve)
        item.look = conspicuous(row, curve, usual)
        item.attention = attention_of(row, item.look)
        if networks > 1 and item.model:
            item.facts.append(f"network {item.model}")
        items.append(item)
    items.sort(key=lambda item: (_ORDER.index(item.section), -item.attention))
    for number, item in enumerate(items):
        item.anchor = f"item-{number}"
    return items


def counts_of(rows: list[Row]) -> list[tuple[str, str]]:
    """The figures on top of the report: (number, what it counts)."""
    done = Counter((row["kind"], _is_coloured(row)) for row in rows)
    frames = sum(row["frames"] or 0 for row in rows if row["kind"] == "film" and _is_coloured(row))
    status = Counter(row["status"] for row in rows)
    told = [
        (done["photo", True], "photograph coloured", "photographs coloured"),
        (done["film", True], "film coloured", "films coloured"),
        (frames, "frame in it", "frames in them"),
        (status["copied"] + status["left_colour"], "in colour already", "in colour already"),
        (
            status["left_alone"],
            "document or negative left alone",
            "documents and negatives left alone",
        ),
        (status["partial"], "of a damaged original", "of damaged originals"),
        (status["failed"], "failed", "failed"),
    ]
    return [(f"{n:,}", one if n == 1 else many) for n, one, many in told if n or one == "failed"]


def models_of(rows: list[Row]) -> list[tuple[str, str, str]]:
    """Name and SHA-256 of every model that made a result, and the number of its results."""
    made = Counter((row["model"], row["model_sha256"]) for row in rows if _is_coloured(row))
    return [(name, sha256, f"{count:,}") for (name, sha256), count in sorted(made.items())]


def _is_coloured(row: Row) -> bool:
    return row["status"] in ("coloured", "partial")


def _item(row: Row, media: Media | None, curve: Curve | None) -> Item:
    item = Item(_section(row), row["kind"], shown(row["source"]), list(_facts(row)))
    item.reason, item.remedy = shown(row["reason"]), shown(row["remedy"])
    item.folder = shown(row["source"].rpartition("/")[0].partition("/")[0])
    item.model = row["model"] if _is_coloured(row) else ""
    item.status = _STATUS[row["status"]]
    item.colorfulness = row["colorfulness"]
    if curve is not None:
        item.plot = plot_of(curve)
    if row["result"]:
        item.result = "../" + link(row["result"])
    if media is not None:
        item.plays, item.pairs = media["plays"], media["pairs"]
        item.no_preview = shown(media["fault"])
    return item


def _section(row: Row) -> Section:
    by_status = {"failed": _FAILED, "partial": _PARTIAL, "copied": _COPIED}
    by_status |= {"left_colour": _LEFT, "left_alone": _ALONE}
    by_kind = {"film": _FILMS}
    return by_status.get(row["status"]) or by_kind.get(row["kind"], _PHOTOS)


def _facts(row: Row) -> Iterator[str]:
    if row["width"] and row["height"]:
        yield f"{row['width']:,} × {row['height']:,} pixels"
    if row["kind"] == "film" and row["frames"]:
        yield f"{row['frames']:,} frames"
    if _is_coloured(row):
        if row["luma_error"] is not None:
            # A film's luma is compared before its encoder, which may be lossy.
            place = " before the encoder" if row["kind"] == "film" else ""
            yield _luma_fact(row["luma_error"]) + place
        if row["colorfulness"] is not None:
            yield f"colorfulness {row['colorfulness']:.1f}"
        yield from (shown(note) for note in _remarks(row["checks"]))
        if told := row["checks"].get("credentials"):
            yield f"content credentials: {told}"


def _remarks(checks: dict[str, Any]) -> Iterator[str]:
    """The sentences that a record holds beside its figures."""
    yield from checks.get("notes", ())
    for name in _FILM_REMARKS:
        if name in checks:
            yield f"{name.replace('_', ' ')}: {checks[name]}"
    for name, told in _FILM_LISTS.items():
        if name in checks:
            yield f"{told}: {', '.join(checks[name])}"


def _luma_fact(error: float) -> str:
    if error == 0:
        return "luma equal to the original’s"
    return f"luma within {error:.3g} {'code' if error == 1 else 'codes'} of the original’s"
