"""The results folder: made, and seen to be this archive's and nobody else's."""

import os
from pathlib import Path

from ..archive import RESULTS_MARK, read_json, write_json_if_changed
from ..errors import ArchiveError

# Here a result takes the place of whatever has its name.
RESULT_FOLDERS = ("photos", "films", "frames")
_ANOTHER = "Choose another results folder with --config output=FOLDER"


def open_results(archive: Path, results: Path) -> None:
    """Make the results folder, or see that it belongs to this archive.

    Raises ArchiveError where results could replace a person's own files, where the folder has
    the results of another archive, and where it cannot be made or written to.
    """
    mark = results / RESULTS_MARK
    belongs = os.path.realpath(archive)
    _see_that_nothing_is_replaced(Path(belongs), results)
    try:
        results.mkdir(parents=True, exist_ok=True)
        if mark.exists():
            other = _archive_of(mark)
            if other != belongs:
                raise ArchiveError(
                    f"The results in {results} are those of another archive, {other}.",
                    f"{_ANOTHER}; if the archive has only moved, delete {mark} and nothing will "
                    "be coloured again.",
                )
        write_json_if_changed(mark, {"archive": belongs})
    except OSError as error:
        raise ArchiveError(
            f"The results folder {results} cannot be made or written to ({error.strerror}).",
            "Free some space or give yourself write permission there, or choose another with "
            "--config output=FOLDER.",
        ) from error


def _archive_of(mark: Path) -> str:
    try:
        return read_json(mark)["archive"]
    except (ValueError, KeyError, TypeError) as error:
        raise ArchiveError(
            f"The file {mark} does not say whose results these are: it is damaged.",
            "Delete it if they are this archive's: nothing will be coloured again.",
        ) from error


def _see_that_nothing_is_replaced(archive: Path, results: Path) -> None:
    if _lies_in(archive, results):
        raise ArchiveError(
            f"The archive {archive} lies in the results folder {results}, or is the same folder: "
            "results could take the place of originals.",
            f"{_ANOTHER}, beside the archive or inside it.",
        )
    is_ours = any((results / name).exists() for name in (RESULTS_MARK, "state"))
    for folder in filter(Path.exists, (results / name for name in RESULT_FOLDERS)):
        if not is_ours:
            raise ArchiveError(
                f"There is a folder {folder} already that Autochrome did not make: results could "
                "take the place of its files.",
                f"{_ANOTHER}, a new or an empty one.",
            )
        real = Path(os.path.realpath(folder))
        if _lies_in(archive, folder) or (_lies_in(real, archive) and not _lies_in(real, results)):
            raise ArchiveError(
                f"The folder {folder} leads into the archive {archive}: results could take the "
                "place of originals.",
                "Remove that link, or choose another results folder with --config output=FOLDER.",
            )


def _lies_in(path: Path, folder: Path) -> bool:
    """Is ``path`` this folder, or below it? Names may differ in case where disks ignore it."""
    return folder.exists() and any(
        parent.exists() and parent.samefile(folder) for parent in (path, *path.parents)
    )
