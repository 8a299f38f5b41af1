"""What libjpeg and libtiff say of a damaged file, which they only tell on standard error."""

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import cv2

_BROKEN_DATA = re.compile(r"(Fax\w*|JPEGLib): .*")
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


def told_by_libtiff(path: Path) -> str:
    """What libtiff finds broken in the fax or JPEG data of a TIFF's first picture, or nothing."""
    # What OpenCV takes for no picture, it cannot look through.
    with libjpeg_warnings() as lines, suppress(cv2.error):
        cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    found = (_BROKEN_DATA.search(line) for line in lines if _HARMLESS not in line)
    return next((match[0] for match in found if match), "")


def damage_told(lines: list[str]) -> str:
    """The first line that means damage, or an empty one."""
    return next((line for line in lines if _HARMLESS not in line), "")
