"""DDColor's weights to ONNX, by a Python of its own that has PyTorch.

DDColor (Kang et al. 2023) is too large a graph to write by hand, so PyTorch exports it. PyTorch
takes gigabytes and nothing else here needs it: it lives in an environment beside the Snakefile,
made only by those who convert DDColor, and ``ddcolor_export.py`` runs in it.
"""

import os
import subprocess
from pathlib import Path

from ...archive import temporary_beside
from ...errors import ModelError, reason_of

ROOT = Path(__file__).resolve().parents[3]
EXPORT = Path(__file__).with_name("ddcolor_export.py")

# Names another Python that has what requirements-ddcolor.txt has.
PYTHON_VARIABLE = "AUTOCHROME_TORCH_PYTHON"
MAKE_ENVIRONMENT = (
    f"Make its environment (about 6 GB on Linux), in {ROOT}: "
    "python3 -m venv .venv-ddcolor && "
    ".venv-ddcolor/bin/pip install -r requirements-ddcolor.txt; "
    f"or let {PYTHON_VARIABLE} name a Python that has these packages."
)

# Of what the exporter says, the end tells what went wrong.
LAST_LINES = 8


def find_torch_python() -> Path:
    """The Python that converts DDColor: AUTOCHROME_TORCH_PYTHON, or that of .venv-ddcolor.

    Raises ModelError, with the commands that make the environment, if there is none.
    """
    named = os.environ.get(PYTHON_VARIABLE)
    python = Path(named) if named else ROOT / ".venv-ddcolor" / "bin" / "python"
    if not python.is_file():
        fault = f"DDColor is converted by PyTorch, and there is no {python}"
        raise ModelError(
            f"{fault} ({PYTHON_VARIABLE})." if named else f"{fault}.", MAKE_ENVIRONMENT
        )
    return python


def convert_ddcolor(weights: Path, target: Path) -> None:
    """Write the network with these published weights (``.bin``, ``.pth``) to ``target``.

    Its input is ``L`` float32 (n, 1, 512, 512), L* of 0 to 100; its output ``ab`` float32
    (n, 2, 512, 512), CIE units, without bounds.

    Raises ModelError that names the weights: they are not those of a DDColor, or the environment
    with PyTorch is missing or lacks a package. ``target`` is then as it was.
    """
    python = find_torch_python()
    part = temporary_beside(target)
    try:
        # Isolated: neither PYTHONPATH nor this environment's packages get in.
        command = [python, "-I", EXPORT, weights, part]
        done = subprocess.run(command, capture_output=True, text=True, errors="replace")
        if done.returncode != 0:
            said = " / ".join(done.stderr.strip().splitlines()[-LAST_LINES:])
            raise ModelError(
                f"{weights} could not be converted by {python} "
                f"(exit status {done.returncode}): {said}",
                f"If a module is missing: {MAKE_ENVIRONMENT}",
            )
        os.replace(part, target)
    except OSError as error:
        raise ModelError(
            f"{weights} could not be converted by {python}: {reason_of(error)}.", MAKE_ENVIRONMENT
        ) from error
    finally:
        part.unlink(missing_ok=True)
