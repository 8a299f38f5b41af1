"""Training of the embedded colour model, apart from the product and with its own dependencies.

``python -m training prepare|train|sweep|export|evaluate --config training/config.yaml``; see README.md.
"""
