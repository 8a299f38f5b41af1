"""Photographs: read, coloured, written in their own format with everything else kept."""

from .batch import colour_batch
from .colour import VERSION, colour_photo
from .explained import Explained, explained
from .formats import SUPPORTED_FORMATS, result_suffix

__all__ = [
    "SUPPORTED_FORMATS",
    "VERSION",
    "Explained",
    "colour_batch",
    "colour_photo",
    "explained",
    "result_suffix",
]
