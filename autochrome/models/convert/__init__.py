"""Published networks, read from their own formats, to ONNX."""
