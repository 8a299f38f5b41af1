"""Published networks, read from their own formats, to ONNX."""

from .caffe import PUBLISHED_TEMPERATURE, convert_caffe

__all__ = ["PUBLISHED_TEMPERATURE", "convert_caffe"]
