"""All of a film but its picture: sound, subtitles, attachments, chapters and tags are copied.

What a container cannot hold goes into a file beside the film, and is named.
"""

import io
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import av
import xxhash
from av.stream import Disposition

from .decoder import TEXT_ERRORS

# Files beside the film, by suffix, and their format. ASF holds the sound of Windows' old codecs,
# NUT, FFmpeg's own, the rest.
SIDECARS = {"mka": "matroska", "mks": "matroska", "wma": "asf", "nut": "nut"}

# Packets looked at to find the first one of every stream, for a trial of the container.
_SCANNED_PACKETS = 2000

# Tags that describe the file that was, not the film.
_FILE_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "encoding_tool"}
_TRACK_TAGS = {"encoder", "vendor_id", "duration", "bps", "number_of_frames", "number_of_bytes"}

# Tags that MP4 holds as themselves; others, and QuickTime's, need the key-value form.
_MP4_TAGS = {
    "title", "artist", "album_artist", "composer", "album", "date", "comment", "genre",
    "copyright", "grouping", "lyrics", "description", "synopsis", "show", "episode_id",
    "network", "keywords", "creation_time", "encoding_tool",
}  # fmt: skip


@dataclass
class Copy:
    """One copied stream: where it goes, and what went by, to be compared with the result."""

    kind: str
    source: int
    name: str
    place: str
    output: int = -1
    hash: xxhash.xxh3_128 = field(default_factory=xxhash.xxh3_128)
    times: array = field(default_factory=lambda: array("q"))
    # Bytes of the stream before each packet: containers cut PCM into packets of other lengths.
    positions: array = field(default_factory=lambda: array("q"))
    size: int = 0
    time_base: Fraction = Fraction(1)
    unwrapper: Any = None
    # Packets whose times did not rise and were moved.
    repaired: int = 0

    def note(self, packet: av.Packet) -> None:
        """Take one packet of the source into account."""
        self.positions.append(self.size)
        plain = [packet]
        if self.unwrapper is not None:
            plain = self.unwrapper.filter(av.Packet(bytes(packet)))
        for data in map(bytes, plain):
            self.hash.update(data)
            self.size += len(data)
        moment = packet.pts if packet.pts is not None else packet.dts
        self.times.append(moment if moment is not None else 0)


def plan_copies(
    container: av.container.InputContainer, video: av.VideoStream, target: str
) -> list[Copy]:
    """Where each stream of ``container`` but ``video`` goes: its ``place`` is "film" (the
    container ``target``), "attachment", one of SIDECARS, "chapters", or "none".
    """
    first = _first_packets(container)
    copies = []
    for stream in container.streams:
        if stream.index == video.index:
            continue
        copy = Copy(stream.type, stream.index, _name(stream), "none", time_base=stream.time_base)
        copy.place = _place(container, stream, first.get(stream.index), target)
        wraps = target != "mpegts" and stream.type == "audio" and codec_name(stream) == "aac"
        if wraps and copy.place != "none" and not stream.codec_context.extradata:
            copy.unwrapper = av.bitstream.BitStreamFilterContext("aac_adtstoasc", stream)
        copies.append(copy)
    return copies


def codec_name(stream: av.stream.Stream) -> str | None:
    """What FFmpeg calls the stream's codec; None if it has no decoder for it."""
    return getattr(stream, "name", None)


def _name(stream: av.stream.Stream) -> str:
    context = stream.codec_context
    codec = context.codec.canonical_name if context else codec_name(stream) or "unknown"
    return f"{stream.type} {codec}" + (f" ({stream.language})" if stream.language else "")


def _first_packets(container: av.container.InputContainer) -> dict[int, av.Packet]:
    """The first packets of the streams, as far as they come early; the container is used up."""
    first: dict[int, av.Packet] = {}
    wanted = sum(s.type != "attachment" for s in container.streams)
    try:
        for count, packet in enumerate(container.demux()):
            if packet.size:
                first.setdefault(packet.stream_index, packet)
            if count >= _SCANNED_PACKETS or len(first) == wanted:
                break
    except av.error.FFmpegError:
        pass
    return first


def _place(container, stream, packet, target: str) -> str:
    if stream.type == "attachment":
        return "film" if target == "matroska" else "mks"
    if target == "matroska" and is_attached_picture(stream):
        return "attachment" if packet is not None else "none"
    if target == "mov" and is_attached_picture(stream):
        # The muxer takes it and writes none.
        return "nut" if packet is not None and _fits(stream, packet, "nut") else "none"
    if stream.type == "data" and codec_name(stream) == "bin_data" and container.chapters():
        # QuickTime's chapter track: the muxer writes it anew from the chapters.
        return "chapters"
    if _fits(stream, packet, target):
        return "film"
    usual = {"audio": ("mka", "wma"), "subtitle": ("mks",)}.get(stream.type, ())
    for sidecar in (*usual, "nut"):
        if _fits(stream, packet, SIDECARS[sidecar]):
            return sidecar
    return "none"


def is_attached_picture(stream: av.stream.Stream) -> bool:
    return stream.type == "video" and bool(stream.disposition & Disposition.attached_pic)


def _fits(stream: av.stream.Stream, packet: av.Packet | None, target: str) -> bool:
    """Can the container hold this stream? It is tried, in memory."""
    try:
        with av.open(io.BytesIO(), "w", format=target, metadata_errors=TEXT_ERRORS) as trial:
            output = add_copy(trial, stream)
            if packet is None:
                trial.start_encoding()
            else:
                again = av.Packet(bytes(packet))
                again.time_base = packet.time_base
                # NUT holds no time before 0.
                again.pts = again.dts = packet.pts if target == "nut" else 0
                again.is_keyframe = True
                again.stream = output
                trial.mux(again)
        return True
    except (av.error.FFmpegError, ValueError):
        return False


def add_copy(output: av.container.OutputContainer, stream: av.stream.Stream) -> av.stream.Stream:
    """A stream of ``output`` like ``stream``, with its tags, language and disposition."""
    copied = output.add_stream_from_template(stream, opaque=True)
    copied.time_base = stream.time_base
    copied.metadata.update(stream.metadata)
    copied.disposition = stream.disposition
    if output.format.name == "mpegts":
        copied.id = stream.id
    return copied


def film_tags(container: av.container.InputContainer, target: str, made: str) -> dict[str, str]:
    """The tags of the result: the source's, and one that says what made it.

    ``made`` becomes the encoder's tag (MP4) or a tag of its own (Matroska); no tag of the source
    is overwritten but that of the program which wrote the source file.
    """
    tags = {
        key: value
        for key, value in container.metadata.items()
        if key.lower().split("-")[0] not in _FILE_TAGS
    }
    if target in ("mp4", "mov"):
        tags["encoding_tool"] = made
    elif target == "matroska":
        tags["AUTOCHROME"] = made
        for key in [key for key in tags if key.lower() == "creation_time"]:
            # Matroska's own date would be the one of writing; the tag is its name for this.
            tags.setdefault("DATE_ENCODED", tags.pop(key))
    return tags


def picture_tags(stream: av.VideoStream) -> dict[str, str]:
    """The tags of the coloured stream: the source's, without its encoder's figures."""
    return {
        key: value
        for key, value in stream.metadata.items()
        if key.lower().split("-")[0] not in _TRACK_TAGS and not key.startswith("_STATISTICS")
    }


def needs_free_tags(tags: dict[str, str], target: str) -> bool:
    """Are there tags that MP4 or QuickTime hold only in their key-value form?"""
    return target == "mov" or not tags.keys() <= _MP4_TAGS
