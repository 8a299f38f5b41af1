"""A calm display for Snakemake: ``--logger autochrome`` with this folder's parent on PYTHONPATH.

It takes the place of Snakemake's own output. Snakemake's log file is written as always.
"""

import sys
from logging import ERROR, LogRecord
from pathlib import Path

from snakemake_interface_logger_plugins.base import LogHandlerBase
from snakemake_interface_logger_plugins.common import LogEvent

from .display import Display, wildcards_of
from .terminal import Terminal
from .texts import error_message

# What Snakemake says beside the error of a job, which is told by itself, and where its own log
# cannot be written, which costs a person nothing.
_ECHOES = (
    "CalledProcessError in file ",
    "CalledProcessError:",
    "At least one job did not complete successfully.",
    "Exiting because a job execution failed.",
    "Failed to setup log file:",
)
_INTERRUPTED = "Terminating processes on user request"
_NOTHING_TO_DO = "Nothing to be done"


class LogHandler(LogHandlerBase):
    """Turns Snakemake's log events into calls of a Display."""

    def __post_init__(self) -> None:
        self._display = Display(Terminal(sys.stderr))
        self._is_closed = False

    def emit(self, record: LogRecord) -> None:
        try:
            self._take(record)
        except Exception:
            self.handleError(record)

    def _take(self, record: LogRecord) -> None:
        event = getattr(record, "event", None)
        if event == LogEvent.ERROR:
            self._take_error(record)
        elif self.common_settings.dryrun:
            return
        elif event is None:
            self._take_message(record)
        elif event == LogEvent.RUN_INFO:
            counts = {rule: n for rule, n in record.stats.items() if rule not in ("total", "all")}
            # Snakemake has changed to the results folder by now.
            self._display.begin(Path.cwd(), counts)
        elif event == LogEvent.JOB_INFO:
            wildcards = wildcards_of(record.wildcards)
            self._display.start_job(record.jobid, record.rule_name, wildcards, list(record.output))
        elif event == LogEvent.JOB_FINISHED:
            self._display.finish_job(record.job_id)
        elif event == LogEvent.JOB_ERROR:
            self._display.stop_job(
                record.jobid, record.rule_name, list(record.log), record.rule_msg or ""
            )

    def _take_error(self, record: LogRecord) -> None:
        text = record.getMessage()
        if not any(echo in text for echo in _ECHOES):
            self._display.error(error_message(text))

    def _take_message(self, record: LogRecord) -> None:
        text = record.getMessage()
        if text.startswith(_NOTHING_TO_DO):
            self._display.begin(Path.cwd(), {})
        elif text.startswith(_INTERRUPTED):
            self._display.stop()
        elif record.levelno >= ERROR and not any(echo in text for echo in _ECHOES):
            self._display.error(error_message(text))

    def close(self) -> None:
        if not self._is_closed:
            self._is_closed = True
            self._display.end()
        super().close()

    @property
    def writes_to_stream(self) -> bool:
        return True

    @property
    def writes_to_file(self) -> bool:
        return False

    @property
    def has_filter(self) -> bool:
        return True

    @property
    def has_formatter(self) -> bool:
        return True

    @property
    def needs_rulegraph(self) -> bool:
        return False
