"""A clone of the launcher's own files, whose only requirement is a stand-in for Snakemake."""

import hashlib
import json
import os
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.conftest import REPOSITORY

# It says how it was called and in which environment, and ends with the status it is told.
STAND_IN = """
import json, os, sys

def parse_args(argv):
    print("Using workflow specific profile x for setting arguments.", file=sys.stderr)
    return sys.argv[1:] if argv is None else argv

def main():
    told = {name: text for name, text in os.environ.items() if name.startswith("AUTOCHROME_")}
    told |= {"arguments": parse_args(None), "program": os.path.basename(sys.argv[0])}
    told |= {"path": os.environ.get("PYTHONPATH"), "cwd": os.getcwd()}
    told |= {"cache": os.environ.get("XDG_CACHE_HOME"), "user": os.environ.get("USER")}
    told |= {"compiled": [not sys.dont_write_bytecode, sys.pycache_prefix]}
    print(json.dumps(told))
    sys.exit(int(os.environ.get("STATUS", 0)))
"""

# The tools of ./check: each says its name, and fails where FAILING holds it.
TOOLS = ("ruff", "snakefmt", "pytest")
TOOL = "import os, sys; print('{0}'); sys.exit('{0}' in os.environ.get('FAILING', ''))\n"

WHEEL = {
    **{f"{tool}.py": TOOL.format(tool) for tool in TOOLS},
    "snakemake/__init__.py": "",
    "snakemake/cli.py": STAND_IN,
    "snakemake/script.py": "class PythonScript:\n    _execute_cmd = None\n",
    "snakemake-0.1.dist-info/METADATA": "Metadata-Version: 2.1\nName: snakemake\nVersion: 0.1\n",
    "snakemake-0.1.dist-info/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\n",
    "snakemake-0.1.dist-info/entry_points.txt": (
        "[console_scripts]\nsnakemake = snakemake.cli:main\n"
    ),
}


def write_wheel(folder: Path) -> str:
    """A wheel of the stand-in; returns the line of a requirements file that names it."""
    wheel = folder / "snakemake-0.1-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for name, text in WHEEL.items():
            archive.writestr(name, text)
        archive.writestr("snakemake-0.1.dist-info/RECORD", "".join(f"{name},,\n" for name in WHEEL))
    return f"snakemake==0.1 --hash=sha256:{hashlib.sha256(wheel.read_bytes()).hexdigest()}\n"


class Clone:
    """A clone of the launcher's own files, with spaces in its path, and a home beside it."""

    def __init__(self, root: Path):
        self.root = root / "a clone, of Autochrome"
        (self.root / "autochrome").mkdir(parents=True)
        (self.root / "workflow").mkdir()
        for name in ("colorize", "check", "workflow/setup.sh", "workflow/snakemake_command.py"):
            shutil.copy(REPOSITORY / name, self.root / name)
        (self.root / "autochrome/__init__.py").write_text('__version__ = "1.2.3"\n')
        (self.root / "autochrome/demo.py").write_text(
            "import pathlib, sys; pathlib.Path(sys.argv[1]).mkdir(parents=True, exist_ok=True)"
        )
        for name in ("requirements.txt", "requirements-dev.txt"):
            (self.root / name).write_text(write_wheel(root))
        self.environment = {
            "HOME": str(root),
            "PATH": f"{Path(sys.executable).resolve().parent}:{os.environ['PATH']}",
            "PIP_NO_INDEX": "1",
            "PIP_FIND_LINKS": root.as_uri(),
        }

    def run(self, *arguments, cwd=None, command=None, **environment):
        """The finished process of one call of the launcher."""
        return subprocess.run(
            [command or self.root / "colorize", *arguments],
            cwd=cwd or self.root,
            env=self.environment | environment,
            capture_output=True,
            text=True,
        )

    def told(self, *arguments, **options) -> dict:
        """What the stand-in was told in one call that must succeed."""
        done = self.run(*arguments, **options)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)
