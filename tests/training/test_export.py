from pathlib import Path

import numpy as np
import openvino as ov
import torch

from training.export import load_colorizer, write_onnx
from training.prepare import prepare
from training.settings import Settings
from training.train import train


def test_the_exported_network_gives_what_the_trained_one_gives(tiny: Settings, tmp_path: Path):
    prepare(tiny)
    train(tiny)
    colorizer = load_colorizer(tiny, tiny.paths.work / "short.pt")
    write_onnx(colorizer, tmp_path / "model.onnx")
    options = {"INFERENCE_PRECISION_HINT": "f32"}
    model = ov.Core().compile_model(tmp_path / "model.onnx", "CPU", options)
    for height, width in ((64, 64), (32, 96)):
        shape = (2, 1, height, width)
        lightness = np.random.default_rng(0).uniform(0, 100, shape).astype(np.float32)
        with torch.no_grad():
            expected = colorizer(torch.from_numpy(lightness)).numpy()
        assert expected.shape == (2, 2, height // 4, width // 4)
        assert np.abs(model(lightness)[0] - expected).mean() < 0.3
