"""The segments of a JPEG file (ITU-T T.81, annex B): its frame header, its markers, its scans."""

import re
import struct
from dataclasses import dataclass, replace
from functools import cached_property

from ..errors import ItemError
from ..mark import CREDENTIALS_LEFT

EXIF_MARK, _XMP, _ICC = b"Exif\0\0", b"http://ns.adobe.com/xap/1.0/\0", b"ICC_PROFILE\0"
_ADOBE, _MULTI_PICTURE = b"Adobe", b"MPF\0"
_APP0, _APP1, _APP2, _APP11, _APP14, _COM = 0xE0, 0xE1, 0xE2, 0xEB, 0xEE, 0xFE
# The type of the JUMBF box that holds content credentials.
_C2PA = b"jumdc2pa"
_SOI, _EOI, _SOS = b"\xff\xd8", b"\xff\xd9", 0xDA
_STANDALONE = {0x01, 0xD8, *range(0xD0, 0xD8)}
_LS_FRAME = 0xF7
FRAMES = {*range(0xC0, 0xD0), _LS_FRAME} - {0xC4, 0xC8, 0xCC}
_LARGEST = 65533

_CODINGS = {
    0xC0: "",
    0xC1: "",
    0xC2: "",
    0xC3: "lossless JPEG (the 1992 process)",
    **dict.fromkeys((0xC5, 0xC6, 0xC7, 0xCD, 0xCE, 0xCF), "hierarchical JPEG"),
    0xC9: "arithmetic-coded JPEG",
    0xCA: "arithmetic-coded JPEG",
    0xCB: "arithmetic-coded lossless JPEG",
    _LS_FRAME: "JPEG-LS",
}


@dataclass(frozen=True)
class Segment:
    """One APPn or COM segment: its marker's second byte and its payload."""

    code: int
    payload: bytes

    def to_bytes(self) -> bytes:
        return struct.pack(">BBH", 0xFF, self.code, len(self.payload) + 2) + self.payload


@dataclass(frozen=True)
class Jpeg:
    """A JPEG file taken apart: ``segments`` are its APPn and COM segments before the first scan,
    ``stripped`` the same file without them. ``sampling`` holds a byte for each of the components,
    4 bits for its horizontal factor and 4 for its vertical one."""

    height: int
    width: int
    precision: int
    coding: str
    components: bytes
    sampling: bytes
    segments: tuple[Segment, ...]
    stripped: bytes

    @property
    def exif(self) -> bytes:
        """The EXIF block (a TIFF stream), empty if there is none."""
        return next((p[6:] for p in self._payloads(_APP1) if p.startswith(EXIF_MARK)), b"")

    @property
    def xmp(self) -> bytes:
        return next((p[len(_XMP) :] for p in self._payloads(_APP1) if p.startswith(_XMP)), b"")

    @property
    def icc(self) -> bytes:
        """The ICC profile, put together from its chunks."""
        chunks = [p for p in self._payloads(_APP2) if p.startswith(_ICC)]
        return b"".join(p[14:] for p in sorted(chunks, key=lambda p: p[12:13]))

    @property
    def adobe_transform(self) -> int | None:
        """What Adobe's marker says of the components: 0 none (RGB, CMYK), 1 YCbCr, 2 YCCK."""
        adobe = [p for p in self._payloads(_APP14) if p.startswith(_ADOBE) and len(p) >= 12]
        return adobe[0][11] if adobe else None

    @property
    def is_rgb(self) -> bool:
        """Three components that are R, G, B and not Y, Cb, Cr, as libjpeg decides it."""
        if len(self.components) != 3 or any(p[:5] == b"JFIF\0" for p in self._payloads(_APP0)):
            return False
        if self.adobe_transform is not None:
            return self.adobe_transform == 0
        return self.components == b"RGB"

    @property
    def has_full_luma(self) -> bool:
        """Is no component sampled more densely than the first, which is the luma?"""
        across, down = zip(
            *((factors >> 4, factors & 15) for factors in self.sampling), strict=True
        )
        return max(across) == across[0] and max(down) == down[0]

    @property
    def trailer(self) -> bytes:
        """What programs put behind the end marker (IPTC of older ones, a camera's film); empty
        if further JPEG pictures lie there, since those would be grey copies."""
        trailer = self.stripped[self._end + 2 :] if self.ends else b""
        return b"" if trailer.startswith(_SOI) else trailer

    @property
    def ends(self) -> bool:
        """Is there an end marker? In entropy-coded data it cannot be."""
        return self._end >= 0

    def with_end(self) -> "Jpeg":
        """The same with an end marker behind everything."""
        return replace(self, stripped=self.stripped + _EOI)

    @property
    def has_all_scans(self) -> bool:
        """Are there scans for every coefficient of every component, down to its last bit?

        A progressive file that is cut between two scans decodes without a word, only coarser.
        """
        missing = {(name, k) for name in self.components for k in range(64)}
        for found in re.finditer(rb"\xff\xda", self.stripped):
            head = self.stripped[found.end() + 2 : found.end() + 14]
            count = head[0] if head else 0
            if not 0 < count < 5 or len(head) < 4 + 2 * count:
                break
            first, last, bits = head[1 + 2 * count : 4 + 2 * count]
            if not bits & 15:
                names = head[1 : 1 + 2 * count : 2]
                missing -= {(name, k) for name in names for k in range(first, last + 1)}
        return not missing

    def without_cut_segment(self) -> "Jpeg":
        """The same up to a marker segment that is cut by the end of the file, if there is one.

        Of a progressive file, a table between two scans: there decoders give up all they have.
        """
        tail = max(0, len(self.stripped) - _LARGEST - 4)
        markers = list(re.compile(rb"\xff[\xc0-\xcf\xda-\xfe]").finditer(self.stripped, tail))
        start = markers[-1].start() if markers else len(self.stripped)
        size = int.from_bytes(self.stripped[start + 2 : start + 4])
        is_cut = start + 4 > len(self.stripped) or start + 2 + size > len(self.stripped)
        return replace(self, stripped=self.stripped[:start]) if is_cut else self

    @cached_property
    def _end(self) -> int:
        return self.stripped.find(_EOI, self.stripped.find(b"\xff\xda"))

    def _payloads(self, code: int) -> list[bytes]:
        return [s.payload for s in self.segments if s.code == code]


