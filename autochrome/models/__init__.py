"""Colour networks: their registry, their files and forms, and the engines that run them.

What is named here is loaded when it is first used.
"""

import sys

import lazy_loader

# OpenVINO does without these where they are not there. With the first, it tells Google Analytics of
# each time that it is imported, and keeps an id of the person in ~/intel; the second converts
# other frameworks' models, and takes a third of the time in which it loads.
for module in ("openvino_telemetry", "openvino.tools.ovc"):
    sys.modules.setdefault(module, None)

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "crop": ["Crop", "CroppedPredictor"],
        "distribution": ["Distribution", "distribution_of"],
        "engines": ["pick_device"],
        "fetch": ["Folders", "default_folders", "fetch_model"],
        "forms": ["ReadyModel", "ready_model", "record_of"],
        "negative": ["NEGATIVE_FROM", "negativity"],
        "jobs": ["convert_job", "fetch_job", "planned_model", "ready_file"],
        "predictors": ["NetworkPredictor", "Predictor", "predict_ab"],
        "registry": ["Model", "find_model", "list_models"],
        "sharing": ["SharedPredictor"],
    },
)
