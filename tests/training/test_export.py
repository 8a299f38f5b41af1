from pathlib import Path

import numpy as np
import openvino as ov
import torch

from training.export import load_colorizer, write_onnx
from training.network import ColourNetwork
from training.prepare import prepare
from training.settings import Settings
from training.train import train
from training.warmstart import warm_start


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
            expected = colorizer(torch.from_numpy(lightness), torch.ones(1)).numpy()
        assert expected.shape == (2, 2, height // 4, width // 4)
        assert np.abs(model((lightness, np.ones(1, np.float32)))[0] - expected).mean() < 0.3


def test_training_can_go_on_from_an_exported_model(tiny: Settings, tmp_path: Path):
    prepare(tiny)
    train(tiny)
    colorizer = load_colorizer(tiny, tiny.paths.work / "short.pt")
    write_onnx(colorizer, tmp_path / "model.onnx")
    taken_over = ColourNetwork(len(colorizer.network.head.bias), tiny.network)
    lightness = torch.rand(4, 1, 32, 32) * 100
    warm_start(taken_over, tmp_path / "model.onnx", lightness)
    with torch.no_grad():
        expected, got = colorizer.network(lightness), taken_over.eval()(lightness)
    assert (got - expected).abs().mean() < 0.02
