"""The converted networks give what PyTorch gives; runs where PyTorch is installed."""

import numpy as np
import pytest

from autochrome.models.convert.pth import read_pth
from autochrome.models.convert.zhang_torch import convert_eccv16, convert_siggraph17

from .seeded import seeded_inputs, seeded_weights
from .test_zhang_torch import assert_near, of_openvino

torch = pytest.importorskip("torch")
nn = torch.nn


def conv(width, to, size=3, gap=1, stride=1, bias=True):
    return nn.Conv2d(width, to, size, stride, size // 2 * gap, gap, bias=bias)


def up(width, to):
    return nn.ConvTranspose2d(width, to, 4, 2, 1)


def block(*widths, gap=1, stride=1, relu_first=False, norm=True):
    layers = [nn.ReLU()] if relu_first else []
    for i, (width, to) in enumerate(zip(widths, widths[1:], strict=False)):
        layers += [conv(width, to, 3, gap, stride if i == len(widths) - 2 else 1), nn.ReLU()]
    return nn.Sequential(*layers, *([nn.BatchNorm2d(widths[-1])] if norm else []))


def middle():
    return {f"model{i}": block(w, 512, 512, 512, gap=g) for i, w, g in MIDDLE}


MIDDLE = [(4, 256, 1), (5, 512, 2), (6, 512, 2), (7, 512, 1)]


class Eccv16(nn.Module):
    def __init__(self):
        super().__init__()
        parts = {
            "model1": block(1, 64, 64, stride=2),
            "model2": block(64, 128, 128, stride=2),
            "model3": block(128, 256, 256, 256, stride=2),
            **middle(),
            "model8": nn.Sequential(
                up(512, 256),
                nn.ReLU(),
                *block(256, 256, 256, norm=False),
                conv(256, 313, 1),
            ),
        }
        self.trunk = list(parts.values())
        for name, part in parts.items():
            self.add_module(name, part)
        self.model_out = conv(313, 2, 1, bias=False)

    def forward(self, lightness, temperature):
        x = (lightness - 50) / 100
        for part in self.trunk:
            x = part(x)
        return 110 * self.model_out(torch.softmax(x / temperature, 1))


class Siggraph17(nn.Module):
    def __init__(self):
        super().__init__()
        parts = {
            "model1": block(4, 64, 64),
            "model2": block(64, 128, 128),
            "model3": block(128, 256, 256, 256),
            **middle(),
            "model8up": nn.Sequential(up(512, 256)),
            "model3short8": nn.Sequential(conv(256, 256)),
            "model8": block(256, 256, 256, relu_first=True),
            "model9up": nn.Sequential(up(256, 128)),
            "model2short9": nn.Sequential(conv(128, 128)),
            "model9": block(128, 128, relu_first=True),
            "model10up": nn.Sequential(up(128, 128)),
            "model1short10": nn.Sequential(conv(64, 128)),
            "model10": nn.Sequential(nn.ReLU(), conv(128, 128), nn.LeakyReLU(0.2)),
            "model_class": nn.Sequential(conv(256, 529, 1)),
            "model_out": nn.Sequential(conv(128, 2, 1), nn.Tanh()),
        }
        for name, part in parts.items():
            self.add_module(name, part)

    def forward(self, lightness, hints, mask):
        x = torch.cat([(lightness - 50) / 100, hints / 110, mask], 1)
        full = self.model1(x)
        half = self.model2(full[..., ::2, ::2])
        quarter = self.model3(half[..., ::2, ::2])
        x = self.model4(quarter[..., ::2, ::2])
        x = self.model7(self.model6(self.model5(x)))
        x = self.model8(self.model8up(x) + self.model3short8(quarter))
        x = self.model9(self.model9up(x) + self.model2short9(half))
        x = self.model10(self.model10up(x) + self.model1short10(full))
        return 110 * self.model_out(x)


def seeded(network, name):
    weights = {key: torch.from_numpy(tensor) for key, tensor in seeded_weights(name).items()}
    network.load_state_dict(weights, strict=True)
    return network.eval()


def of_torch(network, *values):
    with torch.no_grad():
        return network(*(torch.from_numpy(value) for value in values)).numpy()


@pytest.fixture(scope="module")
def eccv16():
    return seeded(Eccv16(), "eccv16")


@pytest.fixture(scope="module")
def siggraph17():
    return seeded(Siggraph17(), "siggraph17")


@pytest.fixture(params=[True, False], ids=["zip", "legacy"])
def saved(request, tmp_path):
    def save(network):
        path = tmp_path / "weights.pth"
        torch.save(network.state_dict(), path, _use_new_zipfile_serialization=request.param)
        return read_pth(path)

    return save


@pytest.mark.parametrize("temperature", [1.0, 0.38])
def test_eccv16_gives_what_pytorch_gives(eccv16, saved, temperature):
    lightness, _, _ = seeded_inputs(48, 64)
    warmth = np.array([temperature], np.float32)
    found = of_openvino(convert_eccv16(saved(eccv16)), L=lightness, temperature=warmth)
    assert found.shape == (2, 2, 12, 16)
    assert_near(found, of_torch(eccv16, lightness, warmth))


@pytest.mark.parametrize("automatic", [True, False])
def test_siggraph17_gives_what_pytorch_gives(siggraph17, saved, automatic):
    lightness, hints, mask = seeded_inputs(48, 64)
    if automatic:
        hints, mask = 0 * hints, 0 * mask
    found = of_openvino(convert_siggraph17(saved(siggraph17)), L=lightness, hints=hints, mask=mask)
    assert found.shape == (2, 2, 48, 64)
    assert_near(found, of_torch(siggraph17, lightness, hints, mask))


@pytest.mark.parametrize("new", [True, False], ids=["zip", "legacy"])
def test_every_type_and_every_stride_is_read_as_pytorch_has_it(tmp_path, new):
    base = torch.arange(24, dtype=torch.float32).reshape(4, 6) - 7.25
    tensors = {
        "plain": base,
        "transposed": base.T,
        "every second": base[1:, ::2],
        "repeated": base[:1].expand(3, 6),
        "scalar": base[2, 3],
        "empty": base[:0],
        "parameter": nn.Parameter(base[1]),
        **{
            str(kind): (base * (kind != torch.bool)).to(kind)
            for kind in (
                torch.double,
                torch.half,
                torch.bfloat16,
                torch.long,
                torch.int,
                torch.bool,
            )
        },
        "byte": torch.arange(200, dtype=torch.uint8),
    }
    path = tmp_path / "weights.pth"
    torch.save({"state_dict": tensors}, path, _use_new_zipfile_serialization=new)
    found = read_pth(path)
    assert found.keys() == tensors.keys()
    for name, tensor in tensors.items():
        wanted = tensor.detach()
        wanted = (wanted.float() if wanted.dtype == torch.bfloat16 else wanted).numpy()
        assert found[name].dtype == wanted.dtype, name
        np.testing.assert_array_equal(found[name], wanted, name)
