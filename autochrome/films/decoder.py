"""The one way in which films are opened and decoded, so that every stage sees the same frames.

Decoders run with FFmpeg's bit-exact flag and a fixed kind and number of threads. A damaged film
decodes differently with every number of threads, so it is decoded with one (`index`).
"""

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction

import av
import xxhash
from av.codec.context import Flags
from numpy.typing import NDArray

from ..archive import open_source
from ..errors import ItemError

# Two frame threads keep two cores busy; more gain little beside network and encoder.
CLEAN_THREADS = 2
DAMAGED_THREADS = 1

# Marks closed captions (ATSC A/53) inside the packets of MPEG-2, H.264 and H.265. They are
# looked for here because PyAV 18.1 never frees a frame whose side data was asked for.
_CAPTIONS = b"GA94"

TEXT_ERRORS = "surrogateescape"
"""How tags are read and written that are not UTF-8: their bytes stay."""

_NOT_A_FILM = "Check the file: it is damaged, incomplete, or not a film."


@dataclass
class Faults:
    """What went wrong while decoding, in counts, and the decoder's first complaint.

    ``broken_packets`` gave no picture; ``suspect_packets`` gave one, but the decoder complained
    (a frame is not always marked as corrupt then); ``corrupt_frames`` are marked.
    """

    corrupt_frames: int = 0
    broken_packets: int = 0
    suspect_packets: int = 0
    first: str = ""
    packets: int = 0
    frames: int = 0

    @property
    def bad(self) -> int:
        """About how many frames are bad or lost."""
        return self.broken_packets + max(self.corrupt_frames, self.suspect_packets)

    def broken(self, error: Exception) -> None:
        self.broken_packets += 1
        self._told(getattr(error, "strerror", None) or str(error))

    def lost(self) -> None:
        self.broken_packets += 1
        self._told("the container lacks a part of it")

    def suspect(self, complaint: str) -> None:
        self.suspect_packets += 1
        self._told(complaint)

    def _told(self, text: str) -> None:
        self.first = self.first or " ".join(text.split())


@dataclass
class Film:
    """An opened film: its container, the stream that is coloured, and the faults met so far."""

    path: str
    container: av.container.InputContainer
    stream: av.VideoStream
    faults: Faults = field(default_factory=Faults)
    # Timestamps (pts, dts) of the packets that decoding can start at, in the order met.
    key_packets: list[tuple[int, int]] = field(default_factory=list)
    # Packets that carry closed captions.
    captions: int = 0

    def __enter__(self) -> "Film":
        return self

    def __exit__(self, *_) -> None:
        # Lets the decoder's threads come to rest: one that complains while the decoder is freed
        # would wait for Python, and Python for it.
        self.stream.codec_context.flush_buffers()
        self.container.close()

    @property
    def time_base(self) -> Fraction:
        return self.stream.time_base


def open_container(path: str) -> av.container.InputContainer:
    """Open a film for reading. Raises ItemError, naming what is wrong with it."""
    try:
        # FFmpeg would wait for ever for what is not a file, or for one of the kernel's.
        with open_source(path) as file:
            if not os.fstat(file.fileno()).st_size:
                raise ItemError("The file is empty.", _NOT_A_FILM)
        return av.open(path, metadata_errors=TEXT_ERRORS)
    except FileNotFoundError as error:
        raise ItemError("The file is gone.", "Run again: the archive has changed.") from error
    except PermissionError as error:
        raise ItemError("No permission to read the file.", "Make it readable.") from error
    except (av.error.FFmpegError, ValueError) as error:
        raise ItemError(_fault_of(path, error), _NOT_A_FILM) from error


def _fault_of(path: str, error: Exception) -> str:
    with open(path, "rb") as file:
        head = file.read(12)
    # FFmpeg says only "invalid data": an MP4 whose index (moov) is missing was cut off.
    if head[4:8] in (b"ftyp", b"mdat", b"wide", b"free"):
        return "The film is truncated or damaged: its index (moov atom) was not found."
    said = getattr(error, "strerror", None) or str(error)
    return f"FFmpeg cannot read it: {' '.join(said.split())}."


def pick_video(container: av.container.InputContainer) -> av.VideoStream:
    """The stream to colour: the default one, else the largest; pictures attached do not count.

    Raises ItemError if there is none, or none that FFmpeg can decode.
    """
    attached = av.stream.Disposition.attached_pic | av.stream.Disposition.timed_thumbnails
    streams = [s for s in container.streams.video if not s.disposition & attached]
    if not streams:
        what = "only an attached picture" if container.streams.video else "no video stream"
        raise ItemError(f"There is {what} in it.", "Nothing to do: it is not a film.")
    usable = [s for s in streams if s.codec_context is not None]
    if not usable:
        raise ItemError(
            "FFmpeg has no decoder for its video stream.", "Convert it to a common codec first."
        )
    return max(
        usable,
        key=lambda s: (
            bool(s.disposition & av.stream.Disposition.default),
            s.codec_context.width * s.codec_context.height,
            -s.index,
        ),
    )


def open_film(path: str, threads: int = CLEAN_THREADS) -> Film:
    """Open a film and its decoder. Raises ItemError as `open_container` and `pick_video` do."""
    # FFmpeg's errors are counted from now on, and not printed.
    av.logging.set_level(av.logging.FATAL)
    container = open_container(path)
    try:
        stream = pick_video(container)
        context = stream.codec_context
        context.flags |= Flags.bitexact
        context.thread_type = "FRAME" if threads > 1 else "NONE"
        context.thread_count = threads
        # FFV1's checksums are looked at only on demand.
        context.options = {"err_detect": "crccheck"}
    except BaseException:
        container.close()
        raise
    return Film(path, container, stream)


def decode(film: Film) -> Iterator[av.VideoFrame]:
    """Every frame from here to the end, in display order; faults are counted, not raised.

    Nothing more is decoded after a container's own read error; that, too, is counted.
    """
    packets = film.container.demux(film.stream)
    while True:
        try:
            packet = next(packets)
        except StopIteration:
            return
        except av.error.FFmpegError as error:
            film.faults.broken(error)
            yield from _flush(film)
            return
        film.faults.packets += packet.size > 0
        film.captions += _CAPTIONS in bytes(packet)
        if packet.is_corrupt:
            film.faults.lost()
        if packet.is_keyframe and packet.pts is not None:
            film.key_packets.append((packet.pts, packet.pts if packet.dts is None else packet.dts))
        before, _ = av.logging.get_last_error()
        try:
            frames = packet.decode()
        except av.error.FFmpegError as error:
            film.faults.broken(error)
            continue
        complaints, last = av.logging.get_last_error()
        if complaints > before and last is not None:
            film.faults.suspect(f"{last[1]}: {last[2]}")
        yield from _counted(film, frames)


def _flush(film: Film) -> Iterator[av.VideoFrame]:
    try:
        yield from _counted(film, film.stream.codec_context.decode(None))
    except av.error.FFmpegError as error:
        film.faults.broken(error)


def _counted(film: Film, frames: list[av.VideoFrame]) -> Iterator[av.VideoFrame]:
    for frame in frames:
        film.faults.frames += 1
        film.faults.corrupt_frames += frame.is_corrupt
        yield frame


def fingerprint(luma: NDArray) -> int:
    """64 bits that tell one luma plane from another (XXH3 over its bytes, row by row)."""
    return xxhash.xxh3_64_intdigest(luma.data)
