"""One chunk of the result: the film's own luma, steadied chroma, and an encoder.

Written to Matroska files with the frame's number in the film as its timestamp (one frame, one
millisecond): numbers survive any container exactly, the true times are given back at the join.
FFmpeg's libraries do it in process through PyAV: frames go from decoder to encoder without a
pipe, and the packets come back to be checked at once.
"""

from collections.abc import Iterator
from contextlib import closing
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.codec.context import Flags
from numpy.typing import NDArray

from ..errors import ItemError
from .arrays import in_blocks, save_arrays
from .chroma import ChromaMaker
from .coding import Coding
from .colour import AbMaps, quarter_turns
from .cuts import read_safely
from .decoder import fingerprint
from .index import FilmIndex
from .overlap import ahead
from .own_colour import own_chroma
from .parts import PartWriter
from .pixels import plane_array
from .shots import shrunk
from .steady import steady_ab

# Raised when the frames that go into the encoder, or its fixed settings, change.
ENCODE_VERSION = 5

_FULL = 2
# EXIF's orientations by a player's counterclockwise quarter turns.
_SHOWN_AS = (1, 8, 3, 6)

# Width of the small luma that proves, after the join, that every frame is in its place.
_THUMB_WIDTH = 80


def make_chunk(
    index_path: str,
    source: str,
    number: int,
    colours: list[str],
    settings: dict[str, Any],
    target: str,
    thumbs: str,
) -> int:
    """Encode one chunk; the small luma of its frames goes to ``thumbs``.

    ``colours`` are the ab files of this chunk and its neighbours; ``target`` is what the names of
    the chunk's files have in common, see `part_path`. Gives the number of these files. Raises
    ItemError if the luma that goes in is not the film's.
    """
    index = FilmIndex.load(Path(index_path))
    maps = AbMaps([Path(path) for path in colours])
    codec = Coding.of(index.picture, settings).codec
    with PartWriter(Path(target), codec.encoder, index.rate) as parts:
        writer = _Writer(parts, index, settings)
        small = _written(writer, index, maps, source, number, settings)
        save_arrays(Path(thumbs), in_blocks(small))
        writer.end()
    return len(parts)


def _written(
    writer: "_Writer",
    index: FilmIndex,
    maps: AbMaps,
    source: str,
    number: int,
    settings: dict[str, Any],
) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """Write the frames of a chunk one by one; gives their numbers and small luma.

    Reading, laying colour over the luma, and encoding go on side by side.
    """
    width = thumb_width(index.picture.width)

    def made() -> Iterator[tuple[int, av.VideoFrame, NDArray[np.uint8]]]:
        with closing(ahead(read_safely(index, source, number))) as read:
            for frame, luma, decoded in read:
                ab = None
                if not index.keeps_colour(frame, settings["tint"] == "keep"):
                    ab = steady_ab(index, maps, frame) * np.float32(settings["saturation"])
                coded = writer.coding.coded(luma)
                small = shrunk(coded, writer.coding.depth, width)
                yield frame, writer.filled(frame, luma, coded, ab, decoded), small

    with closing(ahead(made())) as ready:
        for frame, picture, small in ready:
            writer.encode(picture)
            yield frame, small


def thumb_width(width: int) -> int:
    """Columns of the small luma: an eighth of the picture's, within limits."""
    return min(_THUMB_WIDTH, max(8, width // 8))


class _Writer:
    """The encoder of one chunk and the files it goes to."""

    def __init__(self, parts: PartWriter, index: FilmIndex, settings: dict[str, Any]):
        self._index = index
        picture = index.picture
        self.coding = coding = Coding.of(picture, settings)
        turns = quarter_turns(picture.display)
        badge = _SHOWN_AS[turns] if "visible_mark" in settings else None
        self._chroma = ChromaMaker(coding, badge)
        self._parts = parts
        self._stream = parts.stream
        options = dict(settings["options"])
        if picture.fields == "bff" and coding.codec.keeps_fields and "x264-params" in options:
            # Told by the context alone, x264 marks every picture as the other order.
            options["x264-params"] += ":bff=1"
        self._stream.options = options
        context = self._stream.codec_context
        context.width, context.height = picture.width, picture.height
        context.pix_fmt = coding.format
        context.time_base = 1 / index.rate
        context.color_range = 2 if coding.full else 1
        context.colorspace = picture.matrix
        context.color_primaries = picture.primaries
        context.color_trc = picture.transfer
        if picture.aspect[0]:
            context.sample_aspect_ratio = Fraction(*picture.aspect)
        context.thread_count = settings["threads"]
        context.flags |= Flags.bitexact | Flags.closed_gop
        self._fields = None
        if picture.fields and coding.codec.keeps_fields:
            context.flags |= Flags.interlaced_dct
            context.field_order = 2 if picture.fields == "tff" else 3
            self._fields = _field_marker(index, coding.format)

    def filled(
        self,
        number: int,
        luma: NDArray[np.integer],
        coded: NDArray[np.integer],
        ab: NDArray[np.float32] | None,
        decoded: av.VideoFrame,
    ) -> av.VideoFrame:
        """Frame ``number`` as it goes into the encoder; ``coded`` is its luma as coded.

        ``ab`` is None for a frame that keeps the chroma of the film.
        """
        frame = self._empty_frame(decoded)
        plane_array(frame, 0)[:] = coded
        if ab is None:
            planes = own_chroma(decoded, self.coding, plane_array(frame, 1).shape)
        else:
            planes = self._chroma.planes(luma, ab)
        for i, plane in enumerate(planes, 1):
            plane_array(frame, i)[:] = plane
        self._prove(frame, number)
        frame.pts = number
        frame.time_base = 1 / self._index.rate
        return frame

    def encode(self, frame: av.VideoFrame) -> None:
        if self._fields is not None:
            self._fields.push(frame)
            frame = self._fields.pull()
        self._mux(self._stream.encode(frame))

    def end(self) -> None:
        """Write what the encoder still holds."""
        self._mux(self._stream.encode(None))

    def _empty_frame(self, decoded: av.VideoFrame) -> av.VideoFrame:
        """A frame to be filled, with the closed captions of the decoded one where there are any."""
        picture = self._index.picture
        if self._index.facts["captions"]:
            frame = decoded.reformat(
                format=self.coding.format, src_color_range=_FULL, dst_color_range=_FULL
            )
            if frame.format.name == self.coding.format:
                frame.make_writable()
                frame.pict_type = 0
                return frame
        return av.VideoFrame(picture.width, picture.height, self.coding.format)

    def _prove(self, frame: av.VideoFrame, number: int) -> None:
        """The luma in the frame as the encoder will read it is the one of the index."""
        if not self.coding.is_exact:
            return
        luma = self.coding.original(plane_array(frame, 0))
        if luma is None or (fingerprint(np.ascontiguousarray(luma)) != self._index.prints[number]):
            raise ItemError(
                f"The luma of frame {number} changed on its way to the encoder.",
                "Please report this: it is a fault of Autochrome.",
            )

    def _mux(self, packets: list[av.Packet]) -> None:
        for packet in packets:
            self._parts.mux(packet)


def _field_marker(index: FilmIndex, pixel_format: str) -> av.filter.Graph:
    """A filter that marks frames as interlaced, which PyAV's frames cannot do themselves."""
    picture = index.picture
    graph = av.filter.Graph()
    source = graph.add_buffer(
        width=picture.width,
        height=picture.height,
        format=pixel_format,
        time_base=1 / index.rate,
    )
    mark = graph.add("setparams", f"field_mode={picture.fields}")
    sink = graph.add("buffersink")
    source.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    return graph
