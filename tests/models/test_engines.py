"""Engines: precision set, compiled forms kept and the same, faults named."""

import os
import subprocess
import sys
from types import SimpleNamespace

import numpy as np
import pytest

from autochrome import compiled
from autochrome.compiled import compiled_folder
from autochrome.errors import ModelError
from autochrome.models import engines, find_model
from autochrome.models.engines import CudaEngine, OpenVinoEngine, pick_device
from tests.conftest import REPOSITORY

COMPACT = find_model("compact").path
LIGHTNESS = np.random.default_rng(0).uniform(0, 100, (1, 1, 64, 96)).astype(np.float32)


def feeds(engine):
    values = {"L": LIGHTNESS, "temperature": np.ones(1, np.float32)}
    return {name: values[name] for name in engine.inputs}


def test_the_compiled_form_is_kept_and_gives_the_same(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOCHROME_CACHE", str(tmp_path))
    fresh = OpenVinoEngine(COMPACT, "fp32", cached=False)
    assert not list(tmp_path.rglob("*.blob"))
    first, second = OpenVinoEngine(COMPACT, "fp32"), OpenVinoEngine(COMPACT, "fp32")
    assert list(compiled_folder().glob("*.blob"))
    expected = fresh.run(feeds(fresh))
    assert np.array_equal(first.run(feeds(first)), expected)
    assert np.array_equal(second.run(feeds(second)), expected)


_NETWORK = f"""
from pathlib import Path
from autochrome.models.engines import OpenVinoEngine
OpenVinoEngine(Path({str(COMPACT)!r}), "fp32")
"""
_FORMULA = """
import numpy as np
from autochrome.color import lightness_from_luma
lightness_from_luma(np.zeros((1, 1), np.float32))
"""


@pytest.mark.parametrize("what", [_NETWORK, _FORMULA])
def test_nobody_is_told_that_openvino_runs(what, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    code = f"""
import socket

def connect(*_):
    raise SystemExit("it wants to connect")

socket.getaddrinfo = socket.socket.connect = connect
{what}
"""
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=REPOSITORY,
        # In CI, OpenVINO would be silent by itself.
        env={n: v for n, v in os.environ.items() if "CI" not in n}
        | {"HOME": str(home), "AUTOCHROME_CACHE": str(tmp_path / "cache")},
        check=True,
    )
    assert list(home.iterdir()) == []


def test_where_no_cache_can_be_written_the_network_is_compiled_all_the_same(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("AUTOCHROME_CACHE", str(tmp_path / "file"))
    assert compiled_folder() is None
    engine = OpenVinoEngine(COMPACT, "fp32")
    assert engine.run(feeds(engine)).shape == (1, 2, 16, 24)


def test_processors_of_other_kinds_have_other_folders(tmp_path, monkeypatch):
    monkeypatch.setenv("AUTOCHROME_CACHE", str(tmp_path))
    here = compiled_folder()
    monkeypatch.setattr(compiled, "_processor_flags", lambda: "another kind")
    assert compiled_folder() != here


def test_the_output_is_a_buffer_of_its_own():
    engine = OpenVinoEngine(COMPACT, "fp32")
    first = engine.run(feeds(engine))
    kept = first.copy()
    engine.run({**feeds(engine), "L": LIGHTNESS / 2})
    assert np.array_equal(first, kept)


@pytest.mark.parametrize("precision", ["fp32", "bf16"])
def test_the_precision_is_always_set(precision):
    engine = OpenVinoEngine(COMPACT, precision, cached=False)
    told = engine._compiled.get_property("INFERENCE_PRECISION_HINT").get_type_name()
    # A processor without bf16 falls back to f32.
    assert told in {"fp32": ("f32",), "bf16": ("bf16", "f32")}[precision]


def test_what_is_no_network_is_named(tmp_path):
    (tmp_path / "a.onnx").write_bytes(b"<html>")
    with pytest.raises(ModelError, match="a.onnx cannot be loaded"):
        OpenVinoEngine(tmp_path / "a.onnx", "fp32")


def test_auto_is_the_processor_where_no_card_is_seen(monkeypatch):
    monkeypatch.setattr(engines, "_card_is_visible", lambda: False)
    assert pick_device("auto") == "cpu"


def test_a_card_that_is_not_there_is_told_with_the_remedy(monkeypatch):
    monkeypatch.setattr(engines, "_card_is_visible", lambda: False)
    with pytest.raises(ModelError, match="device: cuda is set.*requirements-cuda.txt"):
        pick_device("cuda")


def test_a_card_that_cannot_be_used_is_told_and_the_processor_does_not_step_in(monkeypatch):
    # ONNX Runtime itself would go on without the card, in silence.
    session = SimpleNamespace(get_providers=lambda: ["CPUExecutionProvider"])
    stand_in = SimpleNamespace(
        SessionOptions=SimpleNamespace,
        preload_dlls=lambda: None,
        InferenceSession=lambda *_, **__: session,
    )
    monkeypatch.setitem(sys.modules, "onnxruntime", stand_in)
    with pytest.raises(ModelError, match=r"cannot use this machine's graphics card.*nvidia-smi"):
        CudaEngine(COMPACT)
