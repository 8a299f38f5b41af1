"""The report: pages that open from the file system and show what was done, and what was not."""

from .pages import write_report

__all__ = ["write_report"]
