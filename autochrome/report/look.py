"""Which items a person should look at: the report's order, and the reason on their cards."""

from statistics import median

from .film_frames import Curve
from .media import Row
from .plot import LEAST, as_time

# What is said of so many photographs that it is no reason to look at one.
_ROUTINE = {
    "chroma 4:2:0",
    "EXIF thumbnail made anew, in colour",
    "the border around the picture stays neutral",
    "three dots in the lower right corner, in chroma only",
    "written as PNG",
    "written lossless",
}
# What a film's record says only where something of the original is not as it was.
_LOSSES = ("picture_not_kept", "not_kept", "header", "depth")
# Fewer photographs have nothing that is usual.
_ENOUGH = 20
# Colorfulness beyond so many deviations (of the median, as of a normal distribution) stands out.
_FAR = 3.0
_AS_STANDARD_DEVIATION = 1.4826

Usual = tuple[float, float]


def usual_colorfulness(rows: list[Row]) -> Usual | None:
    """Median and standard deviation, robust, of the colorfulness of coloured photographs.

    None if they are too few to tell.
    """
    figures = [
        row["colorfulness"]
        for row in rows
        if row["kind"] == "photo" and row["model"] and row["colorfulness"] is not None
    ]
    if len(figures) < _ENOUGH:
        return None
    middle = median(figures)
    return middle, _AS_STANDARD_DEVIATION * median(abs(figure - middle) for figure in figures)


def conspicuous(row: Row, curve: Curve | None, usual: Usual | None) -> str:
    """A sentence on what stands out in an item's colours, or "".

    A film's are conspicuous if they jump inside a shot, a photograph's if they are much livelier
    than is ``usual`` among the others.
    """
    if row["status"] not in ("coloured", "partial"):
        return ""
    if row["kind"] == "film":
        return "" if curve is None else _jump(curve)
    if usual is None or row["colorfulness"] is None:
        return ""
    middle, deviation = usual
    is_far = row["colorfulness"] > middle + _FAR * deviation
    return "Much more colourful than the other photographs." if is_far else ""


def attention_of(row: Row, look: str) -> int:
    """How much an item needs a look: the higher, the sooner. ``look`` is of `conspicuous`."""
    checks = row["checks"]
    if row["status"] == "failed":
        return 4
    if row["status"] == "partial":
        return 3
    if set(checks.get("notes", ())) - _ROUTINE or any(name in checks for name in _LOSSES):
        return 2
    # Lossless formats may be one code off.
    return 1 if look or (row["luma_error"] or 0) > 1 else 0


def _jump(curve: Curve) -> str:
    most = max(curve["motion"])
    if most <= LEAST["motion"]:
        return ""
    moment = as_time(curve["times"][curve["motion"].index(most)])
    return f"Its colours jump at {moment}, by {most:.1f} from one frame to the next."