def parse(data: bytes) -> Jpeg:
    """Take a JPEG file apart. Raises ItemError saying what of its structure is broken."""
    # libjpeg skips rubbish before the first marker, so people never notice it.
    begin = data.find(_SOI + b"\xff", 0, 1024)
    if begin < 0:
        raise _broken("it does not begin as a JPEG file does")
    data = data[begin:]
    # Views: of a large picture each copy counts.
    view = memoryview(data)
    segments, kept, frame = [], [_SOI], None
    for code, start, end in _headers(data):
        payload = data[start + 4 : end]
        if _APP0 <= code <= 0xEF or code == _COM:
            segments.append(Segment(code, payload))
            continue
        if code == _SOS:
            kept.append(view[start:])
            break
        if code in FRAMES:
            frame = code, payload
        kept.append(view[start:end])
    else:
        raise _broken("it ends before the picture begins")
    if frame is None or len(frame[1]) < 6 or len(frame[1]) < 6 + 3 * frame[1][5]:
        raise _broken("its frame header is missing or cut")
    code, payload = frame
    precision, height, width, count = struct.unpack_from(">BHHB", payload)
    return Jpeg(
        height=height,
        width=width,
        precision=precision,
        coding=_CODINGS[code],
        components=payload[6 : 6 + 3 * count : 3],
        sampling=payload[7 : 6 + 3 * count : 3],
        segments=tuple(segments),
        stripped=b"".join(kept),
    )


def _headers(data: bytes):
    """Each marker segment up to the first scan: its code, its start, its end."""
    position = 2
    while True:
        # Decoders skip rubbish between segments; so does this.
        found = re.compile(rb"\xff+([^\xff\x00])").search(data, position)
        if found is None:
            return
        code = found[1][0]
        start = found.end() - 2
        position = found.end()
        if code in _STANDALONE:
            continue
        if code == _EOI[1] or len(data) < position + 2:
            return
        (size,) = struct.unpack_from(">H", data, position)
        end = position + size
        if size < 2 or end > len(data):
            return
        yield code, start, end
        position = end


def _broken(what: str) -> ItemError:
    return ItemError(
        f"It cannot be decoded: {what}.",
        "Get the file again, or repair it; see whether another program opens it.",
    )


def fits_in_a_segment(xmp: bytes) -> bool:
    """Can a JPEG hold this XMP packet as it stands?"""
    return len(_XMP) + len(xmp) <= _LARGEST


def result_segments(source: Jpeg, xmp: bytes, icc: bytes) -> tuple[list[Segment], list[str]]:
    """The segments of the coloured file: the source's, byte for byte, but for what colour changes.

    ``xmp`` and ``icc`` replace the source's (empty: the packet is left out); an XMP packet that no
    segment holds is not written, and the source's stays. Returns notes on what was left out or
    changed as well.
    """
    kept, notes = [], []
    # JUMBF boxes (ISO 19566-5): all segments of one begin alike, and the first tells its type.
    credentials = {
        s.payload[:4]
        for s in source.segments
        if s.code == _APP11 and s.payload[:2] == b"JP" and _C2PA in s.payload[:64]
    }
    for segment in source.segments:
        payload = segment.payload
        if segment.code == _APP1 and payload.startswith(_XMP):
            continue
        if segment.code == _APP2 and payload.startswith(_ICC) and icc != source.icc:
            continue
        if segment.code == _APP2 and payload.startswith(_MULTI_PICTURE):
            notes.append("further pictures behind the photograph (MPF) left out")
            continue
        if segment.code == _APP11 and payload[:4] in credentials:
            notes.append(CREDENTIALS_LEFT)
            continue
        if segment.code == _APP14 and payload.startswith(_ADOBE) and payload[11:12] == b"\0":
            segment = replace(segment, payload=payload[:11] + b"\1" + payload[12:])
            notes.append("Adobe marker set to YCbCr")
        kept.append(segment)
    # JFIF wants to be first, EXIF next; what is new comes after them.
    lead = sum(s.code == _APP0 or s.payload.startswith(EXIF_MARK) for s in kept[:2])
    while lead < len(kept) and kept[lead].payload.startswith(EXIF_MARK):
        # EXIF that is too large for one segment goes on in the next.
        lead += 1
    added = []
    if xmp and fits_in_a_segment(xmp):
        added.append(Segment(_APP1, _XMP + xmp))
    elif xmp:
        added += [s for s in source.segments if s.payload.startswith(_XMP)]
    if icc != source.icc:
        added += _icc_segments(icc)
    return kept[:lead] + added + kept[lead:], notes


def _icc_segments(icc: bytes) -> list[Segment]:
    size = _LARGEST - 14
    chunks = [icc[i : i + size] for i in range(0, len(icc), size)]
    return [
        Segment(_APP2, _ICC + bytes((number, len(chunks))) + chunk)
        for number, chunk in enumerate(chunks, 1)
    ]


def with_segments(stripped: bytes, segments: list[Segment]) -> list[bytes | memoryview]:
    """A whole file, in pieces: ``segments`` put behind the start marker of a file without any."""
    return [_SOI, *(s.to_bytes() for s in segments), memoryview(stripped)[2:]]
