"""The film put together: chunks one after another without encoding again, all else copied."""

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
from av.stream import Disposition

from ..errors import ItemError
from .decoder import TEXT_ERRORS, open_container, pick_video
from .index import JUMP_BACK, FilmIndex
from .matroska import name_with_room, set_aspect
from .streams import (
    SIDECARS,
    Copy,
    add_copy,
    film_tags,
    needs_free_tags,
    picture_tags,
    plan_copies,
)
from .timing import coded_order, decoding_times, open_encoded, packets_of

# Raised when the same packets would be put together in another way.
JOIN_VERSION = 4

FORMATS = {"mp4": "mp4", "m4v": "mp4", "mov": "mov", "mkv": "matroska", "ts": "mpegts"}

# No dates and random ids; and sound that begins before the picture's 0 (an encoder's priming)
# must not push the picture later.
_EXACT = {"fflags": "+bitexact", "avoid_negative_ts": "disabled"}

# Ticks of a stream's clock before its first picture: more pictures than any codec holds back.
_REORDERED = 32

_LARGEST_TIMESCALE = 2**31 - 1
_PICTURE_NAMES = {"mjpeg": ("cover.jpg", "image/jpeg"), "png": ("cover.png", "image/png")}


@dataclass
class Joined:
    """What was written: the copied streams, tags, chapters, and notes for the record."""

    copies: list[Copy]
    tags: dict[str, str]
    chapters: list[dict[str, Any]]
    notes: dict[str, Any]


def join_chunks(
    index: FilmIndex, source: str, encoded: list[Path], container: str, made: str, target: Path
) -> Joined:
    """Write the film to ``target`` and what its container cannot hold to ``target``.mka, .mks.

    ``encoded`` are the chunks' files in order, each of them removed as soon as its packets are
    in the film; ``made`` is the tag that says what made it. Raises ItemError if the chunks do not
    belong together.
    """
    order = coded_order(encoded)
    times = decoding_times(index, order)
    _check_extradata(encoded)
    form = FORMATS[container]
    is_whole = "stretch" not in index.facts
    with open_container(source) as trial:
        # A stretch has no sound: it is there to be looked at.
        copies = plan_copies(trial, pick_video(trial), form) if is_whole else []
    with open_container(source) as film:
        video = pick_video(film)
        tags = film_tags(film, form, made)
        options = _options(form, index, film, tags)
        with av.open(
            str(target),
            "w",
            format=form,
            container_options=options,
            metadata_errors=TEXT_ERRORS,
        ) as output:
            picture = _add_picture(output, index, video, encoded[0])
            outputs = _add_others(output, film, copies, target)
            output.metadata.update(tags)
            chapters = film.chapters() if is_whole else []
            output.set_chapters(chapters)
            for other in outputs.values():
                other.container.start_encoding()
            output.start_encoding()
            coloured = _coloured(index, encoded, times, picture)
            _mux_all(output, coloured, _others(film, copies, outputs, index))
            for beside in {id(s.container): s.container for s in outputs.values()}.values():
                if beside is not output:
                    beside.close()
        if form == "matroska" and index.picture.is_anamorphic:
            size = (index.picture.width, index.picture.height)
            set_aspect(target, video.metadata.get("title", ""), size, index.picture.aspect)
    return Joined(copies, tags, chapters, _notes(copies))


def _check_extradata(encoded: list[Path]) -> None:
    headers = set()
    for path in encoded:
        with open_encoded(path) as file:
            headers.add(file.streams.video[0].codec_context.extradata)
    if len(headers) > 1:
        raise ItemError(
            "The chunks were encoded with different headers and cannot be joined.",
            "Please report this: it is a fault of Autochrome.",
        )


def _options(
    form: str, index: FilmIndex, film: av.container.InputContainer, tags: dict[str, str]
) -> dict[str, str]:
    options = dict(_EXACT)
    if form in ("mp4", "mov"):
        # Edit lists count in the movie's clock: it must hold the start of every stream exactly.
        clocks = [index.time_base.denominator]
        clocks += [s.codec_context.sample_rate for s in film.streams.audio if s.codec_context]
        common = math.lcm(*(c for c in clocks if c))
        fits = common <= _LARGEST_TIMESCALE
        options["movie_timescale"] = str(common if fits else clocks[0])
        options["video_track_timescale"] = str(_fine(clocks[0]))
        if needs_free_tags(tags, form):
            options["movflags"] = "+use_metadata_tags"
    elif form == "mpegts":
        options["mpegts_copyts"] = "1"
    return options


def _fine(clock: int) -> int:
    """The clock of a video track: the film's, or a multiple of at least 10 kHz."""
    return clock * max(1, math.ceil(10000 / clock))


def _add_picture(output, index: FilmIndex, video, encoded: Path) -> av.VideoStream:
    with av.open(str(encoded)) as first:
        stream = output.add_stream_from_template(first.streams.video[0], opaque=True)
    stream.time_base = Fraction(1, index.time_base.denominator)
    if stream.codec_context.name in ("hevc", "libx265") and output.format.name in ("mp4", "mov"):
        # Apple's players know H.265 by this tag only.
        stream.codec_context.codec_tag = "hvc1"
    if not index.is_steady:
        # Else Matroska would give every frame the same duration.
        stream.codec_context.framerate = Fraction(0)
    stream.metadata.update(picture_tags(video))
    stream.disposition = video.disposition or Disposition(0)
    if output.format.name == "matroska" and index.picture.is_anamorphic:
        stream.metadata["title"] = name_with_room(stream.metadata.get("title", ""))
    if index.picture.aspect[0]:
        stream.codec_context.sample_aspect_ratio = Fraction(*index.picture.aspect)
    if index.picture.display:
        stream.set_display_matrix(index.picture.display)
    if output.format.name == "mpegts":
        stream.id = video.id
    return stream


