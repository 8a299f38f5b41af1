"""The plan's files as values: a function of the archive and the settings alone."""

from pathlib import Path, PurePosixPath
from typing import Any

from .. import films, photos
from ..archive import Entry, Scan, digest
from ..models import Model
from .naming import buckets_of, film_id, with_suffix, without_collisions

Plans = dict[str, dict[str, Any]]


def photo_plans(scan: Scan, archive: Path, config: dict[str, Any], model: Model) -> Plans:
    """The plan of every bucket of photographs, by bucket."""
    entries = {entry.path: entry for entry in scan.photos()}
    results = without_collisions(
        {path: with_suffix(path, *photos.result_suffix(e.format)) for path, e in entries.items()}
    )
    settings = {
        "saturation": config["saturation"],
        "temperature": config["temperature"],
        "already_colour": config["already_colour"],
        "max_pixels": config["photos"]["max_pixels"],
    }
    return {
        bucket: {
            "stage": "photos",
            "bucket": bucket,
            "archive": str(archive),
            "items": [_photo_item(entries[path], results[path]) for path in paths],
            "model": _planned(model, config),
            "settings": settings,
        }
        for bucket, paths in buckets_of(entries, config["photos"]["batch_size"]).items()
    }


def _planned(model: Model, config: dict[str, Any]) -> dict[str, Any]:
    return model.identity() | {"precision": config["precision"]}


def _photo_item(entry: Entry, result: str) -> dict[str, Any]:
    return {
        "path": entry.path,
        "size": entry.size,
        "mtime_ns": entry.mtime_ns,
        "format": entry.format,
        "result": f"photos/{result}",
    }


def film_plans(scan: Scan, archive: Path, config: dict[str, Any], model: Model) -> dict[str, Plans]:
    """The plans of every film that could be probed, by film and stage.

    Each stage's plan holds only the settings which that stage uses, so that another encoder
    setting leaves the plans of the stages before it as they are.
    """
    entries = {entry.path: entry for entry in scan.films() if entry.header is not None}
    settings = config["films"]
    containers = {
        path: films.result_container(
            PurePosixPath(path).suffix,
            films.FilmHeader(**entry.header),
            films.encoder_settings(settings)["codec"],
            settings["container"],
        )
        for path, entry in entries.items()
    }
    results = without_collisions(
        {path: with_suffix(path, f".{c}", {f".{c}"}) for path, c in containers.items()}
    )
    return {
        film_id(path): _stages(entry, results[path], containers[path], archive, config, model)
        for path, entry in entries.items()
    }


def _stages(
    entry: Entry,
    result: str,
    container: str,
    archive: Path,
    config: dict[str, Any],
    model: Model,
) -> Plans:
    settings = config["films"]
    header = films.FilmHeader(**entry.header)
    common = {
        "film": film_id(entry.path),
        "chunks": (
            1
            if config["preview"]
            else films.chunk_count(header, entry.size, settings["chunk_seconds"])
        ),
    }
    source = {
        "archive": str(archive),
        "path": entry.path,
        "size": entry.size,
        "mtime_ns": entry.mtime_ns,
    }
    stages = {
        "index": {
            "stage": "index",
            **common,
            **source,
            "settings": {"preview": config["preview"]} if config["preview"] else {},
        },
        "colour": {
            "stage": "colour",
            **common,
            "model": _planned(model, config),
            "settings": {"temperature": config["temperature"]},
        },
        "encode": {
            "stage": "encode",
            **common,
            "settings": films.encoder_settings(settings) | {"saturation": config["saturation"]},
        },
    }
    stages["join"] = {
        "stage": "join",
        "film": common["film"],
        "result": f"films/{result}",
        "container": container,
        "settings": {"already_colour": config["already_colour"], "frames": settings["frames"]},
        "upstream": {name: digest(value) for name, value in stages.items()},
    }
    return stages


def run_plan(
    scan: Scan, config: dict[str, Any], photo: Plans, film: dict[str, Plans]
) -> dict[str, Any]:
    """What the manifest and the report must know beside the items' own records.

    ``items`` changes with any plan, so that a manifest which was made for other plans is known.
    """
    unreadable = [
        {"kind": "film", "source": e.path, "size": e.size, "reason": e.fault, "remedy": e.remedy}
        for e in scan.films()
        if e.header is None
    ]
    walk = [
        {
            "kind": "file",
            "source": path,
            "size": None,
            "reason": fault,
            "remedy": "Give yourself permission to read it.",
        }
        for path, fault in scan.faults
    ]
    return {
        "faults": unreadable + walk,
        "walk_had_errors": bool(scan.faults),
        "left_alone": scan.left_alone,
        "prune": config["prune"],
        "items": digest([photo, {name: stages["join"] for name, stages in film.items()}]),
    }
