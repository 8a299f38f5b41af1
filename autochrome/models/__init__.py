"""Colour networks: their registry, their files and forms, and the engines that run them.

What is named here is loaded when it is first used.
"""

import sys

import lazy_loader

# With this package, OpenVINO tells Google Analytics of each time that it is imported, and keeps an
# id of the person in ~/intel; it does without where there is none.
sys.modules.setdefault("openvino_telemetry", None)

__getattr__, __dir__, __all__ = lazy_loader.attach(
    __name__,
    submod_attrs={
        "crop": ["Crop", "CroppedPredictor"],
        "distribution": ["Distribution", "distribution_of"],
        "fetch": ["Folders", "default_folders", "fetch_model"],
        "forms": ["ReadyModel", "ready_model", "record_of"],
        "jobs": ["convert_job", "fetch_job", "planned_model", "ready_file"],
        "predictors": ["NetworkPredictor", "Predictor", "predict_ab"],
        "registry": ["Model", "find_model", "list_models"],
        "sharing": ["SharedPredictor"],
    },
)
