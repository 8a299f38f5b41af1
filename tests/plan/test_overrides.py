"""The table of overrides: read, checked, and reaching only what its rows name."""

import copy
import fnmatch
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from autochrome.archive import Entry, Scan, digest
from autochrome.errors import ConfigError
from autochrome.models import find_model
from autochrome.plan.overrides import TABLE, Override, Overrides, read_overrides
from autochrome.plan.values import film_plans, photo_plans
from tests.conftest import REPOSITORY

from .test_values import HEADER

CONFIG = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())
PHOTOS = [f"box {n // 10}/{n}.jpg" for n in range(40)]
SCAN = Scan(
    [Entry(path, 1000, 1, "photo", "jpeg") for path in PHOTOS]
    + [
        Entry("reels/a.mp4", 300_000_000, 1, "film", "film", header=HEADER),
        Entry("reels/b.mp4", 300_000_000, 1, "film", "film", header=HEADER),
    ]
)


@pytest.fixture
def table(tmp_path):
    """The overrides that a table with these lines, cells between |, makes."""

    def read(*lines):
        path = tmp_path / "overrides.tsv"
        path.write_text("".join(line.replace("|", "\t") + "\n" for line in lines))
        return read_overrides(path)

    return read


def photo_items(overrides, **settings):
    config = copy.deepcopy(CONFIG) | settings
    models = {name: find_model(name) for name in overrides.models(config["model"])}
    plans = photo_plans(SCAN, Path("/archive"), config, models, overrides)
    return {item["path"]: item for plan in plans.values() for item in plan["items"]}


def film_stages(overrides):
    """Digests of the films' plans, by path and stage."""
    models = {name: find_model(name) for name in overrides.models("compact")}
    plans = film_plans(SCAN, Path("/archive"), CONFIG, models, overrides)
    return {
        (stages["index"]["path"], stage): digest(plan)
        for stages in plans.values()
        for stage, plan in stages.items()
    }


def test_the_table_that_comes_along_changes_nothing():
    assert read_overrides(TABLE).rows == ()


def test_a_row_reaches_only_the_photographs_that_its_glob_matches(table):
    before = photo_items(table("path|saturation"))
    after = photo_items(table("path|saturation", "box 2/*|0.5"))
    touched = {path for path in PHOTOS if before[path] != after[path]}
    assert touched == {path for path in PHOTOS if path.startswith("box 2/")}
    assert {after[path]["settings"]["saturation"] for path in touched} == {0.5}


@pytest.mark.parametrize(
    ("column", "cell", "stages"),
    [
        ("saturation", "0.5", {"encode", "join"}),
        ("films.crf", "30", {"encode", "join"}),
        ("films.preset", "archive", {"encode", "join"}),
        ("films.tint", "keep", {"encode", "join"}),
        ("films.key_frames", "10", {"index", "join"}),
        ("films.frames", "png", {"join"}),
        ("visible_mark", "corner", {"encode", "join"}),
        ("temperature", "0.5", {"colour", "join"}),
        ("crop", "2 3", {"colour", "join"}),
        ("treat_as", "grey", {"index", "join"}),
        ("treat_as", "negative", {"index", "join"}),
        ("already_colour", "copy", {"join"}),
    ],
)
def test_a_row_reaches_only_the_stages_of_its_film_that_use_the_setting(
    table, column, cell, stages
):
    before, after = (
        film_stages(table("path")),
        film_stages(table(f"path|{column}", f"*a.mp4|{cell}")),
    )
    assert {name for name in before if before[name] != after[name]} == {
        ("reels/a.mp4", stage) for stage in stages
    }


def test_of_several_rows_the_last_counts_and_an_empty_cell_sets_nothing(table):
    overrides = table("path|saturation|crop", "*|0.5|2", "box 1/*|0.7|")
    assert overrides.of("box 1/10.jpg") == {"saturation": 0.7, "crop": [0.02] * 4}


