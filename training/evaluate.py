"""The table of measures: grey, the baseline and the new model side by side, on the dev pictures.

Pictures are cut and measured as the literature does: short side 256, central square, grey made
by OpenCV's luma, L* of that grey into the model, ab enlarged (bicubic) and joined with L*, clipped
to sRGB, 8 bit; ab averaged 4 × 4. Pictures in folders ending in ``lowchroma`` are left out.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import openvino as ov

from training.augment import BLUE_SENSITIVE_BGR, ORTHOCHROMATIC_BGR
from training.colour import LIGHTNESS, ab_of
from training.export import calibration_pictures, quantized, temperature_of
from training.measures import auc, colorfulness, rarity_grid
from training.prepare import pictures_in
from training.settings import Settings

SIDE = 256
POOLED = 64
THREADS = 2
TIMED_RUNS = 200
DISTURBED_EVERY = 4
"""Changes under noise, blur and old emulsions are measured on every fourth picture."""
NOISE_LEVEL = 8.0
BLUR_SIGMA = 1.5

Predict = Callable[[np.ndarray], np.ndarray]
"""Grey picture, uint8 (256, 256) → ab, float32 (64, 64, 2)."""


@dataclass(frozen=True)
class Scores:
    """One row of the table; ``changes`` are mean ab changes under noise, blur, old emulsions."""

    name: str
    plain: float
    rebalanced: float
    psnr: float
    colorfulness_ratio: float
    changes: tuple[float, ...]

    def row(self) -> str:
        """Return the row in Markdown."""
        changes = " | ".join(f"{change:.2f}" for change in self.changes)
        return (
            f"| {self.name} | {self.plain:.2f} | {self.rebalanced:.2f} | {self.psnr:.2f} "
            f"| {self.colorfulness_ratio:.2f} | {changes} |"
        )


HEADER = """\
| model | AuC | AuC rebalanced | PSNR | colorfulness | noise | blur | ortho | blue |
|---|---|---|---|---|---|---|---|---|"""


def dev_pictures(archive: Path) -> list[np.ndarray]:
    """Return the central 256 × 256 squares of the dev pictures, BGR."""
    squares = []
    for name, picture in pictures_in(archive):
        if Path(name).parent.name.endswith("lowchroma"):
            continue
        height, width = picture.shape[:2]
        scale = SIDE / min(height, width)
        size = (max(SIDE, round(width * scale)), max(SIDE, round(height * scale)))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
        top, left = (size[1] - SIDE) // 2, (size[0] - SIDE) // 2
        squares.append(np.ascontiguousarray(picture[top : top + SIDE, left : left + SIDE]))
    return squares


def join(grey: np.ndarray, ab: np.ndarray) -> np.ndarray:
    """Return the BGR picture of a grey picture's lightness and a smaller ab picture."""
    size = (grey.shape[1], grey.shape[0])
    full = cv2.resize(ab, size, interpolation=cv2.INTER_CUBIC)
    lab = np.dstack([LIGHTNESS[grey], full])
    return np.clip(np.round(cv2.cvtColor(lab, cv2.COLOR_LAB2BGR) * 255), 0, 255).astype(np.uint8)


def pooled_ab(picture: np.ndarray) -> np.ndarray:
    """Return ab averaged 4 × 4."""
    return cv2.resize(ab_of(picture), (POOLED, POOLED), interpolation=cv2.INTER_AREA)


def disturbances(picture: np.ndarray, number: int) -> list[np.ndarray]:
    """Return the picture's grey with noise, with blur, and made with old emulsions' weights."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    noise = np.random.default_rng(number).normal(0, NOISE_LEVEL, grey.shape)
    emulsions = [cv2.transform(picture, w[None]) for w in (ORTHOCHROMATIC_BGR, BLUE_SENSITIVE_BGR)]
    return [
        np.clip(np.round(grey + noise), 0, 255).astype(np.uint8),
        cv2.GaussianBlur(grey, (0, 0), BLUR_SIGMA),
        *emulsions,
    ]


def compiled(model: ov.Model | Path, precision: str = "f32") -> ov.CompiledModel:
    """Return a model ready to run on two threads."""
    options = {"INFERENCE_PRECISION_HINT": precision, "INFERENCE_NUM_THREADS": THREADS}
    return ov.Core().compile_model(model, "CPU", options)


def feeds(
    model: ov.CompiledModel | ov.Model, lightness: np.ndarray, temperature: np.ndarray
) -> tuple:
    """Return a model's inputs; compact-v0 has its temperature inside."""
    return (lightness, temperature)[: len(model.inputs)]


