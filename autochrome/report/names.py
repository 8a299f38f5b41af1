"""Names of files as a page can hold them: as text that shows every character, and as links."""

import unicodedata
from urllib.parse import quote

# Line breaks of all kinds and control characters, which a page would swallow.
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}


def shown(text: str) -> str:
    """Text for a page: control characters and undecodable bytes are shown as escapes.

    >>> shown("a\\nb\\udcff")
    'a\\\\nb\\\\xff'
    """
    return "".join(_shown(c) if unicodedata.category(c) in _UNSEEN else c for c in text)


def _shown(character: str) -> str:
    if 0xDC80 <= ord(character) <= 0xDCFF:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return character.encode("unicode_escape").decode()


def link(path: str) -> str:
    """A relative path as a relative URL, its bytes as they are on disk.

    >>> link("films/50 % {x}?.mp4")
    'films/50%20%25%20%7Bx%7D%3F.mp4'
    """
    return quote(path.encode("utf-8", "surrogateescape"))
