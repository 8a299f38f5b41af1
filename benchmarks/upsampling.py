"""Which way of raising an ab map to a picture's size comes nearest to the truth?

The true ab of photographs is averaged over blocks of 8 × 8 pixels, as coarse as a network's
map, raised again, and compared: the mean distance in the ab plane, in CIE units, over all pixels.
A way that wins there must also win on what the embedded network predicts for the same pictures.

    python -m benchmarks.upsampling PICTURES [PICTURES …]

PICTURES: folders or tar files of colour photographs. Of each, the middle square of at most
512 px is taken (of a larger one, after shrinking); those under 512 px are counted apart.
"""

import io
import os
import sys
import tarfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autochrome.color import lab_from_rgb, luma_from_rgb, raise_ab
from autochrome.models import (
    NetworkPredictor,
    default_folders,
    find_model,
    predict_ab,
    ready_model,
)

Picture = NDArray[np.float32]

SIDE = 512
FACTOR = 8


def photographs(places: list[Path]) -> Iterator[NDArray[np.uint8]]:
    """The pictures in folders and tar files: uint8 (S, S, 3), S at most SIDE, divided by FACTOR."""
    for _, rgb in named_photographs(places):
        yield rgb


def named_photographs(places: list[Path]) -> Iterator[tuple[str, NDArray[np.uint8]]]:
    """The same, each with its path in the folder or tar file."""
    for name, data in files(places):
        yield name, _square(data)


def files(places: list[Path]) -> Iterator[tuple[str, bytes]]:
    """Path and bytes of every file in folders and tar files."""
    for place in places:
        if place.is_dir():
            for path in sorted(place.rglob("*")):
                if path.is_file():
                    yield str(path), path.read_bytes()
        else:
            with tarfile.open(place) as archive:
                for member in archive:
                    if member.isfile():
                        yield member.name, archive.extractfile(member).read()


def _square(data: bytes) -> NDArray[np.uint8]:
    rgb = np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))
    side = min(rgb.shape[:2])
    top, left = (rgb.shape[0] - side) // 2, (rgb.shape[1] - side) // 2
    rgb = rgb[top : top + side, left : left + side]
    if side > SIDE:
        return cv2.resize(rgb, (SIDE, SIDE), interpolation=cv2.INTER_AREA)
    side -= side % FACTOR
    return rgb[:side, :side]