@given(
    st.lists(st.tuples(st.sampled_from(["a", "b", "a*", "[ab]", "?", "a/b", "*"]), st.integers())),
    st.sampled_from(["a", "b", "a/b", "c", "[ab]", "*"]),
)
def test_rows_that_name_one_item_count_in_their_order_among_globs(rows, path):
    overrides = Overrides(tuple(Override(glob, {glob: n, "last": n}) for glob, n in rows))
    wanted = {}
    for row in overrides.rows:
        if fnmatch.fnmatchcase(path, row.glob):
            wanted |= row.values
    assert overrides.of(path) == wanted
    idle = {row.glob for row in overrides.rows if not fnmatch.fnmatchcase(path, row.glob)}
    assert set(overrides.unmatched([path])) == idle


@pytest.mark.parametrize(
    ("cell", "sides"),
    [
        ("2", [0.02, 0.02, 0.02, 0.02]),
        ("2 3", [0.02, 0.03, 0.02, 0.03]),
        ("1 2 3", [0.01, 0.02, 0.03, 0.02]),
        ("1 2 3 4", [0.01, 0.02, 0.03, 0.04]),
    ],
)
def test_a_crop_is_read_as_in_css(table, cell, sides):
    assert table("path|crop", f"a|{cell}").of("a")["crop"] == pytest.approx(sides)


def test_what_is_skipped_is_counted_as_left_alone(table):
    scan = table("path|skip", "box 3/*|yes", "reels/b.mp4|yes", "box 3/30.jpg|no").without_skipped(
        SCAN
    )
    assert [e.path for e in scan.entries] == PHOTOS[:31] + ["reels/a.mp4"]
    assert scan.left_alone == {"skipped by the table of overrides": 10}


def test_globs_that_match_nothing_are_known(table):
    overrides = table("path|skip", "box 3/*|no", "box 9/*|yes")
    assert overrides.unmatched(PHOTOS) == {"box 9/*": ""}


@pytest.mark.parametrize(
    ("glob", "told"),
    [("Box 3/*", "capital and small letters"), ("box 3", "box 3/*"), ("box 3/", "box 3/*")],
)
def test_why_a_glob_nearly_matches_is_told(table, glob, told):
    assert told in table("path|skip", f"{glob}|no").unmatched(PHOTOS)[glob]


def test_items_of_another_network_stand_together_in_their_job(table):
    overrides = table("path|model", "box ?/*1.jpg|siggraph17")
    models = {name: find_model(name) for name in overrides.models("compact")}
    assert list(models) == ["compact", "siggraph17"]
    (plan,) = photo_plans(SCAN, Path("/archive"), CONFIG, models, overrides).values()
    names = [item.get("model", plan["model"])["name"] for item in plan["items"]]
    assert names == ["compact"] * 36 + ["siggraph17"] * 4


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["path|satturation", "a|1"], "satturation is not known. Did you mean saturation"),
        (["path|output", "a|x"], "output is a setting of the whole run"),
        (["path|photos.tone", "a|grey"], "whole run.*there is treat_as"),
        (["path,saturation", "a,1"], "no tab in the first line"),
        (["path|skip", "a|no|b"], "line 2: there are more cells than columns"),
        (["path|skip", "a|no", "a|no|b"], "line 3"),
        (["path|model", "a|compact", "a|nosuch"], "line 3: model: 'nosuch' is not known"),
        (["path|saturation", "*|1", "a|3"], "line 3: saturation: 3 .* a number from 0 to 2"),
        (["path|films.codec", "a|vp9"], "line 2: films.codec: 'vp9' .* Allowed: .*h264, h265"),
        (["path|crop", "a|60"], "line 2: crop: '60' .* percents below 50"),
        (["path|skip", "|yes"], "line 2: path is missing. Give every row a path"),
        (["skip", "yes"], "path is missing"),
    ],
)
def test_an_error_names_the_line_and_what_is_allowed(table, lines, message):
    with pytest.raises(ConfigError, match=message):
        table(*lines)


def test_a_table_that_is_not_there_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="There is no table"):
        read_overrides(tmp_path / "none.tsv")
