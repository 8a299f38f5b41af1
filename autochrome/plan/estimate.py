"""What a run will cost: time and disk, roughly, told before it is spent.

The figures below were measured on two cores; the records of earlier runs on this machine
(``logs/timings.tsv``) correct them.
"""

import contextlib
import shutil
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..archive import Entry
from ..errors import ArchiveError
from ..models import Model
from ..photos import SIDE_BY_SIDE, SUPPORTED_FORMATS, lanes_for, may_pair
from .values import Plans

TIMINGS = Path("logs/timings.tsv")

_PHOTO_SECONDS = 0.04
# Of a photograph that is only hashed, and of one that is coloured.
_SECONDS_PER_MEGABYTE = (0.002, 0.06)
_START_SECONDS = 2.0
# Of one core, for a network in bf16; and how many frames of a film it sees.
_SECONDS_PER_GFLOP = 0.005
_SEEN_FRAMES = 0.1
_USUAL_PARAMETERS = 50_000_000
# Seconds for one frame of one megapixel, and the part that does not depend on its size.
_FRAME_SECONDS = {"index": (0.002, 0.02), "colour": (0.008, 0.008), "encode": (0.008, 0.12)}
_JOIN_FRAME_SECONDS = (0.001, 0.02)
_UNKNOWN_FRAMES = 1500
# Megabytes of memory: of a job on films, and by megapixel of a frame; of a photo job by itself and
# of each of its children, with a strip that it works on; and a margin of what pictures need.
_JOB_MEMORY = 1500
_FILM_MEMORY = 300
_PHOTO_JOB_MEMORY, _CHILD_MEMORY = 300, 200
_MARGIN = 1.2
# What is not known of a photograph is guessed by its file.
_UNKNOWN_PHOTO = 4
_SLOWER = 4
_MINUTES_AT_LEAST = 20
_RESULT_SIZE = {"jpeg": 1.3, "png": 3.0, "tiff": 3.0, "webp": 8.0, "bmp": 3.0}
_FILM_BITS_PER_PIXEL = {"h264": 0.25, "h265": 0.2, "av1": 0.15, "ffv1": 6.0, "prores": 4.5}
_FREE_MARGIN = 200 * 2**20
_IDLE_SHARE = 0.3


