"""What was copied, read back: streams, tags and chapters of the result beside the source's."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import av

from ..errors import ItemError
from .decoder import open_container
from .streams import SIDECARS, Copy

REMEDY = "Nothing was delivered. Run again with redo=failed; if it stays, please report it."

_CHAPTER_TOLERANCE = Fraction(1, 500)


def check_copies(copies: list[Copy], result: Path) -> dict[str, str]:
    """Every copied stream holds the source's bytes at the source's times."""
    verdicts: dict[str, str] = {}
    for place in ("film", *SIDECARS):
        here = {c.output: c for c in copies if c.place == place and c.kind != "attachment"}
        if here:
            path = str(result) if place == "film" else f"{result}.{place}"
            for copy, found in _read_copies(path, here):
                verdicts[f"{copy.source}: {copy.name}"] = _compare(copy, found)
    return verdicts


def _read_copies(path: str, here: dict[int, Copy]) -> list[tuple[Copy, Copy]]:
    with open_container(path) as film:
        streams = [film.streams[output] for output in here]
        found = {s.index: Copy(s.type, s.index, "", "film", time_base=s.time_base) for s in streams}
        for packet in film.demux(streams):
            if packet.size or packet.dts is not None:
                found[packet.stream_index].note(packet)
    return [(copy, found[output]) for output, copy in here.items()]


def _compare(copy: Copy, found: Copy) -> str:
    if found.hash.digest() != copy.hash.digest():
        raise ItemError(f"The copied stream {copy.source} ({copy.name}) differs.", REMEDY)
    # Matroska rounds times before 0 towards 0, all others to the nearest.
    tick = max(found.time_base, copy.time_base)
    for true, value in _at_the_same_bytes(copy, found):
        if abs(value * found.time_base - true * copy.time_base) >= tick:
            raise ItemError(
                f"A packet of the copied stream {copy.source} ({copy.name}) stands at "
                f"{float(value * found.time_base):.6f} s, "
                f"not at {float(true * copy.time_base):.6f} s.",
                REMEDY,
            )
    if len(found.times) != len(copy.times):
        return f"equal bytes, {len(copy.times)} packets as {len(found.times)}"
    moved = f", {copy.repaired} of them moved in time, to follow each other"
    return f"equal, {len(copy.times)} packets" + (moved if copy.repaired else "")


def _at_the_same_bytes(copy: Copy, found: Copy) -> Iterator[tuple[int, int]]:
    """The times of those packets that begin at the same byte of the stream, in both."""
    if copy.positions == found.positions:
        yield from zip(copy.times, found.times, strict=True)
        return
    there = dict(zip(found.positions, found.times, strict=True))
    for position, time in zip(copy.positions, copy.times, strict=True):
        if position in there:
            yield time, there[position]


def compare_tags(
    film: av.container.InputContainer, tags: dict[str, str], chapters: list[dict[str, Any]]
) -> dict[str, Any]:
    """What the result did not keep of the tags and chapters that were given to it, named."""
    found = {key.lower(): value for key, value in film.metadata.items()}
    found.setdefault("encoding_tool", found.get("encoder", ""))
    lost = sorted(key for key, value in tags.items() if found.get(key.lower()) != value)
    notes: dict[str, Any] = {"tags_not_kept": lost} if lost else {}
    if chapters:
        kept = sum(map(_same_chapter, chapters, film.chapters()))
        notes["chapters"] = f"{kept} of {len(chapters)} kept"
    return notes


def _same_chapter(one: dict[str, Any], other: dict[str, Any]) -> bool:
    gap = abs(one["start"] * one["time_base"] - other["start"] * other["time_base"])
    titles = [chapter.get("metadata", {}).get("title", "") for chapter in (one, other)]
    return gap <= _CHAPTER_TOLERANCE and titles[0] == titles[1]
