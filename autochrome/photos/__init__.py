"""Photographs: read, coloured, written in their own format with everything else kept."""

from .batch import colour_batch
from .colour import VERSION, colour_photo
from .explained import Explained, explained
from .formats import SUPPORTED_FORMATS, result_suffix
from .headers import Header, header_of, memory_needed
from .lanes import SIDE_BY_SIDE

__all__ = [
    "SIDE_BY_SIDE",
    "SUPPORTED_FORMATS",
    "VERSION",
    "Explained",
    "Header",
    "colour_batch",
    "colour_photo",
    "explained",
    "header_of",
    "memory_needed",
    "result_suffix",
]
