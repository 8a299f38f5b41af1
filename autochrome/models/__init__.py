"""Colour networks: their registry, their files and forms, and the engines that run them."""

import sys

from .crop import Crop, CroppedPredictor
from .distribution import Distribution, distribution_of
from .fetch import Folders, default_folders, fetch_model
from .forms import ReadyModel, ready_model, record_of
from .jobs import convert_job, fetch_job, planned_model, ready_file
from .predictors import NetworkPredictor, Predictor, predict_ab
from .registry import Model, find_model, list_models
from .sharing import SharedPredictor

# With this package, OpenVINO tells Google Analytics of each time that it is imported, and keeps an
# id of the person in ~/intel; it does without where there is none.
sys.modules.setdefault("openvino_telemetry", None)

__all__ = [
    "Crop",
    "CroppedPredictor",
    "Distribution",
    "Folders",
    "Model",
    "NetworkPredictor",
    "Predictor",
    "ReadyModel",
    "SharedPredictor",
    "convert_job",
    "default_folders",
    "distribution_of",
    "fetch_job",
    "fetch_model",
    "find_model",
    "list_models",
    "planned_model",
    "predict_ab",
    "ready_file",
    "ready_model",
    "record_of",
]
