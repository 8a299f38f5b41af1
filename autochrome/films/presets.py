"""What a film's result is for, and how it is encoded: the settings, resolved and checked.

Players decide the depths: whatever plays H.265, AV1 or ProRes plays 10 bits, which keep colour
laid over a grey ramp from banding; H.264 is played everywhere in 8 bits only, so it gets the
film's own depth, as FFV1 does, which is there to keep what was.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from ..errors import ConfigError

PRESETS = {"share": "h264", "archive": "ffv1", "edit": "prores", "small": "av1"}
"""The codec of each preset."""

# The others are kept where a film has them.
_WISHED_CONTAINERS = ("mp4", "mov", "mkv")

_X26X_EFFORTS = (
    *("ultrafast", "superfast", "veryfast", "faster", "fast"),
    *("medium", "slow", "slower", "veryslow", "placebo"),
)


@dataclass(frozen=True)
class Codec:
    """``depths`` are those that the encoder takes, ``least_depth`` what a film gets at least.

    ``containers`` are those that hold it, the first for a film whose own is not among them where
    MP4 would not do. ``crfs`` and ``efforts`` are what the encoder knows, or empty.
    """

    title: str
    encoder: str
    depths: tuple[int, ...]
    least_depth: int
    containers: tuple[str, ...]
    crfs: range = range(0)
    crf: float | None = None
    efforts: tuple[str, ...] = ()
    effort: str | None = None
    lossless: bool = False
    keeps_fields: bool = True
    parameters: str = ""


CODECS = {
    "h264": Codec(
        title="H.264",
        encoder="libx264",
        depths=(8, 10),
        least_depth=8,
        containers=("mkv", "mp4", "m4v", "mov", "ts"),
        crfs=range(52),
        crf=18,
        efforts=_X26X_EFFORTS,
        effort="medium",
        parameters="x264-params",
    ),
    "h265": Codec(
        title="H.265",
        encoder="libx265",
        depths=(8, 10, 12),
        least_depth=10,
        containers=("mkv", "mp4", "m4v", "mov", "ts"),
        crfs=range(52),
        crf=20,
        efforts=_X26X_EFFORTS,
        effort="medium",
        keeps_fields=False,
        parameters="x265-params",
    ),
    "av1": Codec(
        title="AV1",
        encoder="libsvtav1",
        depths=(8, 10),
        least_depth=10,
        containers=("mkv", "mp4"),
        crfs=range(64),
        crf=28,
        efforts=tuple(map(str, range(14))),
        effort="8",
        keeps_fields=False,
        parameters="svtav1-params",
    ),
    "ffv1": Codec(
        title="FFV1",
        encoder="ffv1",
        depths=(8, 9, 10, 12, 14, 16),
        least_depth=8,
        containers=("mkv",),
        lossless=True,
    ),
    "prores": Codec(
        title="ProRes",
        encoder="prores_ks",
        depths=(10,),
        least_depth=10,
        containers=("mov", "mkv"),
    ),
}


def encoder_settings(films: dict[str, Any]) -> dict[str, Any]:
    """What the encoding of films needs of their settings (``films`` of config.yaml), resolved.

    ``codec``, ``depth`` (a number of bits, or "auto"), ``threads``, and ``options``, all that is
    handed to FFmpeg's encoder. Raises ConfigError for what the codec does not know.
    """
    name = films["codec"] or PRESETS[films["preset"]]
    codec = CODECS[name]
    if films["depth"] != "auto" and films["depth"] not in codec.depths:
        raise _impossible("depth", films["depth"], codec, f"auto, {_listed(codec.depths)}")
    wished = films["container"]
    if wished != "auto" and wished not in codec.containers:
        possible = [name for name in codec.containers if name in _WISHED_CONTAINERS]
        raise _impossible("container", wished, codec, f"auto, {_listed(possible)}")
    threads = films["encoder_threads"]
    options = _fixed_options(name, threads) | _quality(codec, films["crf"], films["effort"])
    for key, value in films["encoder_options"].items():
        text = str(value).lower() if isinstance(value, bool) else str(value)
        joined = key == codec.parameters and key in options
        options[key] = f"{options[key]}:{text}" if joined else text
    return {
        "codec": name,
        "depth": films["depth"],
        "threads": threads,
        "options": dict(sorted(options.items())),
    }


def _fixed_options(codec: str, threads: int) -> dict[str, str]:
    """What makes chunks fit together, and the same frames the same bytes."""
    return {
        # x264's fast paths for its lookahead (mbtree) depend on the processor, and gave other
        # bytes in every other run of one process (measured, x264 165).
        "h264": {"x264-params": "cpu-independent=1"},
        # Its information names the processor.
        "h265": {
            "x265-params": "log-level=error:info=0:open-gop=0:"
            f"pools={threads}:frame-threads={threads}"
        },
        "av1": {"svtav1-params": f"lp={threads}"},
        "ffv1": {"level": "3", "slices": "4", "slicecrc": "1", "g": "1"},
        "prores": {"profile": "hq", "vendor": "apl0"},
    }[codec]


def _quality(codec: Codec, crf: float | None, effort: str | int | None) -> dict[str, str]:
    options = {}
    if crf is not None and not (codec.crfs and 0 <= crf <= codec.crfs[-1]):
        allowed = f"null, or a number from 0 to {codec.crfs[-1]}" if codec.crfs else "null"
        raise _impossible("crf", crf, codec, allowed)
    if codec.crfs:
        options["crf"] = f"{codec.crf if crf is None else crf:g}"
    if effort is not None and str(effort) not in codec.efforts:
        raise _impossible("effort", effort, codec, f"null, {_listed(codec.efforts)}".rstrip(", "))
    if codec.efforts:
        options["preset"] = str(codec.effort if effort is None else effort)
    return options


def _impossible(key: str, value: Any, codec: Codec, allowed: str) -> ConfigError:
    return ConfigError(
        f"Setting films.{key}: {value!r} is not possible with {codec.title}.",
        f"Allowed: {allowed}. Or choose another films.codec.",
    )


def _listed(values: Iterable) -> str:
    return ", ".join(map(str, values))
