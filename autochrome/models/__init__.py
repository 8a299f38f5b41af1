"""Colour networks: the registry of them, their files, and the engines that run them."""

from .fetch import Folders, default_folders, fetch_model
from .predictors import OpenVinoPredictor, Predictor, predict_ab
from .registry import Model, find_model, list_models, verify_model

__all__ = [
    "Folders",
    "Model",
    "OpenVinoPredictor",
    "Predictor",
    "default_folders",
    "fetch_model",
    "find_model",
    "list_models",
    "predict_ab",
    "verify_model",
]
