"""The plan's files as values: a function of the archive and the settings alone."""

from pathlib import Path, PurePosixPath
from typing import Any

from .. import films, photos
from ..archive import Entry, Scan, digest
from ..models import Model
from .looks import saturation_of, temperature_of
from .naming import batch_size_for, buckets_of, film_id, with_suffix, without_collisions
from .overrides import Overrides

Plans = dict[str, dict[str, Any]]
Models = dict[str, Model]


def photo_plans(
    scan: Scan, archive: Path, config: dict[str, Any], models: Models, overrides: Overrides
) -> Plans:
    """The plan of every bucket of photographs, by bucket.

    An item holds those of its settings, and the network, that are not its bucket's.
    """
    entries = {entry.path: entry for entry in scan.photos()}
    results = without_collisions(
        {path: with_suffix(path, *photos.result_suffix(e.format)) for path, e in entries.items()},
        spare=photos.LONGEST_BESIDE,
    )
    common = _photo_settings(config, models)
    own = {}
    for path in entries:
        wanted = overrides.config_for(path, config)
        if wanted is not config:
            own[path] = _differing(_photo_settings(wanted, models), common)
    plans = {}
    size = batch_size_for(len(entries), config["photos"]["batch_size"])
    for bucket, paths in buckets_of(entries, size).items():
        # Those of one network together: a job holds one network at a time.
        paths = sorted(paths, key=lambda path: "model" in own.get(path, ()))
        items = [_photo_item(entries[path], results[path]) | own.get(path, {}) for path in paths]
        plans[bucket] = {
            "stage": "photos", "version": photos.VERSION, "bucket": bucket,
            "archive": str(archive), "items": items, **common,
        }  # fmt: skip
    return plans


def _photo_settings(config: dict[str, Any], models: Models) -> dict[str, Any]:
    """The network and the settings that a photograph's result depends on."""
    model = models[config["model"]]
    settings = {
        "saturation": saturation_of(config),
        "temperature": temperature_of(config, model),
        "already_colour": config["already_colour"],
        "max_pixels": config["photos"]["max_pixels"],
        "tone": config["photos"]["tone"],
        "digital_source_type": config["digital_source_type"],
        "visible_mark": config["visible_mark"],
    }
    return {
        "model": _planned(model, config),
        "settings": settings | _picked(config, "crop") | _signing(config),
    }


def _picked(config: dict[str, Any], *names: str) -> dict[str, Any]:
    """Those of the settings that only a row of the overrides brings, if one does."""
    return {name: config[name] for name in names if name in config}


def _signing(config: dict[str, Any]) -> dict[str, Any]:
    """What is needed to sign results, where they are to be signed."""
    return _picked(config, "credentials") if "identity" in config["credentials"] else {}


def _differing(own: dict[str, Any], common: dict[str, Any]) -> dict[str, Any]:
    """The part of an item's network and settings that is not its bucket's."""
    settings = {k: v for k, v in own["settings"].items() if common["settings"].get(k) != v}
    model = {} if own["model"] == common["model"] else {"model": own["model"]}
    return model | ({"settings": settings} if settings else {})


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


def film_plans(
    scan: Scan, archive: Path, config: dict[str, Any], models: Models, overrides: Overrides
) -> dict[str, Plans]:
    """The plans of every film that could be probed, by film and stage.

    Each stage's plan holds only the settings which that stage uses, and its version, so that
    another encoder setting leaves the plans of the stages before it as they are.
    """
    entries = {entry.path: entry for entry in scan.films() if entry.header is not None}
    own = {path: overrides.config_for(path, config) for path in entries}
    containers = {
        path: films.result_container(
            PurePosixPath(path).suffix,
            films.FilmHeader(**entry.header),
            films.encoder_settings(own[path]["films"])["codec"],
            own[path]["films"]["container"],
        )
        for path, entry in entries.items()
    }
    results = without_collisions(
        {path: with_suffix(path, f".{c}", {f".{c}"}) for path, c in containers.items()},
        spare=films.LONGEST_BESIDE,
    )
    return {
        film_id(path): _stages(
            entry, results[path], containers[path], archive, own[path], models[own[path]["model"]]
        )
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
            "settings": {
                "key_frames": settings["key_frames"],
                **({"preview": config["preview"]} if config["preview"] else {}),
                **_picked(config, "treat_as"),
            },
        },
        "colour": {
            "stage": "colour",
            **common,
            "model": _planned(model, config),
            "settings": {"temperature": temperature_of(config, model), **_picked(config, "crop")},
        },
        "encode": {
            "stage": "encode",
            **common,
            "settings": films.encoder_settings(settings)
            | {"saturation": saturation_of(config), "tint": settings["tint"]}
            | ({} if config["visible_mark"] == "none" else _picked(config, "visible_mark")),
        },
    }
    stages["join"] = {
        "stage": "join",
        "film": common["film"],
        "result": f"films/{result}",
        "container": container,
        "settings": {
            "already_colour": config["already_colour"],
            "digital_source_type": config["digital_source_type"],
            "frames": settings["frames"],
            **_signing(config),
        },
    }
    for name, plan in stages.items():
        plan["version"] = films.STAGE_VERSIONS[name]
    stages["join"]["upstream"] = {n: digest(plan) for n, plan in stages.items() if n != "join"}
    return stages


def run_plan(
    scan: Scan, config: dict[str, Any], models: Models, photo: Plans, film: dict[str, Plans]
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
            "remedy": remedy,
        }
        for path, fault, remedy in scan.faults
    ]
    return {
        "faults": unreadable + walk,
        "walk_had_errors": bool(scan.faults),
        "left_alone": scan.left_alone,
        "prune": config["prune"],
        "models": list(models),
        "items": digest([photo, {name: stages["join"] for name, stages in film.items()}]),
    }
