"""Ids are safe as wildcards, buckets stay small and stable, result names never collide."""

import re
import unicodedata
from pathlib import PurePosixPath

from hypothesis import given
from hypothesis import strategies as st

from autochrome.archive import bucket_bits, path_digest
from autochrome.plan.naming import (
    batch_size_for,
    buckets_of,
    film_id,
    with_suffix,
    without_collisions,
)

PATHS = st.lists(
    st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1),
    unique=True,
)


@given(st.text())
def test_a_films_id_is_safe_whatever_its_path(path):
    assert re.fullmatch("[0-9a-f]{16}", film_id(path.encode("utf-8", "ignore").decode()))


@given(PATHS, st.integers(1, 9))
def test_every_photograph_is_in_one_bucket_of_at_most_the_batch_size(paths, size):
    buckets = buckets_of(paths, size)
    assert sorted(path for bucket in buckets.values() for path in bucket) == sorted(paths)
    assert all(re.fullmatch("x[0-9a-f]*(_[01]{1,3})?", name) for name in buckets)
    assert all(0 < len(bucket) <= size for bucket in buckets.values())


@given(PATHS, st.integers(1, 9))
def test_a_buckets_name_tells_which_photographs_are_in_it(paths, size):
    for name, members in buckets_of(paths, size).items():
        for path in members:
            assert f"{int(path_digest(path), 16):0256b}".startswith(bucket_bits(name))


def test_small_archives_are_cut_finer_and_large_ones_always_alike():
    assert batch_size_for(3, 2048) == batch_size_for(500, 2048) == 128
    assert 128 < batch_size_for(3000, 2048) < 2048
    assert {batch_size_for(count, 2048) for count in (5_000, 100_000, 2_000_000)} == {2048}
    assert batch_size_for(100_000, 3) == 3


@given(PATHS.filter(bool), st.integers(1, 9))
def test_a_new_photograph_changes_one_bucket_or_splits_it(paths, size):
    before, after = buckets_of(paths[1:], size), buckets_of(paths, size)
    assert len({name for name in before if after.get(name) != before[name]}) <= 1


@given(PATHS)
def test_result_names_differ_on_every_file_system(paths):
    names = without_collisions({path: f"photos/{path.replace('/', '_')}.png" for path in paths})
    folded = {
        unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())
        for name in names.values()
    }
    assert len(folded) == len(paths)


@given(
    st.lists(st.text("aA~5é/", min_size=1), unique=True),
    st.integers(0, 5),
    st.sampled_from(["", "b" * 300, "é" * 130]),
)
def test_result_names_can_lie_beside_each_other_on_any_disk(paths, spare, long):
    wished = {path: f"photos/{path}{long}.gif.png" for path in paths if "//" not in f"/{path}/"}
    names = without_collisions(wished, spare)
    files = [unicodedata.normalize("NFC", name).casefold() for name in names.values()]
    folders = {str(parent) for name in files for parent in PurePosixPath(name).parents}
    assert len(set(files)) == len(wished) and not folders & set(files)
    assert all(len(name.rpartition("/")[2].encode()) <= 255 - spare for name in names.values())
    assert all(name.endswith(".png") for name in names.values())


def test_a_result_gives_way_to_a_folder_of_its_name():
    names = without_collisions({"a": "a.jpg", "a.jpg/b.jpg": "a.jpg/b.jpg"})
    assert names["a.jpg/b.jpg"] == "a.jpg/b.jpg"
    assert re.fullmatch(r"a~[0-9a-f]{6}\.jpg", names["a"])


def test_only_a_name_that_is_too_long_is_cut_and_keeps_its_ending():
    kept, long = f"box/{'x' * 251}.png", f"box/{'é' * 125}.gif.png"
    names = without_collisions({"kept": kept, "long": long})
    assert names["kept"] == kept
    assert re.fullmatch(r"box/é{122}~[0-9a-f]{6}\.png", names["long"])


def test_the_later_of_two_colliding_names_gives_way():
    names = without_collisions({"A.jpg": "A.jpg", "a.jpg": "a.jpg"})
    assert names["A.jpg"] == "A.jpg"
    assert re.fullmatch(r"a~[0-9a-f]{6}\.jpg", names["a.jpg"])


def test_both_unicode_forms_of_a_name_collide():
    composed, decomposed = "\u00e9.jpg", "e\u0301.jpg"
    names = without_collisions({composed: composed, decomposed: decomposed})
    assert len({unicodedata.normalize("NFC", name) for name in names.values()}) == 2


def test_a_suffix_that_fits_the_format_is_kept():
    assert with_suffix("a/b.JPEG", ".jpg", {".jpg", ".jpeg"}) == "a/b.JPEG"
    assert with_suffix("a/b.gif", ".png", {".png"}) == "a/b.gif.png"
    assert with_suffix("scan", ".tif", {".tif", ".tiff"}) == "scan.tif"
