"""What libjpeg says of a damaged file: it has no other way to tell than standard error."""

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

# About filling bytes before the end marker, which some cameras write.
_HARMLESS = "extraneous bytes before marker 0xd9"


@contextmanager
def libjpeg_warnings() -> Iterator[list[str]]:
    """What is written to standard error meanwhile, also by code that is not Python's.

    Yields a list of lines that is filled when the block ends.
    """
    lines: list[str] = []
    sys.stderr.flush()
    saved = os.dup(2)
    try:
        with tempfile.TemporaryFile() as file:
            os.dup2(file.fileno(), 2)
            try:
                yield lines
            finally:
                os.dup2(saved, 2)
            file.seek(0)
            lines += file.read().decode(errors="replace").splitlines()
    finally:
        os.close(saved)


def damage_told(lines: list[str]) -> str:
    """The first line that means damage, or an empty one."""
    return next((line for line in lines if _HARMLESS not in line), "")
