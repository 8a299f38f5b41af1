"""The model files in ``models/compact``, with nothing but the product's own dependencies."""

from pathlib import Path

import numpy as np
import openvino as ov
import pytest

MODEL = Path(__file__).resolve().parents[2] / "models" / "compact"
TEMPERATURE = np.array([0.85], np.float32)
LARGEST = 12e6
"""Bytes that all forms together may take in git."""


def compiled(name: str) -> ov.CompiledModel:
    options = {"INFERENCE_PRECISION_HINT": "f32", "INFERENCE_NUM_THREADS": 2}
    return ov.Core().compile_model(MODEL / name, "CPU", options)


@pytest.fixture(scope="module")
def exact() -> ov.CompiledModel:
    return compiled("compact.onnx")


def lightness(count: int, height: int, width: int) -> np.ndarray:
    """Return smooth pictures, float32 (n, 1, h, w), L* 0 … 100."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    pictures = [50 + 50 * np.sin(x / (9 + k)) * np.cos(y / 13) for k in range(count)]
    return np.stack(pictures)[:, None]


# A picture like none that int8 was ranged on: of photographs it is four times nearer.
@pytest.mark.parametrize(("name", "bound"), [("compact.onnx", 0.05), ("compact-int8.xml", 2.5)])
def test_the_golden_picture_gets_the_golden_colours(name: str, bound: float):
    golden = np.load(MODEL / "golden.npz")
    ab = compiled(name)((golden["lightness"], golden["temperature"]))[0]
    assert np.abs(ab - golden["ab"]).mean() <= bound


@pytest.mark.parametrize("size", [(256, 256), (32, 32), (96, 160), (288, 224)])
def test_every_size_in_steps_of_32_gives_a_quarter_size_ab(
    exact: ov.CompiledModel, size: tuple[int, int]
):
    ab = exact((lightness(1, *size), TEMPERATURE))[0]
    assert ab.shape == (1, 2, size[0] // 4, size[1] // 4)
    assert np.isfinite(ab).all()


def test_a_picture_gets_the_same_colours_in_any_batch(exact: ov.CompiledModel):
    """But for last bits, which differ on some processors: Autochrome asks for one at a time."""
    pictures = lightness(5, 256, 256)
    together = exact((pictures, TEMPERATURE))[0].copy()
    alone = np.concatenate([exact((one[None], TEMPERATURE))[0].copy() for one in pictures])
    assert np.abs(together - alone).max() < 0.001


def test_all_forms_together_are_small():
    assert sum(path.stat().st_size for path in MODEL.glob("compact*")) <= LARGEST