def predictor(model: ov.CompiledModel, temperature: np.ndarray) -> Predict:
    """Return the function that colours one grey picture with a model."""

    def predict(grey: np.ndarray) -> np.ndarray:
        ab = model(feeds(model, LIGHTNESS[grey][None, None], temperature))[0]
        return ab[0].transpose(1, 2, 0)

    return predict


def score(name: str, predict: Predict, pictures: Sequence[np.ndarray]) -> Scores:
    """Measure one model on the pictures."""
    truths = [pooled_ab(picture) for picture in pictures]
    guesses, ratios, psnrs, changes = [], [], [], []
    for number, picture in enumerate(pictures):
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        ab = predict(grey)
        coloured = join(grey, ab)
        guesses.append(pooled_ab(coloured))
        psnrs.append(cv2.PSNR(picture, coloured))
        ratios.append((colorfulness(coloured), colorfulness(picture)))
        if number % DISTURBED_EVERY == 0:
            disturbed = (predict(other) for other in disturbances(picture, number))
            changes.append([np.linalg.norm(other - ab, axis=-1).mean() for other in disturbed])
    plain, rebalanced = auc(guesses, truths, rarity_grid(truths))
    made, true = np.mean(ratios, axis=0)
    means = tuple(float(change) for change in np.mean(changes, axis=0))
    return Scores(name, plain, rebalanced, float(np.mean(psnrs)), float(made / true), means)


def milliseconds(models: dict[str, ov.CompiledModel], temperature: np.ndarray) -> dict[str, float]:
    """Return the median time per picture of each model, measured in turns on the same machine."""
    lightness = np.linspace(0, 100, SIDE * SIDE, dtype=np.float32).reshape(1, 1, SIDE, SIDE)
    times: dict[str, list[float]] = {name: [] for name in models}
    for _ in range(TIMED_RUNS):
        for name, model in models.items():
            began = time.perf_counter()
            model(feeds(model, lightness, temperature))
            times[name].append(time.perf_counter() - began)
    return {name: 1000 * float(np.median(values)) for name, values in times.items()}


def int8_difference(
    exact: Predict, small: Predict, pictures: Sequence[np.ndarray]
) -> tuple[float, float]:
    """Return the mean absolute difference of ab values and the mean ab distance."""
    greys = [cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) for picture in pictures]
    gaps = [small(grey) - exact(grey) for grey in greys]
    return float(np.mean(np.abs(gaps))), float(np.linalg.norm(gaps, axis=-1).mean())


def evaluate(settings: Settings) -> None:
    """Print the table, the int8 difference and the times."""
    cv2.setNumThreads(1)
    pictures = dev_pictures(settings.paths.dev)
    folder, temperature = settings.paths.model, temperature_of(settings)
    models = {}
    if settings.paths.baseline:
        models["baseline"] = compiled(settings.paths.baseline)
    models["compact"] = compiled(folder / "compact.onnx")
    models["compact bf16"] = compiled(folder / "compact.onnx", "bf16")
    models["compact int8"] = compiled(folder / "compact-int8.xml")
    print(f"{len(pictures)} pictures; grey luma as input; changes are mean ab distances\n")
    print(HEADER)
    nothing = np.zeros((POOLED, POOLED, 2), np.float32)
    print(score("grey", lambda _: nothing, pictures).row(), flush=True)
    for name, model in models.items():
        print(score(name, predictor(model, temperature), pictures).row(), flush=True)
    pair = [predictor(models[name], temperature) for name in ("compact", "compact int8")]
    absolute, distance = int8_difference(*pair, pictures)
    print(f"\nint8 against fp32: mean |Δab| {absolute:.2f}, mean ab distance {distance:.2f}")
    if settings.paths.baseline:
        baseline = ov.Core().read_model(settings.paths.baseline)
        calibration = [
            {
                port.any_name: value
                for port, value in zip(
                    baseline.inputs, feeds(baseline, picture, temperature), strict=True
                )
            }
            for picture in calibration_pictures(settings)
        ]
        models["baseline int8"] = compiled(quantized(baseline, calibration))
    for name, value in milliseconds(models, temperature).items():
        print(f"{name}: {value:.1f} ms a picture (median of {TIMED_RUNS}, {THREADS} threads)")