@dataclass(frozen=True)
class Hands:
    """What works on a run at once: so many cores of this machine, or so many jobs on a cluster."""

    count: int
    on_cluster: bool = False

    def photo_threads(self, buckets: int) -> int:
        """Threads of the job of each of so many buckets.

        Its children work side by side around its network. Two keep a core busy while another
        waits; more only where there are fewer buckets than cores, since each job holds networks of
        its own.
        """
        return 2 if self.on_cluster else max(2, self.count // max(1, buckets))


def run_seconds(
    weights: Mapping[str, Mapping[str, float]], jobs: Mapping[str, int], hands: Hands
) -> float:
    """Seconds that a run takes at most, by what its jobs take of one core.

    ``weights`` are of one job, by rule and bucket or film; ``jobs`` how many there are of each of a
    film's chunk stages. Jobs that are started as soon as they can be take no longer than their
    even share and the longest chain of them together (Graham 1966).
    """
    total = 0.0
    chains: Counter[str] = Counter()
    buckets = weights.get("colour_photos", {})
    threads = min(hands.photo_threads(len(buckets)), hands.count)
    for rule, costs in weights.items():
        for item, cost in costs.items():
            total += cost * (jobs[item] if rule.endswith("_chunk") else 1)
            chains[item] += cost / threads if item in buckets else cost
    longest = max(chains.values(), default=0.0)
    return total / hands.count + longest * (1 - 1 / hands.count)


def photo_weight(plan: dict[str, Any], gflop: float) -> float:
    """Seconds of one core that a bucket of photographs needs; ``gflop`` of the network for one.

    Those of formats that are refused are hashed all the same.
    """
    items = len(plan["items"])
    seconds = sum(
        item["size"] / 1e6 * _SECONDS_PER_MEGABYTE[item["format"] in SUPPORTED_FORMATS]
        for item in plan["items"]
    )
    each = _PHOTO_SECONDS + gflop * _SECONDS_PER_GFLOP
    return _START_SECONDS + items * each + seconds


@dataclass(frozen=True)
class PhotoNeeds:
    """What a bucket's photographs need: how many they are, and megabytes of the one that takes
    most, among those that are coloured side by side, in pairs and alone."""

    count: int
    beside: float
    in_pairs: float
    alone: float

    def memory(self, threads: int) -> int:
        """Megabytes of memory for the bucket's job."""
        lanes = lanes_for(threads, self.count)
        pairs = min(2, lanes) * self.in_pairs
        pictures = _MARGIN * max(lanes * self.beside, pairs, self.alone)
        return round(_PHOTO_JOB_MEMORY + lanes * _CHILD_MEMORY + pictures)


def photo_needs(plan: dict[str, Any], entries: Mapping[str, Entry]) -> PhotoNeeds:
    """What the photographs of a bucket need; ``entries`` by path, as the scan found them."""
    most = dict.fromkeys(("beside", "in_pairs", "alone"), 0.0)
    for item in plan["items"]:
        entry = entries[item["path"]]
        settings = plan["settings"] | item.get("settings", {})
        is_refused = entry.format not in SUPPORTED_FORMATS
        if not is_refused and entry.pixels <= settings["max_pixels"]:
            need = entry.memory or _UNKNOWN_PHOTO * entry.size
            if entry.pixels <= SIDE_BY_SIDE:
                kind = "beside"
            else:
                kind = "in_pairs" if may_pair(entry.pixels, entry.memory) else "alone"
            most[kind] = max(most[kind], need / 1e6)
    return PhotoNeeds(len(plan["items"]), **most)


def film_memory(header: dict[str, Any]) -> int:
    """Megabytes of memory for a job of any stage of a film."""
    return round(_JOB_MEMORY + _FILM_MEMORY * header["width"] * header["height"] / 1e6)


def network_memory(models: Iterable[Model]) -> int:
    """Megabytes of memory for the largest network: its weights, and what it computes with them."""
    return max((model.parameters or _USUAL_PARAMETERS) * 16 // 1_000_000 for model in models)


def minutes_allowed(seconds: float) -> int:
    """Minutes that a cluster should allow a job of so many expected seconds."""
    return _MINUTES_AT_LEAST + round(_SLOWER * seconds / 60)


def film_weights(header: dict[str, Any], jobs: int, gflop: float) -> dict[str, float]:
    """Seconds of one core that a film needs, by rule, and for the chunk rules by job."""
    frames = film_frames(header)
    megapixels = header["width"] * header["height"] / 1e6

    def seconds(costs: tuple[float, float]) -> float:
        return frames * (costs[0] + costs[1] * megapixels)

    network = frames * _SEEN_FRAMES * gflop * _SECONDS_PER_GFLOP
    return {
        "index_film": _START_SECONDS + seconds(_FRAME_SECONDS["index"]),
        "colour_chunk": _START_SECONDS + (seconds(_FRAME_SECONDS["colour"]) + network) / jobs,
        "encode_chunk": _START_SECONDS + seconds(_FRAME_SECONDS["encode"]) / jobs,
        "join_film": _START_SECONDS + seconds(_JOIN_FRAME_SECONDS),
    }


def film_frames(header: dict[str, Any]) -> int:
    """The number of frames that a film's header promises."""
    if not header["duration_seconds"]:
        return _UNKNOWN_FRAMES
    return max(1, round(header["duration_seconds"] * (header["frame_rate"] or 25)))


def bytes_needed(
    photo_plans: list[dict[str, Any]], film_plans: list[tuple[dict[str, Any], Plans]]
) -> int:
    """Disk that the results, and what lies beside them on the way, will take."""
    photos = sum(
        item["size"] * _RESULT_SIZE.get(item["format"], 0)
        for plan in photo_plans
        for item in plan["items"]
    )
    films = 0.0
    for header, stages in film_plans:
        pixels = header["width"] * header["height"] * film_frames(header)
        bits = _FILM_BITS_PER_PIXEL[stages["encode"]["settings"]["codec"]]
        # Encoded chunks and the joined film lie side by side until the film is verified.
        films += 2 * pixels * bits / 8 + stages["index"]["size"] * 0.2
    return int(photos + films)


def check_disk(needed: int, results: Path) -> None:
    """Raise ArchiveError if the results folder's disk has not room for ``needed`` bytes."""
    free = shutil.disk_usage(results).free
    if free < needed + _FREE_MARGIN:
        raise ArchiveError(
            f"The results need about {as_size(needed)}, but the disk of {results} has only "
            f"{as_size(free)} free.",
            "Free some room, or choose another place with --config output=FOLDER.",
        )


def calibration(results: Path) -> float:
    """How much longer earlier runs on this machine took than the figures here say.

    Jobs that found their results done, and so took next to no time, do not count.
    """
    total = promised = 0.0
    try:
        lines = (results / TIMINGS).read_text(errors="replace").splitlines()
    except FileNotFoundError:
        return 1.0
    for line in lines[1:]:
        # A line may be torn by a full disk.
        with contextlib.suppress(ValueError):
            _, _, expected, seconds = line.split("\t")
            if float(seconds) > _IDLE_SHARE * float(expected):
                total += float(seconds)
                promised += float(expected)
    return total / promised if promised > 0 else 1.0


def as_size(count: float) -> str:
    """A number of bytes for a person: ``1.2 GB``."""
    for unit in ("bytes", "kB", "MB", "GB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "bytes" else f"{count:.3g} {unit}"
        count /= 1000
    return f"{count:.3g} TB"


def as_duration(seconds: float) -> str:
    """A time for a person: ``2 min``, ``3 h 20 min``."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 90 else f"{minutes // 60} h {minutes % 60} min"
