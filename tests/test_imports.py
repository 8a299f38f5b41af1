"""A job loads only what it uses: every job, and every child of one, starts a Python of its own."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

HEAVY = ("openvino", "onnx", "onnxruntime", "requests", "jsonschema", "pandas", "skimage")


@pytest.mark.parametrize("room", ["films", "models", "archive", "isolation"])
def test_a_room_is_opened_without_what_takes_long_to_load(room):
    code = f"import sys, autochrome.{room}; print(*(set({HEAVY}) & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
