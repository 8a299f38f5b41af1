"""The display is a Snakemake plugin and no part of the library: its folder is found by path."""

import sys

from tests.conftest import REPOSITORY

PLUGINS = REPOSITORY / "workflow" / "plugins"
sys.path.append(str(PLUGINS))
