"""What OpenVINO compiles for the processor at hand, networks and formulas alike, and keeps."""

import hashlib
import os
import platform
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import openvino

CACHE_VARIABLE = "AUTOCHROME_CACHE"
"""Names the folder for what is compiled; a local disk, not one that machines share."""


def compiled(
    model: "Path | openvino.Model", precision: str = "f32", threads: int = 1, *, cached: bool = True
) -> "openvino.CompiledModel":
    """The model, ready to run on the CPU with so many ``threads``.

    ``model`` is a file or one put together here; ``precision`` OpenVINO's hint for it. The
    compiled form is kept in `compiled_folder`, unless ``cached`` is false. Raises RuntimeError
    for what OpenVINO does not understand.
    """
    import openvino  # Only here: it takes long to load, and most jobs need nothing of it.

    options: dict[str, Any] = {
        "INFERENCE_PRECISION_HINT": precision,
        "INFERENCE_NUM_THREADS": threads,
        # With two, OpenVINO 2026.4 gives quite other values for the embedded network.
        "NUM_STREAMS": 1,
        "ENABLE_CPU_PINNING": False,
    }
    folder = compiled_folder() if cached else None
    if folder is not None:
        options["CACHE_DIR"] = str(folder)
    return openvino.Core().compile_model(model, "CPU", options)


def compiled_folder() -> Path | None:
    """Where what is compiled is kept, one folder for each kind of processor and OpenVINO.

    Below ``$AUTOCHROME_CACHE``, else ``$XDG_CACHE_HOME``, else ``~/.cache``; None where that
    cannot be written to.
    """
    named = os.environ.get(CACHE_VARIABLE)
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    base = Path(named) if named else Path(home, "autochrome")
    import openvino

    kind = f"{_processor_flags()} {openvino.get_version()}"
    folder = base / "compiled" / hashlib.sha256(kind.encode()).hexdigest()[:16]
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return folder if os.access(folder, os.W_OK) else None


def _processor_flags() -> str:
    """What the processor can do: compiled code of one kind must not run on another."""
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    flags = next((line for line in lines if line.startswith(("flags", "Features"))), "")
    return f"{platform.machine()} {' '.join(sorted(flags.partition(':')[2].split()))}"
