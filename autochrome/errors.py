"""The family of errors: each says which thing, what is wrong with it, and what a person can do."""


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
