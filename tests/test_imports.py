"""A job loads only what it uses: every job, and every child of one, starts a Python of its own."""

import subprocess
import sys

import pytest

from tests.conftest import REPOSITORY

HEAVY = {"openvino", "onnx", "onnxruntime", "requests", "jsonschema", "pandas", "skimage"}
PICTURES = {"numpy", "cv2", "av"}
FORMATS = {"av", "PIL", "tifffile", "pillow_heif", "jpeglib", "imagecodecs"}


@pytest.mark.parametrize(
    ("module", "unused"),
    [
        ("films.jobs", HEAVY | PICTURES),
        ("films.stages", HEAVY),
        ("photos.batch", HEAVY | FORMATS),
        ("photos.colour", HEAVY | FORMATS - {"imagecodecs", "PIL"}),
        ("report.closing", HEAVY | PICTURES),
        ("archive", HEAVY | PICTURES),
        ("isolation", HEAVY | PICTURES),
    ],
)
def test_a_module_is_loaded_without_what_takes_long_and_is_not_used(module, unused):
    code = f"import sys, autochrome.{module}; print(*({unused} & set(sys.modules)))"
    found = subprocess.run(
        [sys.executable, "-c", code], cwd=REPOSITORY, capture_output=True, text=True, check=True
    )
    assert found.stdout.split() == []
