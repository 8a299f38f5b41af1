"""One file from one place into a part file.

A part file that is there already is continued, whichever place it came from: the SHA-256 of the
whole decides afterwards.
"""

import errno
import hashlib
import shutil
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import requests
import urllib3

from ..errors import ModelError, reason_of
from .registry import ModelFile

Progress = Callable[[int, int | None], None]

CHUNK_BYTES = 1 << 16
TRIES = 4
PAUSE_SECONDS = 1.0
CONNECT_SECONDS = 15
SILENCE_SECONDS = 60


class PlaceError(Exception):
    """A place does not give the file; the message is what happened there."""


class _BrokenError(PlaceError):
    """A transfer broke off: worth another try."""


def transfer(
    place: str, file: ModelFile, part: Path, progress: Progress | None = None
) -> tuple[str, bool]:
    """Bring the file from an http, https or file: address into ``part``.

    Returns the SHA-256 of ``part``, and whether it was continued from an earlier transfer, which
    is never done where the file's SHA-256 is not known. Raises PlaceError, and ModelError where
    the disk is full.
    """
    if place.startswith("file:"):
        return _copy(_local_path(place), file, part, progress), False
    tries = 0
    while True:
        had = part.stat().st_size if part.exists() else 0
        if file.sha256 is None or (file.bytes is not None and had > file.bytes):
            part.unlink(missing_ok=True)
        try:
            return _download(place, file, part, progress)
        except _BrokenError as error:
            tries = 1 if part.stat().st_size > had else tries + 1
            if tries == TRIES:
                raise PlaceError(f"{error}, {TRIES} times in a row") from error
        time.sleep(PAUSE_SECONDS * 2 ** (tries - 1))


def disk_error(error: OSError, file: ModelFile, folder: Path) -> ModelError:
    """What to tell a person when writing the file into the folder failed."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _no_room(folder, file, file.bytes)
    return ModelError(
        f"{file.name} cannot be written into {folder} ({error.strerror}).",
        "Give yourself write permission there.",
    )


def _download(
    place: str, file: ModelFile, part: Path, progress: Progress | None
) -> tuple[str, bool]:
    digest, start = _begun(part)
    if start and digest.hexdigest() == file.sha256:
        return file.sha256, True
    headers = {"Accept-Encoding": "identity"}
    if start:
        headers["Range"] = f"bytes={start}-"
    with _answer(place, headers) as answer:
        if start and not _continues(answer, start):
            if answer.status_code != 200:
                part.unlink()
                return _download(place, file, part, progress)
            digest, start = hashlib.sha256(), 0
        if answer.status_code not in (200, 206):
            raise PlaceError(f"HTTP {answer.status_code} {answer.reason}")
        length = answer.headers.get("Content-Length")
        total = start + int(length) if length else file.bytes
        try:
            chunks = answer.iter_content(CHUNK_BYTES)
            _write(chunks, file, part, digest, start, total, progress)
        except requests.RequestException as error:
            raise _BrokenError(
                f"broken off after {part.stat().st_size:,} of "
                f"{f'{total:,}' if total else 'unknown'} bytes"
            ) from error
    return digest.hexdigest(), start > 0


def _copy(source: Path, file: ModelFile, part: Path, progress: Progress | None) -> str:
    digest = hashlib.sha256()
    try:
        with open(source, "rb") as content:
            chunks = iter(lambda: content.read(CHUNK_BYTES), b"")
            _write(chunks, file, part, digest, 0, source.stat().st_size, progress)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise PlaceError("there is no such file") from error
    except PermissionError as error:
        raise PlaceError("it may not be read") from error
    return digest.hexdigest()


def _local_path(place: str) -> Path:
    return Path(unquote(urlsplit(place).path, errors="surrogateescape"))


def _begun(part: Path) -> tuple[Any, int]:
    """The digest and the size of what a part file holds."""
    try:
        with open(part, "rb") as content:
            digest = hashlib.file_digest(content, "sha256")
            return digest, content.tell()
    except FileNotFoundError:
        return hashlib.sha256(), 0


def _continues(answer: requests.Response, start: int) -> bool:
    content_range = answer.headers.get("Content-Range", "")
    return answer.status_code == 206 and content_range.startswith(f"bytes {start}-")


def _write(
    chunks: Iterable[bytes],
    file: ModelFile,
    part: Path,
    digest: Any,
    start: int,
    total: int | None,
    progress: Progress | None,
) -> None:
    """Append to ``part`` from ``start`` on, which is 0 for a new one. ``digest`` goes along."""
    if file.bytes is not None and total is not None and total > file.bytes:
        raise PlaceError(f"another file: {total:,} bytes, not {file.bytes:,}")
    if total is not None and shutil.disk_usage(part.parent).free < total - start:
        raise _no_room(part.parent, file, total - start)
    done = start
    try:
        with open(part, "ab" if start else "wb") as target:
            for chunk in chunks:
                target.write(chunk)
                digest.update(chunk)
                done += len(chunk)
                if file.bytes is not None and done > file.bytes:
                    raise PlaceError(f"another file: more than {file.bytes:,} bytes")
                if progress:
                    progress(done, total)
    except requests.RequestException:
        raise
    except OSError as error:
        raise disk_error(error, file, part.parent) from error


def _no_room(folder: Path, file: ModelFile, needed: int | None) -> ModelError:
    needs = f" ({needed:,} bytes)" if needed else ""
    return ModelError(
        f"There is no room for {file.name}{needs} in {folder}.",
        "Make room, then run the same command again.",
    )


def _answer(place: str, headers: dict[str, str]) -> requests.Response:
    """The answer to a request, redirects followed, its content not read yet."""
    try:
        return requests.get(
            place, headers=headers, stream=True, timeout=(CONNECT_SECONDS, SILENCE_SECONDS)
        )
    except requests.exceptions.InvalidSchema as error:
        raise PlaceError("it leads to an address that is neither http nor https") from error
    except requests.TooManyRedirects as error:
        raise PlaceError("it leads from one address to the next without end") from error
    except requests.exceptions.SSLError as error:
        raise PlaceError("its certificate is not accepted") from error
    except requests.Timeout as error:
        raise PlaceError("no answer in time") from error
    except requests.RequestException as error:
        raise PlaceError(_no_connection(error, place)) from error


def _no_connection(error: requests.RequestException, place: str) -> str:
    cause = getattr(error.args[0] if error.args else None, "reason", error)
    if isinstance(cause, urllib3.exceptions.NameResolutionError):
        asked = error.request.url if error.request else place
        return f"{urlsplit(asked).hostname} is not found (is there a network?)"
    if isinstance(getattr(cause, "__cause__", None), ConnectionRefusedError):
        return "connection refused"
    return f"no connection ({reason_of(cause)})"
