"""Autochrome colours archives of black-and-white photographs and films.

The library knows nothing of Snakemake: every function runs from a test or a notebook.
"""

import sys

__version__ = "0.1.0"

# OpenVINO does without these where they are not there. With the first, it tells Google Analytics of
# each time that it is imported, and keeps an id of the person in ~/intel; the second converts
# other frameworks' models, and takes a third of the time in which it loads.
for module in ("openvino_telemetry", "openvino.tools.ovc"):
    sys.modules.setdefault(module, None)
