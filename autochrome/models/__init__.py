"""Colour networks: their registry, their files and forms, and the engines that run them.

What is named here is loaded when it is first used.
"""

import lazy_loader

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
