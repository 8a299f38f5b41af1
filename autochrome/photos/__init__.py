"""Photographs: read, coloured, written in their own format with everything else kept."""

from .batch import colour_batch
from .colour import VERSION, colour_photo
from .formats import SUPPORTED_FORMATS, result_suffix
from .steps import Steps, steps_of

__all__ = [
    "SUPPORTED_FORMATS",
    "VERSION",
    "Steps",
    "colour_batch",
    "colour_photo",
    "result_suffix",
    "steps_of",
]
