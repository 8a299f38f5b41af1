"""Autochrome colours archives of black-and-white photographs and films.

The library knows nothing of Snakemake: every function runs from a test or a notebook.
"""

__version__ = "0.1.0"
