"""The frames of a finished film as numbered pictures, with a table of their times.

They are read from the film that was delivered, so that neither network nor encoder runs again, and
lie in ``frames/<the film's name>/``, whole or not at all.
"""

import os
import shutil
from fractions import Fraction
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from ..archive import make_key, path_digest, write_atomic
from ..errors import ItemError
from .colour import quarter_turns
from .decoder import decode, open_film
from .pixels import picture_of
from .work import FilmWork

# Raised when the same film would give other pictures.
FRAMES_VERSION = 1

TABLE = "timestamps.tsv"
_FOLDER = Path("frames")
_WAYS = {
    "png": [cv2.IMWRITE_PNG_COMPRESSION, 3],
    "jpg": [cv2.IMWRITE_JPEG_QUALITY, 95],
}


def frames_beside(
    work: FilmWork, row: dict[str, Any], fault: ItemError | None = None
) -> dict[str, Any]:
    """Write the pictures that the plan asks for, if they are not there; remove others.

    ``row`` is the film's; what comes back is it with a note of the pictures, or of what went wrong.
    With a ``fault`` they are given up for it.
    """
    kind = work.plan("join")["settings"]["frames"]
    wanted = kind is not None and row["status"] in ("coloured", "partial")
    folder = _FOLDER / Path(row["result"]).relative_to("films") if wanted else None
    remove_frames(work.journal, keep=folder)
    if folder is None:
        return row
    key = make_key("frames", FRAMES_VERSION, film=row["result_sha256"], kind=kind)
    note = {"folder": str(folder), "kind": kind}
    try:
        if not work.has(key, folder / TABLE):
            if fault is not None:
                raise fault
            write_frames(row["result"], str(folder), kind)
            work.record(key, folder / TABLE, frames=str(folder))
    except ItemError as error:
        # The film itself is well.
        note = {"fault": error.fault, "remedy": error.remedy}
    return row | {"checks": row["checks"] | {"pictures": note}}


def remove_frames(journal: Any, keep: Path | None = None) -> None:
    """Remove the folders of pictures that a film's journal names, except ``keep``."""
    folders = {record["frames"] for record in journal.records() if "frames" in record}
    for folder in folders - {str(keep)}:
        if Path(folder).parts[:1] == _FOLDER.parts:
            shutil.rmtree(folder, ignore_errors=True)


def write_frames(film: str, folder: str, kind: str) -> None:
    """Write every frame of ``film`` as an 8-bit picture, upright, and the table, to ``folder``.

    The table's columns: the picture, its time in seconds, and the same as a fraction.
    """
    target = Path(folder)
    part = target.with_name(f".part-{path_digest(target.name)[:16]}-{os.getpid()}")
    try:
        part.mkdir(parents=True)
        lines = ["picture\tseconds\texact_seconds\n"]
        with open_film(film) as opened:
            turns = None
            for number, frame in enumerate(decode(opened), 1):
                if turns is None:
                    turns = quarter_turns(picture_of(frame, opened.stream).display)
                name = f"{number:06}.{kind}"
                pixels = np.rot90(frame.to_ndarray(format="bgr24"), turns)
                _, coded = cv2.imencode(f".{kind}", np.ascontiguousarray(pixels), _WAYS[kind])
                (part / name).write_bytes(coded.tobytes())
                time = Fraction(frame.pts * frame.time_base)
                lines.append(f"{name}\t{float(time):.6f}\t{time}\n")
        write_atomic(part / TABLE, "".join(lines).encode())
        shutil.rmtree(target, ignore_errors=True)
        os.replace(part, target)
    finally:
        shutil.rmtree(part, ignore_errors=True)
