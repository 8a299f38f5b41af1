"""What a film's header promises: enough to plan by, not to be trusted further.

Headers lie about durations and rates; `index_film` finds the truth, and the plan holds anyway.
"""

from dataclasses import asdict, dataclass
from pathlib import PurePosixPath
from typing import Any

import av

from .decoder import open_container, pick_video
from .presets import CODECS
from .streams import codec_name, plan_copies

# Packets read to learn the bit rate where the header has no duration, in seconds of film.
_SAMPLE_SECONDS = 10
_SAMPLE_PACKETS = 2000

_BYTES_A_CHUNK = 1_000_000
_MOST_CHUNKS = 500

_KEPT_CONTAINERS = {
    "mp4": "mov", "m4v": "mov", "mov": "mov", "mkv": "matroska", "ts": "mpegts"
}  # fmt: skip
# Sound that players of MP4 know; it can hold more than they play.
_MP4_SOUND = {"aac", "mp3", "mp3float", "ac3", "eac3"}


@dataclass(frozen=True)
class FilmHeader:
    """``container`` is FFmpeg's short name of the format, ``codec`` that of the video stream's.

    ``duration_seconds``, ``bit_rate`` (bits a second) and ``frame_rate`` are None where unknown.
    ``fits_mp4`` says of a film whose own container is not kept whether MP4 holds all of it, and
    players of MP4 know its sound; ``only_mov`` whether QuickTime holds all of it, and Matroska
    does not, as with the sound of telephones and some of AVI.
    """

    duration_seconds: float | None
    bit_rate: float | None
    width: int
    height: int
    codec: str
    container: str
    frame_rate: float | None
    has_video: bool = True
    fits_mp4: bool = False
    only_mov: bool = False

    def to_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, value: dict[str, Any]) -> "FilmHeader":
        return cls(**value)


def probe_film(path: str) -> FilmHeader:
    """Read a film's header. Raises ItemError if it is no film, or cannot be read."""
    with open_container(str(path)) as container:
        stream = pick_video(container)
        context = stream.codec_context
        duration = _duration(container, stream)
        rate = stream.average_rate or stream.guessed_rate
        form = container.format.name.split(",")[0]
        kept = _KEPT_CONTAINERS.get(PurePosixPath(path).suffix.lower().lstrip(".")) == form
        return FilmHeader(
            duration_seconds=duration,
            bit_rate=(container.bit_rate or None) if duration else _sampled_bit_rate(container),
            width=context.width,
            height=context.height,
            codec=context.codec.canonical_name,
            container=form,
            frame_rate=float(rate) if rate else None,
            fits_mp4=not kept and _fits_mp4(path),
            only_mov=not kept and not _fits(path, "matroska") and _fits(path, "mov"),
        )


def _fits_mp4(path: str) -> bool:
    with open_container(path) as container:
        sound = {codec_name(stream) for stream in container.streams.audio}
    return sound <= _MP4_SOUND and _fits(path, "mp4")


def _fits(path: str, form: str) -> bool:
    """Can this format hold all of the film?"""
    with open_container(path) as container:
        copies = plan_copies(container, pick_video(container), form)
    return all(copy.place in ("film", "attachment", "chapters") for copy in copies)


def _duration(container: av.container.InputContainer, stream: av.VideoStream) -> float | None:
    if stream.duration and stream.duration > 0:
        return float(stream.duration * stream.time_base)
    if container.duration and container.duration > 0:
        return container.duration / av.time_base
    return None


def _sampled_bit_rate(container: av.container.InputContainer) -> float | None:
    """Bits a second of the first seconds of packets, of all streams."""
    size, first, last = 0, None, None
    try:
        for count, packet in enumerate(container.demux()):
            moment = packet.dts if packet.dts is not None else packet.pts
            size += packet.size
            if moment is not None:
                now = moment * packet.time_base
                first = now if first is None else first
                last = now
                if now - first > _SAMPLE_SECONDS:
                    break
            if count > _SAMPLE_PACKETS:
                break
    except av.error.FFmpegError:
        pass
    if first is None or last <= first:
        return None
    return float(size * 8 / (last - first))


def chunk_count(header: FilmHeader, size_bytes: int, chunk_seconds: float) -> int:
    """Into how many chunks the plan cuts a film; where they fall is decided by its index."""
    duration = header.duration_seconds
    if duration is None:
        duration = size_bytes * 8 / header.bit_rate if header.bit_rate else 0
    most = min(duration / chunk_seconds, size_bytes / _BYTES_A_CHUNK, _MOST_CHUNKS)
    return max(1, int(most))


def result_container(path_suffix: str, header: FilmHeader, codec: str, wished: str = "auto") -> str:
    """The result's container (mp4, m4v, mov, mkv, ts) for a source's suffix and content.

    The one that is wished for, or by itself: the source's own where it is one of these, really
    what the name says, and holds the codec; MP4 where it holds the codec and everything else;
    otherwise the codec's usual one (MOV for ProRes, Matroska).
    """
    if wished != "auto":
        return wished
    possible = CODECS[codec].containers
    suffix = path_suffix.lower().lstrip(".")
    if suffix in possible and _KEPT_CONTAINERS.get(suffix) == header.container:
        return suffix
    if "mp4" in possible and header.fits_mp4:
        return "mp4"
    return "mov" if "mov" in possible and header.only_mov else possible[0]
