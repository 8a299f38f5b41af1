"""The family of errors: each says which thing, what is wrong with it, and what a person can do."""

import errno

_IN_THE_WAY = {errno.EEXIST, errno.ENOTDIR, errno.EISDIR, errno.ENOTEMPTY, errno.ENAMETOOLONG}


class AutochromeError(Exception):
    """Base of all errors that are meant for a person.

    ``fault`` says what is wrong (naming the file or key), ``remedy`` what to do about it.
    """

    def __init__(self, fault: str, remedy: str = ""):
        self.fault = fault
        self.remedy = remedy
        super().__init__(f"{fault} {remedy}".strip())

    def __reduce__(self):
        return type(self), (self.fault, self.remedy)


class ItemError(AutochromeError):
    """One photograph or film cannot be done; the others are not concerned."""


class BlockedError(ItemError):
    """A result cannot be put in its place: that is not its photograph's or film's fault."""

    @classmethod
    def of(cls, error: Exception) -> "BlockedError | None":
        """``error`` as one of these, if it says that something is in a result's way."""
        if not isinstance(error, OSError) or error.errno not in _IN_THE_WAY:
            return None
        place = error.filename2 or error.filename
        return cls(
            f"Its result cannot be put in its place: {error.strerror}: {place}.",
            "Move away what lies there in the results folder, then run the same command again.",
        )


class ConfigError(AutochromeError):
    """A setting is wrong: the whole run cannot start."""


class ArchiveError(AutochromeError):
    """The archive or the results folder cannot be used: the whole run cannot start."""


class ModelError(AutochromeError):
    """A colour model is missing, or is not the file that it should be."""


def reason_of(error: BaseException) -> str:
    """One line that names an unexpected error: its type and its message."""
    text = " ".join(str(error).split())
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
