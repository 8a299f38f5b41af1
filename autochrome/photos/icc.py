"""ICC profiles: which kind one is, and the RGB profile that a grey one becomes.

A grey profile cannot stand in a colour file. The profile made here has its tone curve for all
three channels and the primaries of sRGB, so the luma codes of a neutral pixel mean what they
meant. Formats: ICC.1:2001-04 (version 2) and ICC.1:2010 (version 4).
"""

import struct

import imagecodecs
import numpy as np

_CURVE_LEVELS = 4096
_RELATIVE = 1

# XYZ of sRGB's primaries adapted to D50 (as in the sRGB profile of the ICC), s15Fixed16.
_PRIMARIES = {
    b"rXYZ": (0.43607, 0.22249, 0.01392),
    b"gXYZ": (0.38515, 0.71687, 0.09708),
    b"bXYZ": (0.14307, 0.06061, 0.71410),
}
_D50 = (0.9642, 1.0, 0.8249)


def colour_space(profile: bytes) -> str:
    """What a profile describes: "GRAY", "RGB", "CMYK" …; empty for bytes that are no profile."""
    if len(profile) < 132 or profile[36:40] != b"acsp":
        return ""
    return profile[16:20].decode("latin-1").strip()


def profile_for_colour(profile: bytes) -> tuple[bytes, list[str]]:
    """The profile that the coloured file gets for the source's, and notes on a change."""
    if colour_space(profile) != "GRAY":
        return profile, []
    replaced = rgb_from_grey(profile)
    if replaced is None:
        return b"", ["grey ICC profile without a tone curve left out"]
    return replaced, ["grey ICC profile replaced by the RGB profile of its tone curve"]


def rgb_from_grey(profile: bytes) -> bytes | None:
    """The RGB profile with the tone curve of a grey profile, None if it has no such curve."""
    curve = _tone_curve(profile)
    if curve is None:
        return None
    # Parametric curves came with version 4, which also has another type for texts.
    version = 4 if curve[:4] == b"para" else 2
    name = "Tone curve of the scan's grey profile, sRGB primaries"
    tags = {
        b"desc": _text(name, version) if version == 4 else _description(name),
        b"cprt": _text("No copyright", version),
        b"wtpt": _xyz(_D50),
        **{tag: _xyz(value) for tag, value in _PRIMARIES.items()},
        b"rTRC": curve,
    }
    return _profile(tags, version)


def _tone_curve(profile: bytes) -> bytes | None:
    """The curve from codes to light. Where colours are connected by Lab, kTRC leads to L*."""
    curve = _tag(profile, b"kTRC")
    if curve is None or curve[:4] not in (b"curv", b"para"):
        return None
    if profile[20:24] != b"Lab ":
        return curve
    levels = np.rint(np.linspace(0, 65535, _CURVE_LEVELS)).astype(np.uint16)[None]
    try:
        light = imagecodecs.cms_transform(
            levels,
            profile,
            imagecodecs.cms_profile("gray", gamma=1.0),
            colorspace="gray",
            outcolorspace="gray",
            intent=_RELATIVE,
        )
    except Exception:  # a profile that cannot be used says nothing
        return None
    return struct.pack(">4s4xI", b"curv", _CURVE_LEVELS) + light.astype(">u2").tobytes()


def _tag(profile: bytes, name: bytes) -> bytes | None:
    if len(profile) < 132:
        return None
    (count,) = struct.unpack_from(">I", profile, 128)
    for i in range(min(count, 100)):
        entry = profile[132 + 12 * i : 144 + 12 * i]
        if len(entry) == 12 and entry[:4] == name:
            offset, size = struct.unpack(">II", entry[4:])
            data = profile[offset : offset + size]
            return data if len(data) == size >= 12 else None
    return None


def _text(text: str, version: int) -> bytes:
    if version < 4:
        return b"text" + bytes(4) + text.encode("ascii") + b"\0"
    data = text.encode("utf-16-be")
    return b"mluc" + bytes(4) + struct.pack(">II4sII", 1, 12, b"enUS", len(data), 28) + data


def _description(text: str) -> bytes:
    data = text.encode("ascii") + b"\0"
    return b"desc" + bytes(4) + struct.pack(">I", len(data)) + data + bytes(78)


def _xyz(value: tuple[float, float, float]) -> bytes:
    return b"XYZ " + bytes(4) + struct.pack(">3i", *(round(v * 65536) for v in value))


def _profile(tags: dict[bytes, bytes], version: int) -> bytes:
    # The three channels share one curve: several entries of the table may name the same data.
    entries = [*tags, b"gTRC", b"bTRC"]
    offset = 128 + 4 + 12 * len(entries)
    table, data, places = b"", b"", {}
    for name, content in tags.items():
        places[name] = (offset + len(data), len(content))
        data += content + bytes(-len(content) % 4)
    places[b"gTRC"] = places[b"bTRC"] = places[b"rTRC"]
    for name in entries:
        table += name + struct.pack(">II", *places[name])
    header = bytearray(128)
    header[8] = version
    header[12:24] = b"mntrRGB XYZ "
    header[24:36] = struct.pack(">6H", 2000, 1, 1, 0, 0, 0)
    header[36:40] = b"acsp"
    header[68:80] = struct.pack(">3i", *(round(v * 65536) for v in _D50))
    profile = bytes(header) + struct.pack(">I", len(entries)) + table + data
    return struct.pack(">I", len(profile)) + profile[4:]
