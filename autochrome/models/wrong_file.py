"""What a file is that should have been a network's weights."""

from pathlib import Path

from .registry import ModelFile

_HEAD_BYTES = 1024
_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


def what_is_wrong(path: Path, file: ModelFile, sha256: str) -> str | None:
    """Why ``path``, of that SHA-256, is not ``file``, in a few words; None if it is.

    Where the right SHA-256 is not known, whatever may be the file passes.
    """
    if sha256 == file.sha256:
        return None
    size = path.stat().st_size
    with open(path, "rb") as content:
        head = content.read(_HEAD_BYTES)
    if _is_html(head):
        return f"an HTML page of {size:,} bytes, not the file"
    if head.startswith(_LFS_POINTER):
        return f"a Git LFS pointer of {size:,} bytes, not the file that it stands for"
    if size == 0:
        return "an empty file"
    if file.bytes is not None and size < file.bytes:
        return f"truncated or another file: {size:,} of {file.bytes:,} bytes"
    if file.bytes is not None and size > file.bytes:
        return f"another file: {size:,} bytes, not {file.bytes:,}"
    if file.sha256 is not None:
        return f"another file: its SHA-256 is {sha256}, not {file.sha256}"
    return None


def _is_html(head: bytes) -> bool:
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return text.startswith((b"<!doctype html", b"<html")) or (
        text.startswith((b"<?xml", b"<!--")) and b"<html" in text
    )
