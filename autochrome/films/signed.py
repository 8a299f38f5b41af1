"""Content credentials in a finished film, whose packets stay what they were."""

import hashlib
from pathlib import Path

from ..credentials import FORMS, SIGNED, UNSIGNED, Credentials, sign
from ..errors import ItemError
from .decoder import open_container
from .xmp import xmp_of


def sign_film(
    film: Path, source: Path, suffix: str, credentials: Credentials, facts: dict[str, str]
) -> str:
    """Sign ``film`` in place and say so; ``suffix``, that of its container, is one of FORMS.

    Raises ItemError if it cannot be signed, or a packet of it would be another.
    """
    before = _packets(film), xmp_of(film)
    sign(film, FORMS[suffix], source, FORMS.get(source.suffix.lower(), "video/x-other"),
         source.name, facts, credentials)  # fmt: skip
    if (_packets(film), xmp_of(film)) != before:
        raise ItemError("Signing would change the film.", UNSIGNED)
    return SIGNED


def _packets(film: Path) -> list[tuple[str, int, str, dict[str, str]]]:
    """Of every stream its kind, how many packets, the hash of them and their times, its tags."""
    with open_container(str(film)) as container:
        hashes = [hashlib.sha256() for _ in container.streams]
        counts = [0 for _ in hashes]
        for packet in container.demux():
            if packet.size:
                counts[packet.stream_index] += 1
                hashes[packet.stream_index].update(bytes(packet))
                hashes[packet.stream_index].update(repr((packet.pts, packet.dts)).encode())
        return [
            (stream.type, count, digest.hexdigest(), dict(stream.metadata))
            for stream, count, digest in zip(container.streams, counts, hashes, strict=True)
        ]
