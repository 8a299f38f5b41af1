"""The plan: which jobs there are, which have work, what it will cost."""

from .run import Run, demo_settings, folders, make_run, read_run

__all__ = ["Run", "demo_settings", "folders", "make_run", "read_run"]
