"""The end of a run: manifest, verdict, and pages that show what was done and what was not."""

from .closing import close_manifest, close_report, give_verdict
from .pages import write_report

__all__ = ["close_manifest", "close_report", "give_verdict", "write_report"]
