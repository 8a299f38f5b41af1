"""The plan: which jobs there are, which have work, what it will cost."""

from .run import Run, make_run, read_run, settle

__all__ = ["Run", "make_run", "read_run", "settle"]
