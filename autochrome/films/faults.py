"""Whose fault it is: the film's (named, and the others go on) or the run's (it stops)."""

import errno

import av

from ..errors import AutochromeError, BlockedError, ItemError, reason_of

_RESULTS_FAULTS = {
    errno.ENOSPC: "The disk with the results is full.",
    errno.EDQUOT: "The disk quota for the results is used up.",
    errno.EACCES: "No permission to write into the results folder.",
    errno.EPERM: "No permission to write into the results folder.",
    errno.EROFS: "The results folder lies on a read-only disk.",
}
_RESULTS_REMEDY = "Free disk space or give write permission, then run the same command again."


def fault_of(error: Exception) -> ItemError:
    """An error that nobody foresaw, as a fault of this film.

    Raises AutochromeError if the results cannot be written: no film is to blame for that.
    """
    number = error.errno if isinstance(error, OSError | av.error.FFmpegError) else None
    # Muxers say EPERM of packets that they do not take.
    from_a_muxer = number == errno.EPERM and isinstance(error, av.error.FFmpegError)
    if number in _RESULTS_FAULTS and not from_a_muxer:
        raise AutochromeError(_RESULTS_FAULTS[number], _RESULTS_REMEDY) from error
    return BlockedError.of(error) or ItemError(
        f"It could not be done: {reason_of(error)}.",
        "If other programs play the film, please report this; else repair it.",
    )
