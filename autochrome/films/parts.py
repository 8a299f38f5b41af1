"""An encoded chunk in several files, so that the join can remove what it has taken over.

The chunk and the film would otherwise lie side by side, twice the space of the result. The files
are cut between any two packets and are of use only one after another.
"""

import os
from fractions import Fraction
from pathlib import Path

import av

from ..archive import temporary_beside

# A file holds at least so many bytes, and at most about this share of what lies before it.
_LEAST_BYTES = 1 << 18
_SHARE = 8

_NUMBERS = Fraction(1, 1000)


def part_path(chunk: Path, part: int) -> Path:
    """Where one part of an encoded chunk lies; ``chunk`` is the name that all have in common."""
    return chunk.with_name(f"{chunk.name}.{part}.mkv")


class PartWriter:
    """A Matroska file for an encoder's packets, and further ones as the packets come.

    Use as a context manager: the files have their names, `part_path`, after a good end, and are
    gone after a bad one. ``stream`` is the encoder's, to be set up before the first packet.
    """

    def __init__(self, chunk: Path, encoder: str, rate: Fraction):
        self._chunk = chunk
        self._files: list[Path] = []
        # Stays open to the end, because it is the encoder's.
        self._first = self._last = self._open()
        self.stream = self._first.add_stream(encoder, rate=rate)
        self._target: av.VideoStream = self.stream
        self._bytes = self._bytes_before = 0

    def __len__(self) -> int:
        return len(self._files)

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, kind, *_) -> None:
        try:
            self._last.close()
            self._first.close()
            if kind is None:
                for part, path in enumerate(self._files):
                    with open(path, "rb+") as file:
                        os.fsync(file.fileno())
                    os.replace(path, part_path(self._chunk, part))
        finally:
            for path in self._files:
                path.unlink(missing_ok=True)

    def mux(self, packet: av.Packet) -> None:
        """Write a packet whose timestamps count frames."""
        if self._bytes >= max(_LEAST_BYTES, self._bytes_before // _SHARE):
            self._begin_next()
        self._bytes += packet.size
        packet.time_base = _NUMBERS
        packet.stream = self._target
        self._last.mux(packet)

    def _begin_next(self) -> None:
        if self._last is not self._first:
            self._last.close()
        self._bytes_before += self._bytes
        self._bytes = 0
        self._last = self._open()
        self._target = self._last.add_stream_from_template(self.stream, opaque=True)
        # ProRes: Matroska keeps the tag in the header, which is that of the first part.
        self._target.codec_context.codec_tag = self.stream.codec_context.codec_tag

    def _open(self) -> av.container.OutputContainer:
        self._files.append(temporary_beside(part_path(self._chunk, len(self._files))))
        return av.open(
            str(self._files[-1]),
            "w",
            format="matroska",
            container_options={"fflags": "+bitexact"},
        )
