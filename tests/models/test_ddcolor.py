"""How DDColor's converter is called; what it computes is tested where PyTorch is installed."""

import pytest

from autochrome.errors import ModelError
from autochrome.models.convert import ddcolor
from autochrome.models.convert.ddcolor import PYTHON_VARIABLE, convert_ddcolor


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """Makes a Python of one shell line; $3 are the weights, $4 is the target."""

    def make(line):
        python = tmp_path / "python"
        python.write_text(f"#!/bin/sh\n{line}\n")
        python.chmod(0o755)
        monkeypatch.setenv(PYTHON_VARIABLE, str(python))

    return make


@pytest.fixture
def weights(tmp_path):
    path = tmp_path / "weights.bin"
    path.write_text("weights")
    return path


def test_without_its_environment_the_commands_that_make_it_are_told(weights, monkeypatch):
    monkeypatch.delenv(PYTHON_VARIABLE, raising=False)
    monkeypatch.setattr(ddcolor, "ROOT", weights.parent)
    with pytest.raises(ModelError, match=r"no .*/\.venv-ddcolor/bin/python") as caught:
        convert_ddcolor(weights, weights.with_name("out.onnx"))
    assert "python3 -m venv .venv-ddcolor && .venv-ddcolor/bin/pip install -r" in str(caught.value)


def test_a_named_python_that_is_not_there_is_told_with_its_variable(weights, monkeypatch):
    monkeypatch.setenv(PYTHON_VARIABLE, "/none/python")
    with pytest.raises(ModelError, match=rf"no /none/python \({PYTHON_VARIABLE}\)"):
        convert_ddcolor(weights, weights.with_name("out.onnx"))


def test_the_named_python_writes_the_network(weights, stand_in):
    stand_in('cp "$3" "$4"')
    target = weights.with_name("out.onnx")
    convert_ddcolor(weights, target)
    assert target.read_text() == "weights"


def test_a_failure_tells_what_the_converter_said_last(weights, stand_in):
    stand_in('echo first >&2; seq 20 >&2; echo "No module named torch" >&2; exit 3')
    fault = r"weights.bin could not .* \(exit status 3\): .* / No module named torch"
    with pytest.raises(ModelError, match=fault) as caught:
        convert_ddcolor(weights, weights.with_name("out.onnx"))
    assert "first" not in str(caught.value)


def test_after_a_failure_the_target_is_as_it_was(weights, stand_in):
    stand_in('echo half > "$4"; exit 1')
    target = weights.with_name("out.onnx")
    target.write_text("whole")
    with pytest.raises(ModelError):
        convert_ddcolor(weights, target)
    assert target.read_text() == "whole"
    assert not list(weights.parent.glob(".part-*"))


def test_a_python_that_cannot_be_run_is_told(weights, stand_in):
    stand_in("")
    (weights.parent / "python").chmod(0o644)
    with pytest.raises(ModelError, match="PermissionError"):
        convert_ddcolor(weights, weights.with_name("out.onnx"))
