"""Colour networks: the registry of them, and the engines that run them."""

from .predictors import OpenVinoPredictor, Predictor, predict_ab
from .registry import Model, find_model, verify_model

__all__ = ["Model", "OpenVinoPredictor", "Predictor", "find_model", "predict_ab", "verify_model"]
