"""Each plan holds only what its stage uses, so that a change reaches just what it decides."""

import copy
import dataclasses
from pathlib import Path, PurePosixPath

import pytest
import yaml

from autochrome import films, photos
from autochrome.archive import Entry, Scan, digest
from autochrome.models import find_model
from autochrome.plan.overrides import Overrides
from autochrome.plan.values import film_plans, photo_plans, run_plan
from tests.conftest import REPOSITORY

CONFIG = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
MODEL = find_model("compact")
OTHER_MODEL = dataclasses.replace(MODEL, name="other", sha256="0" * 64)
HEADER = {
    "duration_seconds": 600.0,
    "bit_rate": 4_000_000,
    "width": 640,
    "height": 480,
    "codec": "h264",
    "container": "mov",
    "frame_rate": 24.0,
    "has_video": True,
}
SCAN = Scan(
    [
        Entry("a.jpg", 1000, 1, "photo", "jpeg"),
        Entry("b.gif", 1000, 1, "photo", "gif"),
        Entry("film.mp4", 300_000_000, 1, "film", "film", header=HEADER),
        Entry("old.avi", 300_000_000, 1, "film", "film", header=HEADER),
    ]
)


def plans(model=MODEL, **settings):
    """Digests of all plans, by name."""
    config = copy.deepcopy(CONFIG)
    for name, value in settings.items():
        group, _, key = name.rpartition("__")
        (config[group] if group else config)[key] = value
    models = {config["model"]: model}
    buckets = photo_plans(SCAN, Path("/archive"), config, models, Overrides())
    reels = film_plans(SCAN, Path("/archive"), config, models, Overrides())
    named = {f"photos {bucket}": digest(plan) for bucket, plan in buckets.items()}
    for stages in reels.values():
        source = stages["index"]["path"]
        named |= {f"{stage} {source}": digest(plan) for stage, plan in stages.items()}
    return named | {"run": digest(run_plan(SCAN, config, models, buckets, reels))}


def changed(**settings):
    before, after = plans(), plans(**settings)
    return {name.split()[0] for name in after if before.get(name) != after[name]}


def test_another_version_of_a_stage_asks_for_its_work(monkeypatch):
    before = plans()
    for stage in films.STAGE_VERSIONS:
        with monkeypatch.context() as patched:
            patched.setitem(films.STAGE_VERSIONS, stage, 10_000)
            after = plans()
        assert {n.split()[0] for n in after if before[n] != after[n]} == {stage, "join", "run"}
    monkeypatch.setattr(photos, "VERSION", 10_000)
    after = plans()
    assert {n.split()[0] for n in after if before[n] != after[n]} == {"photos", "run"}


@pytest.mark.parametrize(
    ("settings", "stages"),
    [
        ({}, set()),
        ({"model": OTHER_MODEL}, {"photos", "colour", "join", "run"}),
        ({"precision": "fp32"}, {"photos", "colour", "join", "run"}),
        ({"temperature": 0.5}, {"photos", "colour", "join", "run"}),
        ({"device": "cpu"}, set()),
        ({"films__crf": 30}, {"encode", "join", "run"}),
        ({"films__effort": "fast"}, {"encode", "join", "run"}),
        ({"films__preset": "small"}, {"encode", "join", "run"}),
        ({"films__depth": 10}, {"encode", "join", "run"}),
        ({"films__encoder_options": {"tune": "film"}}, {"encode", "join", "run"}),
        ({"films__frames": "png"}, {"join", "run"}),
        ({"films__container": "mkv"}, {"join", "run"}),
        ({"saturation": 0.5}, {"photos", "encode", "join", "run"}),
        ({"look": "gentle"}, {"photos", "encode", "join", "run"}),
        ({"look": "vivid"}, {"photos", "colour", "encode", "join", "run"}),
        ({"digital_source_type": "humanEdits"}, {"photos", "join", "run"}),
        ({"already_colour": "copy"}, {"photos", "join", "run"}),
        ({"films__key_frames": 7}, {"index", "join", "run"}),
        ({"films__chunk_seconds": 7}, {"index", "colour", "encode", "join", "run"}),
        ({"photos__max_pixels": 5}, {"photos", "run"}),
        ({"failures": "accept"}, set()),
        ({"redo": "failed"}, set()),
    ],
)
def test_a_setting_reaches_only_the_stages_that_use_it(settings, stages):
    assert changed(**settings) == stages


def test_another_model_reaches_every_photograph_and_every_film():
    before, after = plans(), plans(OTHER_MODEL)
    same = {name for name in before if before[name] == after[name]}
    assert {name.split()[0] for name in same} == {"index", "encode"}


def test_results_keep_their_names_where_the_format_stays():
    films = film_plans(SCAN, Path("/archive"), CONFIG, {"compact": MODEL}, Overrides())
    names = {s["index"]["path"]: s["join"]["result"] for s in films.values()}
    assert names == {"film.mp4": "films/film.mp4", "old.avi": "films/old.avi.mkv"}


def test_a_result_leaves_room_for_the_name_of_its_mark_beside_it():
    wide = "n" * 251 + ".bmp"
    scan = Scan([Entry(f"box/{wide}", 1000, 1, "photo", "bmp")])
    (plan,) = photo_plans(scan, Path("/a"), CONFIG, {CONFIG["model"]: MODEL}, Overrides()).values()
    result = plan["items"][0]["result"]
    assert len(PurePosixPath(result).name) + len(".xmp") <= 255
