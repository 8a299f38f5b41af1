"""What the manifest says of a film beside its checks."""

from typing import Any

import numpy as np

from .index import FilmIndex
from .tone import COLOUR, TINTED

# Seconds between the header's duration and the truth from which on both are named; and how many
# times the frames it must promise.
_HEADER_IS_WRONG = 1.0
_MANY_MORE = 1.02

# The share of frames from which on a colour film's grey shots are named.
_WORTH_SAYING = 0.05


def why_left(index: FilmIndex, treat_as: str | None) -> str:
    """The reason of a film that stays as it is; ``treat_as`` as a person wants it, if so."""
    facts = index.facts
    if treat_as == "colour":
        return "It is taken for colour, as the settings say (treat_as)."
    if not facts["in_colour"]:
        return "It is tinted, and tints are kept (films.tint)."
    grey = 1 - facts["coloured_share"]
    part = f"; {grey:.0%} of its frames are not, and stay so" if grey >= _WORTH_SAYING else ""
    return f"It is in colour already{part}."


def index_notes(index: FilmIndex, tints_are_kept: bool) -> dict[str, Any]:
    """Figures and remarks on a film, by name."""
    facts = index.facts
    notes: dict[str, Any] = {
        "colour_share": facts["coloured_share"],
        "colour_spread": facts["colour_spread"],
        "shots": len(index.shots),
        "chunks": len(index.cuts.starts),
    }
    if facts["repaired_timestamps"]:
        notes["repaired_timestamps"] = facts["repaired_timestamps"]
    if facts["has_no_times"]:
        notes["source_times"] = "none in the file: its frames were counted at its rate"
    if header := _broken_promises(index):
        notes["header"] = header
    if facts["jumps"]:
        notes["jumps"] = (
            f"timestamps jump back at {len(facts['jumps'])} places, as where recordings were put "
            "one behind the other: what follows was moved on, picture and sound alike"
        )
    if "stretch" in facts:
        begin, seconds = facts["stretch"]
        notes["preview"] = {"from_seconds": begin, "seconds": seconds, "sound": "left out"}
    if facts["packets"] != len(index):
        notes["packets"] = facts["packets"]
    shots = {tone: int(np.sum(index.tones == tone)) for tone in (COLOUR, TINTED)}
    if shots[COLOUR] and not facts["in_colour"]:
        notes["colour"] = f"{shots[COLOUR]} of {len(index.shots)} shots keep their own colours"
    if shots[TINTED]:
        notes["tinted_share"] = facts["tinted_share"]
        notes["tint"] = f"{shots[TINTED]} of {len(index.shots)} shots are tinted: " + (
            "left as they are" if tints_are_kept or facts["in_colour"] else "tint dropped"
        )
    if index.picture.fields:
        notes["interlaced"] = index.picture.fields
        if facts["interlaced_frames"] < len(index):
            notes["interlaced"] += f", {facts['interlaced_frames']} of the frames"
        if facts["mixed_fields"]:
            notes["interlaced"] += "; the order of the fields changes (telecine)"
    return notes


def _broken_promises(index: FilmIndex) -> str:
    """Where the header promises another length than the pictures have, as in a truncated film."""
    facts = index.facts
    promised = []
    seconds = facts["promised_seconds"]
    if not facts["has_no_times"] and abs(seconds - facts["seconds"]) > _HEADER_IS_WRONG:
        promised.append(f"{seconds} s")
    if facts["promised_frames"] > _MANY_MORE * len(index):
        promised.append(f"{facts['promised_frames']} frames")
    if not promised:
        return ""
    return f"promises {' and '.join(promised)}; it holds {facts['seconds']} s, {len(index)} frames"


def damage_of(index: FilmIndex) -> str:
    """The reason of a film that is done in part."""
    facts = index.facts
    return (
        f"The source is damaged: bad or lost frames, about {facts['bad_frames']} "
        f"({facts['first_fault']}); all others are in their places."
    )
