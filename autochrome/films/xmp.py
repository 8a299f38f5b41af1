"""The mark that a trained model made the colours, as XMP: in the film, or in a file beside it.

MP4 and QuickTime hold XMP in a box of their own (ISO 16684-3, 4.2: ``uuid``), which may be the
last one of the file. Other containers have no place for it; there it is a sidecar.
"""

import struct
from pathlib import Path

import av

from ..errors import ItemError
from ..mark import marked_xmp

_HOLDERS = ("mp4", "m4v", "mov")
_UUID = bytes.fromhex("be7acfcb97a942e89c71999491e3afac")
BROKEN = "the source's XMP packet is broken and was left out"


def write_mark(source: Path, film: Path, container: str, facts: dict[str, str]) -> str:
    """Write the source's XMP with the mark to a finished film; ``facts`` as of `marked_xmp`.

    Into it, or, where ``container`` cannot hold it, to ``film``.xmp. Returns a note, or "". Raises
    ItemError if it does not read back.
    """
    before = xmp_of(source)
    packet = marked_xmp(before, facts)
    note = BROKEN if packet is None else ""
    packet = marked_xmp(b"", facts) if packet is None else packet
    if container not in _HOLDERS:
        film.with_name(f"{film.name}.xmp").write_bytes(packet)
        return note
    with open(film, "ab") as file:
        file.write(struct.pack(">I4s", 8 + len(_UUID) + len(packet), b"uuid") + _UUID + packet)
    if xmp_of(film) != packet:
        raise ItemError(
            "The mark that was written does not read back.",
            "Please report this: it is a fault of Autochrome.",
        )
    return note


def xmp_of(film: Path) -> bytes:
    """The XMP packet that a film holds; empty if there is none, or it cannot be opened."""
    try:
        with av.open(
            str(film), metadata_errors="surrogateescape", container_options={"export_xmp": "1"}
        ) as opened:
            return opened.metadata.get("xmp", "").encode("utf-8", "surrogateescape")
    except (av.error.FFmpegError, ValueError):
        return b""
