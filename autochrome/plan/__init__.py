"""The plan: which jobs there are, which have work, what it will cost."""

from .estimate import Hands
from .run import Run, make_run, read_run, settle

__all__ = ["Hands", "Run", "make_run", "read_run", "settle"]
