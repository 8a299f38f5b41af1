"""How still colour holds in films, and how true it stays: every frame by itself against carried.

    python -m benchmarks.steadiness FOLDER_OR_FILMS… [--frames 300] [--model compact]
                                    [--key-frames auto]

Colour films are made grey (their luma alone is read) and coloured twice: every frame by itself
(`films.key_frames: every`, no window in time) and carried from key frames. The originals are the
truth. All is measured on pictures of about 224 × 224 pixels' area, in pairs of frames inside shots:

- *warped ab error*: mean over pixels of the distance in the ab plane (CIE units) between a frame's
  colour and that of the frame before, fetched along flow. The colour is the steadied ab map, raised
  to the measured size (of the truth: its ab). Flow is Farnebäck's (another than the one that
  carries), computed on the true frames' luma at the measured size; pixels count where there and
  back meet within half a pixel and the true colours agree (distance of R'G'B' below 0.1 of full
  scale): occlusions are left out, the same pixels for every method. *Static*: flow shorter than
  half a pixel; *moving*: longer. The truth's own error stands beside.
- *shown*: the same of the finished pictures, in which the gamut has its say: there flicker and
  grain of the luma move the colours, too.
- *CDC* (TCVC): Jensen–Shannon divergence (natural logarithm) of the 256-bin histograms of R, G, B
  of frames d apart, mean of d = 1, 2, 4, times 10^3.
- *colorfulness*: Hasler and Süsstrunk (2003), signed.
- *ΔE2000* against the truth: mean over all pixels of all frames, and the mean over frames of each
  frame's 95th percentile.
- *calls*: the network's calls a frame.

Prints one line a film and method, means over the films, and ratios carried ÷ by itself.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage.color import deltaE_ciede2000

from autochrome.color import (
    REC601,
    colorfulness,
    lab_from_srgb,
    raise_ab,
    rgb_from_luma_ab,
)
from autochrome.errors import AutochromeError
from autochrome.films.arrays import in_blocks, save_arrays
from autochrome.films.colour import AbMaps, colour_frames
from autochrome.films.index import FilmIndex, make_index
from autochrome.films.steady import steady_ab
from autochrome.models import Predictor, default_folders, planned_model, ready_model

SIDE = 224
METHODS = ("every", "carried")
NAMES = ("static", "moving", "warped", "shown", "CDC", "colorful", "ΔE", "ΔE95", "calls")
_SUFFIXES = {".avi", ".mkv", ".mov", ".mp4", ".m4v", ".ogv", ".webm"}

Rgb = NDArray[np.float32]


class Counting:
    """A predictor that counts its calls."""

    def __init__(self, predictor: Predictor):
        self._predictor, self.calls = predictor, 0

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return self._predictor.input_size(height, width)

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        self.calls += len(lightness)
        return self._predictor.predict(lightness)


def coloured(
    path: Path, folder: Path, key_frames: str | int, predictor: Counting
) -> tuple[FilmIndex, Callable[[int], NDArray[np.float32]], float]:
    """A film coloured: its index, the ab map of every frame, and the network's calls a frame."""
    name = f"{key_frames}"
    make_index(str(path), str(folder / f"{name}.index.npz"), 1, key_frames, "grey")
    index = FilmIndex.load(folder / f"{name}.index.npz")
    predictor.calls = 0
    maps = in_blocks(colour_frames(index, str(path), 0, predictor))
    save_arrays(folder / f"{name}.npz", maps)
    found = AbMaps([folder / f"{name}.npz"])
    return index, lambda frame: steady_ab(index, found, frame), predictor.calls / len(index)


def true_frames(path: Path) -> Iterator[Rgb]:
    """R'G'B' float32 (h, w, 3) in [0, 1] at the measured size."""
    with av.open(str(path)) as file:
        for frame in file.decode(file.streams.video[0]):
            rgb = frame.to_ndarray(format="rgb24").astype(np.float32) / 255
            scale = min(1.0, SIDE / (frame.width * frame.height) ** 0.5)
            size = (round(frame.width * scale), round(frame.height * scale))
            yield cv2.resize(rgb, size, interpolation=cv2.INTER_AREA)


def with_colours(rgb: Rgb, ab: NDArray[np.float32]) -> Rgb:
    """The frame's luma with these colours (h, w, 2), as the results have them."""
    luma = (rgb @ np.float32(REC601)).astype(np.float32)
    codes = rgb_from_luma_ab(np.rint(luma * 65535).astype(np.uint16), ab)
    return codes.astype(np.float32) / 65535


def flow_between(start: NDArray[np.uint8], end: NDArray[np.uint8]) -> NDArray[np.float32]:
    return cv2.calcOpticalFlowFarneback(start, end, None, 0.5, 5, 15, 3, 7, 1.5, 0)


