"""A network is made ready once: forms, differences, the choice; and made again where it must."""

import json
from dataclasses import replace

import numpy as np
import onnx
import pytest

from autochrome.errors import ConfigError, ModelError
from autochrome.models import find_model, planned_model, ready_model
from autochrome.models import prepare as room
from autochrome.models.convert.graph import Graph
from autochrome.models.interface import InputForm, OutputForm
from autochrome.models.prepare import make_ready, recorded
from autochrome.models.registry import Model

WEIGHTS = "5" * 64


def small_network(path, seed=0):
    """Two convolutions from L to ab, as an ONNX file."""
    rng = np.random.default_rng(seed)
    graph = Graph("small")
    scaled = graph.node(
        "Mul", [graph.input("L", ("n", 1, "h", "w")), graph.constant("s", np.float32(0.02))], "x"
    )
    first = graph.constant("w1", rng.normal(0, 0.5, (8, 1, 3, 3)).astype(np.float32))
    second = graph.constant("w2", rng.normal(0, 4, (2, 8, 1, 1)).astype(np.float32))
    seen = graph.node("Conv", [scaled, first], "c1", pads=[1, 1, 1, 1])
    ab = graph.node("Conv", [graph.node("Relu", [seen], "r1"), second], "ab")
    onnx.save(graph.model({ab: ("n", 2, "h", "w")}), path)
    return path


@pytest.fixture
def model(tmp_path):
    return Model(
        name="small",
        path=small_network(tmp_path / "small.onnx"),
        sha256=WEIGHTS,
        files=(),
        convert="none",
        input=InputForm(None, "L", 32, 8, (0, 100), (0.0,), (1.0,)),
        output=OutputForm(None, "ab", 1, 1),
    )


@pytest.fixture
def converted(tmp_path):
    return tmp_path / "converted"


@pytest.fixture
def known(model, monkeypatch):
    """The registry knows this network and nothing else."""
    monkeypatch.setattr("autochrome.models.forms.find_model", lambda name: model)
    return model


def planned(precision="auto", sha256=WEIGHTS):
    return {"name": "small", "sha256": sha256, "precision": precision}


def test_all_forms_are_made_compared_and_one_is_chosen(model, converted):
    record = json.loads(make_ready(model, [], WEIGHTS, converted).read_text())
    assert set(record["forms"]) == {"fp32", "bf16", "int8"}
    assert record["forms"]["fp32"]["difference"] == 0
    assert 0 < record["forms"]["int8"]["difference"] < 2
    assert record["auto"] in record["forms"]
    assert record["faults"] == {}
    assert (converted / "small/small-int8.bin").exists()


def test_what_stands_is_not_made_again(model, converted):
    path = make_ready(model, [], WEIGHTS, converted)
    before = path.stat().st_mtime_ns, path.read_bytes()
    make_ready(model, [], WEIGHTS, converted)
    assert (path.stat().st_mtime_ns, path.read_bytes()) == before


def test_other_weights_and_damaged_forms_are_made_again(model, converted):
    path = make_ready(model, [], WEIGHTS, converted)
    make_ready(model, [], "6" * 64, converted)
    assert json.loads(path.read_text())["weights_sha256"] == "6" * 64
    small = converted / "small/small-int8.bin"
    small.write_bytes(b"damaged")
    assert recorded(model, converted) is None
    make_ready(model, [], "6" * 64, converted)
    assert recorded(model, converted) is not None


def test_what_is_declared_otherwise_is_made_again(model, converted):
    first = json.loads(make_ready(model, [], WEIGHTS, converted).read_text())
    brighter = replace(model, input=replace(model.input, range=(0, 1)))
    second = json.loads(make_ready(brighter, [], WEIGHTS, converted).read_text())
    assert first["interface"] == model.interface != second["interface"] == brighter.interface
    assert first["forms"]["int8"]["sha256"] != second["forms"]["int8"]["sha256"]


def test_a_network_that_cannot_be_quantized_runs_in_the_other_forms(known, converted, monkeypatch):
    def refuse(*_):
        raise RuntimeError("an unusual layer")

    monkeypatch.setattr(room, "quantize", refuse)
    record = json.loads(make_ready(known, [], WEIGHTS, converted).read_text())
    assert set(record["forms"]) == {"fp32", "bf16"}
    assert ready_model(planned(), converted).form.precision in ("fp32", "bf16")
    with pytest.raises(ModelError, match="no int8 form: RuntimeError: an unusual layer"):
        ready_model(planned("int8"), converted)


def test_a_form_that_is_too_far_from_fp32_is_not_chosen(model, converted, monkeypatch):
    monkeypatch.setattr(room, "BOUND", 0.0)
    record = json.loads(make_ready(model, [], WEIGHTS, converted).read_text())
    assert record["forms"][record["auto"]]["difference"] == 0


def test_values_that_are_no_numbers_are_told(model, converted):
    graph = Graph("broken")
    zero = graph.node(
        "Sub", [graph.input("L", ("n", 1, "h", "w")), graph.constant("h", np.float32(0))], "x"
    )
    nothing = graph.node("Log", [graph.node("Neg", [graph.node("Abs", [zero], "a")], "b")], "c")
    ab = graph.node("Concat", [nothing, nothing], "ab", axis=1)
    onnx.save(graph.model({ab: ("n", 2, "h", "w")}), model.path)
    with pytest.raises(ModelError, match="gives no usable ab"):
        make_ready(model, [], WEIGHTS, converted)


def test_a_network_that_is_not_ready_is_told(known, converted):
    with pytest.raises(ModelError, match="small is not ready"):
        ready_model(planned(), converted)


def test_other_weights_than_the_plans_are_never_taken(known, converted):
    make_ready(known, [], WEIGHTS, converted)
    with pytest.raises(ModelError, match="The plan wants the model small"):
        ready_model(planned(sha256="7" * 64), converted)


def test_the_identity_holds_the_form(known, converted):
    make_ready(known, [], WEIGHTS, converted)
    exact = ready_model(planned("fp32"), converted).identity()
    small = ready_model(planned("int8"), converted).identity()
    assert exact["precision"] == "fp32"
    assert exact["form_sha256"] != small["form_sha256"]


def test_a_network_that_nobody_can_convert_is_refused_before_the_run():
    assert find_model("deoldify-stable").convert is None
    with pytest.raises(ConfigError, match="deoldify-stable cannot be converted here"):
        planned_model("deoldify-stable")
