"""Makes a network ready: fetched, converted to ONNX, its int8 form made, all forms measured."""

import fcntl
import os
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray

from ..archive import read_json, temporary_beside, write_json
from ..errors import ModelError, reason_of
from .convert import convert_caffe, convert_ddcolor, convert_eccv16, convert_siggraph17, read_pth
from .engines import Precision
from .forms import BOUND, choose, hash_of_form, record_of
from .predictors import NetworkPredictor
from .quantize import quantize
from .registry import Model
from .sample import calibration_pictures, comparison_pictures

_TIMED_RUNS = 5


def make_ready(model: Model, weights: list[Path], weights_sha256: str, converted: Path) -> Path:
    """Make all forms of a network and their record below ``converted``; gives the record.

    ``weights`` are the fetched files in the order of `Model.files`, none where `Model.path` is an
    ONNX file already. Where the record stands, for these weights as they are declared and with
    all its files, nothing is done. Raises ModelError.
    """
    record = record_of(model, converted)
    with _alone(record.parent):
        known = recorded(model, converted) or {}
        wanted = {"weights_sha256": weights_sha256, "interface": model.interface}
        if any(known.get(name) != value for name, value in wanted.items()):
            network = model.path or _converted(model, weights, record.parent)
            write_json(record, wanted | _record(model, network, record.parent))
    return record


def recorded(model: Model, converted: Path) -> dict[str, Any] | None:
    """The network's record; None if there is none, or a file of it is not what it was."""
    path = record_of(model, converted)
    try:
        record = read_json(path)
    except (FileNotFoundError, ValueError):
        return None
    files = {form["file"]: form["sha256"] for form in record["forms"].values()}
    whole = all(hash_of_form(path.parent / name) == sha256 for name, sha256 in files.items())
    return record if whole else None


def _converted(model: Model, weights: list[Path], folder: Path) -> Path:
    """The network as an ONNX file in ``folder``, from its published files."""
    target = folder / f"{model.name}.onnx"
    part = temporary_beside(target)
    try:
        if model.convert == "ddcolor":
            convert_ddcolor(weights[0], part)
        elif model.convert == "caffe":
            onnx.save(convert_caffe(weights[1], weights[0], weights[2]), part)
        else:
            convert = {"eccv16": convert_eccv16, "siggraph17": convert_siggraph17}[model.convert]
            onnx.save(convert(read_pth(weights[0])), part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
    return target


def _record(model: Model, network: Path, folder: Path) -> dict[str, Any]:
    """What is known of every form; the int8 form is made if there is none."""
    files: dict[Precision, Path] = {"fp32": network, "bf16": network}
    faults = {}
    small = folder / f"{model.name}-int8.xml"
    try:
        if not (model.is_embedded and small.exists()):
            _quantize(model, network, small)
        files["int8"] = small
    except Exception as error:  # whatever the quantizer makes of an unusual network
        faults["int8"] = reason_of(error)[:300]
    forms: dict[str, dict[str, Any]] = {}
    exact = None
    for precision, path in files.items():
        ab, milliseconds = _measured(model, path, precision)
        exact = ab if exact is None else exact
        forms[precision] = {
            "file": path.name if path.parent == folder else str(path),
            "sha256": hash_of_form(path),
            "difference": round(float(np.abs(ab - exact).mean()), 3),
            "ms": round(milliseconds, 2),
        }
    return {
        "model": model.name,
        "bound": BOUND,
        "auto": choose(forms, BOUND),
        "forms": forms,
        "faults": faults,
    }


def _quantize(model: Model, network: Path, target: Path) -> None:
    predictor = _predictor(model, network, "fp32")
    pictures = calibration_pictures(model.input.side)
    part = temporary_beside(target)
    try:
        quantize(network, [predictor.feeds(picture) for picture in pictures], part)
        os.replace(part.with_suffix(".bin"), target.with_suffix(".bin"))
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
        part.with_suffix(".bin").unlink(missing_ok=True)


def _measured(model: Model, path: Path, precision: Precision) -> tuple[NDArray[np.float32], float]:
    """ab of the comparison pictures, and the median milliseconds for one of them."""
    predictor = _predictor(model, path, precision)
    pictures = comparison_pictures(model.input.side)
    times, maps = [], []
    for picture in pictures:
        began = time.perf_counter()
        maps.append(predictor.predict(picture))
        times.append(time.perf_counter() - began)
    ab = np.concatenate(maps)
    if ab.shape[-1] != 2 or not np.isfinite(ab).all():
        raise ModelError(
            f"The network {path} gives no usable ab (shape {ab.shape}).",
            "Check its input and output in the registry: range, mean, std, colour.",
        )
    return ab, 1000 * statistics.median(times[-_TIMED_RUNS:])


def _predictor(model: Model, path: Path, precision: Precision) -> NetworkPredictor:
    cores = os.cpu_count() or 1
    return NetworkPredictor(
        path, precision, model.input, model.output, model.temperature, threads=cores
    )


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Hold the folder's lock: two runs that share the models convert one after the other."""
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