def warped(array: NDArray, flow: NDArray[np.float32]) -> NDArray:
    y, x = np.mgrid[: flow.shape[0], : flow.shape[1]].astype(np.float32)
    at = np.stack([x, y], 2) + flow
    return cv2.remap(array, at, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


class Film:
    """The sums of one film's measures, of the truth and of each method."""

    def __init__(self) -> None:
        ways = ("truth", *METHODS)
        self.sums = {way: {name: [0.0, 0.0] for name in NAMES} for way in ways}
        self._last: dict[str, tuple[Rgb, NDArray[np.float32], NDArray[np.float32]]] = {}
        self._histograms: list[dict[str, NDArray]] = []

    def add(self, way: str, name: str, value: float, weight: float = 1.0) -> None:
        total = self.sums[way][name]
        total[0] += value * weight
        total[1] += weight

    def mean(self, way: str, name: str) -> float:
        value, weight = self.sums[way][name]
        return value / weight if weight else float("nan")

    def frame(self, true: Rgb, maps: dict[str, NDArray[np.float32]], begins_shot: bool) -> None:
        """``maps``: each method's ab map of the frame."""
        colours = {way: raise_ab(ab, *true.shape[:2]) for way, ab in maps.items()}
        pictures = {"truth": true}
        pictures |= {way: with_colours(true, ab) for way, ab in colours.items()}
        labs = {way: lab_from_srgb(rgb) for way, rgb in pictures.items()}
        colours["truth"] = labs["truth"][..., 1:]
        for way, rgb in pictures.items():
            self.add(way, "colorful", colorfulness(np.rint(rgb * 255).astype(np.uint8)))
            if way != "truth":
                gap = deltaE_ciede2000(labs["truth"], labs[way])
                self.add(way, "ΔE", float(gap.mean()))
                self.add(way, "ΔE95", float(np.percentile(gap, 95)))
        if begins_shot:
            self._last, self._histograms = {}, []
        if self._last:
            self._pair(pictures, colours, labs)
        self._last = {way: (pictures[way], colours[way], labs[way]) for way in pictures}
        self._divergence({way: histograms(rgb) for way, rgb in pictures.items()})

    def _pair(
        self,
        pictures: dict[str, Rgb],
        colours: dict[str, NDArray[np.float32]],
        labs: dict[str, NDArray[np.float32]],
    ) -> None:
        now, before = pictures["truth"], self._last["truth"][0]
        greys = [np.rint(p @ np.float32(REC601) * 255).astype(np.uint8) for p in (now, before)]
        flow, back = flow_between(*greys), flow_between(*greys[::-1])
        gap = flow + warped(back, flow)
        counts = np.hypot(gap[..., 0], gap[..., 1]) < 0.5
        counts &= np.linalg.norm(now - warped(before, flow), axis=2) < 0.1
        still = np.hypot(flow[..., 0], flow[..., 1]) < 0.5
        for way in pictures:
            _, colour, lab = self._last[way]
            error = np.linalg.norm(colours[way] - warped(colour, flow), axis=2)
            shown = np.linalg.norm(labs[way][..., 1:] - warped(lab[..., 1:], flow), axis=2)
            for name, values, where in (
                ("static", error, counts & still),
                ("moving", error, counts & ~still),
                ("warped", error, counts),
                ("shown", shown, counts),
            ):
                if where.any():
                    self.add(way, name, float(values[where].mean()), float(where.mean()))

    def _divergence(self, now: dict[str, NDArray]) -> None:
        for d in (1, 2, 4):
            if len(self._histograms) >= d:
                before = self._histograms[-d]
                for way in now:
                    self.add(way, "CDC", 1000 * jensen_shannon(now[way], before[way]))
        self._histograms = [*self._histograms[-3:], now]


def histograms(rgb: Rgb) -> NDArray[np.float64]:
    codes = np.rint(rgb * 255).astype(np.uint8)
    counts = [np.bincount(codes[..., i].ravel(), minlength=256) for i in range(3)]
    return np.stack(counts) / codes[..., 0].size


def jensen_shannon(p: NDArray[np.float64], q: NDArray[np.float64]) -> float:
    """Mean over the channels, natural logarithm."""
    middle = (p + q) / 2

    def divergence(x: NDArray[np.float64]) -> NDArray[np.float64]:
        share = np.where(x > 0, x / np.where(middle > 0, middle, 1), 1)
        return np.sum(x * np.log(share), axis=1)

    return float(np.mean(divergence(p) + divergence(q)) / 2)


def measured(path: Path, predictor: Counting, limit: int, key_frames: str | int) -> Film:
    film = Film()
    with tempfile.TemporaryDirectory() as folder:
        ways = {}
        for way, wish in zip(METHODS, ("every", key_frames), strict=True):
            index, ways[way], calls = coloured(path, Path(folder), wish, predictor)
            film.add(way, "calls", calls)
        shots = set(index.shots.tolist())
        for number, rgb in enumerate(true_frames(path)):
            if number >= min(limit, len(index)):
                break
            film.frame(rgb, {way: ab(number) for way, ab in ways.items()}, number in shots)
    return film


def line(name: str, value: Callable[[str, str], float]) -> None:
    for way in ("truth", *METHODS):
        cells = "".join(f"{value(way, n):9.3f}" for n in NAMES)
        print(f"{name if way == 'truth' else '':34.34} {way:8}{cells}")
    cells = "".join(f"{value(METHODS[1], n) / value(METHODS[0], n):9.3f}" for n in NAMES)
    print(f"{'':34} {'ratio':8}{cells}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("films", nargs="+", type=Path)
    parser.add_argument("--frames", type=int, default=300, help="measured of each film, at most")
    parser.add_argument("--model", default="compact")
    parser.add_argument("--key-frames", default="auto", type=lambda x: int(x) if x.isdigit() else x)
    given = parser.parse_args()
    planned = planned_model(given.model).identity() | {"precision": "auto"}
    predictor = Counting(ready_model(planned, default_folders().converted).predictor(1))
    paths = [p for path in given.films for p in ([path] if path.is_file() else path.rglob("*"))]
    paths = sorted(p for p in paths if p.suffix.lower() in _SUFFIXES)
    print(f"{'':43}" + "".join(f"{name:>9}" for name in NAMES))
    films = []
    for path in paths:
        try:
            films.append(measured(path, predictor, given.frames, given.key_frames))
        except AutochromeError as error:
            print(f"{path.name}: {error}")
            continue
        line(path.name, films[-1].mean)
    line("mean", lambda way, name: float(np.nanmean([film.mean(way, name) for film in films])))


if __name__ == "__main__":
    main()
