"""Whose fault it is: the film's (named, and the others go on) or the run's (it stops)."""

import errno
from collections.abc import Callable
from typing import Any

import av

from ..errors import AutochromeError, BlockedError, ItemError, reason_of
from ..isolation import run_isolated

# Time limits, far above what any film takes: they only end what hangs.
_LEAST_SECONDS = 900
_BYTES_A_SECOND = 20_000
_FRAMES_A_SECOND = 1
_PIXELS_A_SECOND = 200_000

_RESULTS_FAULTS = {
    errno.ENOSPC: "The disk with the results is full.",
    errno.EDQUOT: "The disk quota for the results is used up.",
    errno.EACCES: "No permission to write into the results folder.",
    errno.EPERM: "No permission to write into the results folder.",
    errno.EROFS: "The results folder lies on a read-only disk.",
}
_RESULTS_REMEDY = "Free disk space or give write permission, then run the same command again."


def time_limit(source_bytes: int, frames: int = 0, pixels: int = 0) -> float:
    """Seconds after which a child process is taken to hang."""
    work = frames * (1 / _FRAMES_A_SECOND + pixels / _PIXELS_A_SECOND)
    return _LEAST_SECONDS + source_bytes / _BYTES_A_SECOND + work


def isolated(
    function: Callable[..., Any],
    *args: Any,
    limit: float,
    prepare: Callable[[], tuple] = tuple,
) -> Any:
    """``function(*args, *prepare())`` in a child process, see `run_isolated`.

    FFmpeg's errors become ItemError, or OSError where the system said why: they cannot all be
    sent between processes.
    """
    return run_isolated(_plain_errors, function, args, timeout=limit, prepare=prepare)


def _plain_errors(function: Callable[..., Any], args: tuple, *prepared: Any) -> Any:
    try:
        return function(*args, *prepared)
    except av.error.FFmpegError as error:
        # Muxers say EPERM of packets that they do not take.
        if error.errno in _RESULTS_FAULTS and error.errno != errno.EPERM:
            raise OSError(error.errno, error.strerror) from None
        raise as_item_error(error) from None


def stop_if_results_fail(error: Exception) -> None:
    """Raise AutochromeError if the results cannot be written: no film is to blame for that."""
    if isinstance(error, OSError) and error.errno in _RESULTS_FAULTS:
        raise AutochromeError(_RESULTS_FAULTS[error.errno], _RESULTS_REMEDY) from error


def as_item_error(error: Exception) -> ItemError:
    """An error that nobody foresaw, as a fault of this film."""
    return BlockedError.of(error) or ItemError(
        f"It could not be done: {reason_of(error)}.",
        "If other programs play the film, please report this; else repair it.",
    )