def block_means(plane: Picture) -> Picture:
    """Means of FACTOR × FACTOR blocks: (H, W, …) to (H / FACTOR, W / FACTOR, …)."""
    height, width = plane.shape[:2]
    return cv2.resize(plane, (width // FACTOR, height // FACTOR), interpolation=cv2.INTER_AREA)


def resized(interpolation: int) -> Callable[[Picture, Picture], Picture]:
    def upsample(ab: Picture, light: Picture) -> Picture:
        return cv2.resize(ab, light.shape[::-1], interpolation=interpolation)

    return upsample


def bicubic(ab: Picture, light: Picture) -> Picture:
    """What Autochrome does."""
    return raise_ab(ab, *light.shape)


def _regression(ab: Picture, light: Picture, radius: int, epsilon: float):
    """Local slope of ab over lightness on the coarse map, with the means: (slope, light, ab)."""
    window = (2 * radius + 1,) * 2
    coarse = block_means(light)[..., None]

    def mean(plane):
        return cv2.blur(plane, window).reshape(*coarse.shape[:2], -1)

    light_mean, ab_mean = mean(coarse), mean(ab)
    covariance = mean(coarse * ab) - light_mean * ab_mean
    variance = mean(coarse * coarse) - light_mean * light_mean
    return covariance / (variance + epsilon), light_mean, ab_mean


def guided(radius: int, epsilon: float) -> Callable[[Picture, Picture], Picture]:
    """Fast guided filter (He and Sun, 2015): its coefficients on the coarse map, raised."""

    def upsample(ab: Picture, light: Picture) -> Picture:
        slope, light_mean, ab_mean = _regression(ab, light, radius, epsilon)
        window = (2 * radius + 1,) * 2
        slope_mean = cv2.blur(slope, window)
        offset = cv2.blur(ab_mean - slope * light_mean, window)
        size = light.shape[::-1]
        return cv2.resize(slope_mean, size) * light[..., None] + cv2.resize(offset, size)

    return upsample


def with_detail(radius: int, epsilon: float) -> Callable[[Picture, Picture], Picture]:
    """Bicubic, plus lightness's detail times the local slope of ab, back-projected once."""

    def upsample(ab: Picture, light: Picture) -> Picture:
        slope, _, _ = _regression(ab, light, radius, epsilon)
        size = light.shape[::-1]
        smooth = cv2.resize(block_means(light), size, interpolation=cv2.INTER_CUBIC)
        first = bicubic(ab, light) + cv2.resize(slope, size) * (light - smooth)[..., None]
        return first + bicubic(ab - block_means(first), light)

    return upsample


def joint_bilateral(
    sigma_light: float, sigma_space: float
) -> Callable[[Picture, Picture], Picture]:
    """Joint bilateral upsampling (Kopf 2007) from the 3 × 3 nearest samples of the coarse map."""

    def upsample(ab: Picture, light: Picture) -> Picture:
        coarse = block_means(light)
        y, x = ((np.arange(n) + 0.5) / FACTOR - 0.5 for n in light.shape)
        near_y, near_x = np.rint(y).astype(int), np.rint(x).astype(int)
        total = np.zeros((*light.shape, 2), np.float32)
        weights = np.full(light.shape, 1e-12, np.float32)
        for dy in (-1, 0, 1):
            for dx in (-1, 0, 1):
                far = (near_y + dy - y)[:, None] ** 2 + (near_x + dx - x)[None] ** 2
                rows = np.clip(near_y + dy, 0, coarse.shape[0] - 1)[:, None]
                columns = np.clip(near_x + dx, 0, coarse.shape[1] - 1)[None]
                apart = (light - coarse[rows, columns]) ** 2
                weight = np.exp(-far / (2 * sigma_space**2) - apart / (2 * sigma_light**2))
                total += weight[..., None].astype(np.float32) * ab[rows, columns]
                weights += weight
        return total / weights[..., None]

    return upsample


def back_projected(ab: Picture, light: Picture) -> Picture:
    """Bicubic, then once more for what its block means lack (Irani and Peleg, 1991)."""
    first = bicubic(ab, light)
    return first + bicubic(ab - block_means(first), light)


def mean_of(*ways: Callable[[Picture, Picture], Picture]) -> Callable[[Picture, Picture], Picture]:
    def upsample(ab: Picture, light: Picture) -> Picture:
        return np.mean([way(ab, light) for way in ways], axis=0)

    return upsample


WAYS = {
    "bilinear": resized(cv2.INTER_LINEAR),
    "bicubic (Autochrome)": bicubic,
    "Lanczos 4": resized(cv2.INTER_LANCZOS4),
    "bicubic, back-projected once": back_projected,
    "fast guided filter, r 1, eps 5": guided(1, 5),
    "fast guided filter, r 1, eps 50": guided(1, 50),
    "back-projected, with lightness detail, r 1, eps 200": with_detail(1, 200),
    "joint bilateral 3x3, sigma 5, 0.5": joint_bilateral(5, 0.5),
    "mean: bicubic, joint bilateral 10": mean_of(bicubic, joint_bilateral(10, 0.5)),
}


def embedded_network() -> NetworkPredictor:
    """The embedded network in the form that is taken by itself."""
    planned = find_model("compact").identity() | {"precision": "auto"}
    return ready_model(planned, default_folders().converted).predictor(os.cpu_count() or 1)


def main() -> None:
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    network = embedded_network()
    errors: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))
    for rgb in photographs([Path(name) for name in sys.argv[1:]]):
        lab = lab_from_rgb(rgb)
        light, ab = np.ascontiguousarray(lab[..., 0]), np.ascontiguousarray(lab[..., 1:])
        maps = {"smaller": block_means(ab)}
        if len(rgb) == SIDE:
            predicted = predict_ab(network, luma_from_rgb(rgb).astype(np.float32) / 255)
            maps = {f"{SIDE} px": block_means(ab), f"{SIDE} px, predicted": predicted}
        for kind, coarse in maps.items():
            for name, way in WAYS.items():
                distance = np.linalg.norm(way(coarse, light) - ab, axis=2)
                errors[kind][name].append(float(distance.mean()))
    for kind, ways in errors.items():
        print(f"{kind}: {len(ways['bilinear'])} pictures; mean ab error, CIE units")
        for name, values in ways.items():
            print(f"  {np.mean(values):6.3f}  {name}")


if __name__ == "__main__":
    main()
