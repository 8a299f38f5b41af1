"""Published networks, read from their own formats, to ONNX."""

from .caffe import PUBLISHED_TEMPERATURE, convert_caffe
from .ddcolor import convert_ddcolor
from .pth import read_pth
from .zhang_torch import convert_eccv16, convert_siggraph17

__all__ = [
    "PUBLISHED_TEMPERATURE",
    "convert_caffe",
    "convert_ddcolor",
    "convert_eccv16",
    "convert_siggraph17",
    "read_pth",
]