def _add_others(output, film, copies: list[Copy], target: Path) -> dict[int, av.stream.Stream]:
    """Streams for the copies, in the film or beside it, by the source's stream number."""
    outputs: dict[int, av.stream.Stream] = {}
    beside: dict[str, av.container.OutputContainer] = {}
    # Matroska keeps attachments behind all tracks.
    for copy in sorted(copies, key=lambda copy: copy.kind == "attachment"):
        stream = film.streams[copy.source]
        if copy.place in SIDECARS:
            if copy.place not in beside:
                beside[copy.place] = av.open(
                    f"{target}.{copy.place}",
                    "w",
                    format=SIDECARS[copy.place],
                    container_options=_EXACT,
                    metadata_errors=TEXT_ERRORS,
                )
            outputs[copy.source] = add_copy(beside[copy.place], stream)
        elif copy.place == "film":
            outputs[copy.source] = add_copy(output, stream)
        if copy.source in outputs:
            copy.output = outputs[copy.source].index
    for copy in copies:
        if copy.place == "attachment":
            _attach_picture(output, film, film.streams[copy.source])
    return outputs


def _attach_picture(output, film, stream) -> None:
    """A cover picture as an attachment, which is Matroska's way to hold one."""
    with open_container(film.name) as again:
        picture = next(p for p in again.demux(again.streams[stream.index]) if p.size)
        usual = _PICTURE_NAMES.get(stream.name, ("cover", "application/octet-stream"))
        output.add_attachment(
            stream.metadata.get("filename", usual[0]),
            stream.metadata.get("mimetype", usual[1]),
            bytes(picture),
        )


def _coloured(index: FilmIndex, encoded: list[Path], times, stream) -> Iterator[av.Packet]:
    """The coloured packets in coded order, with their true times; files read through go."""
    position = 0
    for path in encoded:
        for packet in packets_of(path):
            number = packet.pts
            packet.time_base = index.time_base
            packet.pts = int(index.pts[number])
            packet.dts = int(times[position])
            packet.duration = int(index.durations[number])
            packet.stream = stream
            position += 1
            yield packet
        path.unlink()


def _others(film, copies: list[Copy], outputs, index: FilmIndex) -> Iterator[av.Packet]:
    """The packets of the copied streams, noted, in the source's order."""
    clocks = {
        copy.source: _Clock(copy, outputs[copy.source], index)
        for copy in copies
        if copy.source in outputs
    }
    wanted = [film.streams[source] for source in outputs]
    wanted = [stream for stream in wanted if stream.type != "attachment"]
    if not wanted:
        return
    packets = film.demux(wanted)
    while True:
        try:
            packet = next(packets, None)
        except av.error.FFmpegError:
            # The end of a truncated film: what could be read is kept.
            return
        if packet is None:
            return
        if not packet.size and packet.dts is None:
            continue
        source = packet.stream_index
        clocks[source].set(packet)
        packet.stream = outputs[source]
        yield packet


class _Clock:
    """The times of a copied stream's packets, made such that the container takes them."""

    def __init__(self, copy: Copy, output, index: FilmIndex):
        self._copy = copy
        # Two packets at one time: Matroska takes them, others do not.
        self._is_strict = output.container.format.name not in ("matroska", "nut")
        self._is_strict &= copy.kind in ("audio", "video")
        # Where recordings were put one behind the other, the sound moves with the picture.
        ticks = index.time_base / copy.time_base
        self._moves = [0] + [round(moved * ticks) for _, moved in index.facts["jumps"]]
        self._back = JUMP_BACK / copy.time_base
        self._jumps = 0
        self._last_given: int | None = None
        self._last: int | None = None

    def set(self, packet: av.Packet) -> None:
        """Note the packet, and give it times that rise."""
        given = packet.dts if packet.dts is not None else packet.pts
        if given is not None:
            if self._last_given is not None and given < self._last_given - self._back:
                self._jumps = min(self._jumps + 1, len(self._moves) - 1)
            self._last_given = given
        move = self._moves[self._jumps]
        packet.pts = packet.pts + move if packet.pts is not None else None
        if given is None:
            packet.pts = packet.dts = self._last or 0
        elif packet.dts is None and self._copy.kind == "video":
            packet.dts = self._before(packet.pts)
        else:
            packet.dts = given + move
        self._copy.note(packet)
        if self._last is not None:
            earliest = self._last + self._is_strict
            if packet.dts < earliest:
                packet.dts = earliest
                if packet.pts is not None and packet.pts < earliest:
                    packet.pts = self._copy.times[-1] = earliest
                    self._copy.repaired += 1
        self._last = packet.dts

    def _before(self, pts: int) -> int:
        """A decoding time for a picture that has none, as the first ones of Matroska with B-frames.

        It rises, and leaves room for those that are coded later and shown earlier.
        """
        return pts - _REORDERED if self._last is None else min(pts, self._last + 1)


def _mux_all(output, coloured: Iterator[av.Packet], others: Iterator[av.Packet]) -> None:
    """Write both in the order of their decoding times."""
    merged = heapq.merge(coloured, others, key=lambda p: p.dts * p.time_base)
    for packet in merged:
        packet.stream.container.mux(packet)


def _notes(copies: list[Copy]) -> dict[str, Any]:
    notes: dict[str, Any] = {}
    beside = [c.name for c in copies if c.place in SIDECARS]
    if beside:
        notes["beside"] = beside
    lost = [c.name for c in copies if c.place == "none"]
    if lost:
        notes["not_kept"] = lost
    if any(c.unwrapper is not None for c in copies):
        notes["repacked"] = "AAC without its ADTS headers, as the container holds it"
    return notes
