"""Equal keys mean equal results: anything that differs, and nothing else, gives another key."""

import hashlib
import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from autochrome.archive import digest, make_key, path_digest, sha256_file

MANY = settings(max_examples=200)
SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)
NAMES = st.text("abcdefgh", min_size=1).filter(lambda name: name not in ("stage", "version"))
PARTS = st.dictionaries(NAMES, VALUES, max_size=4)


def backwards(value):
    """The same value with every dict in the opposite order."""
    if isinstance(value, dict):
        return {name: backwards(value[name]) for name in reversed(value)}
    return [backwards(each) for each in value] if isinstance(value, list) else value


@MANY
@given(PARTS)
def test_the_order_of_settings_does_not_matter(parts):
    assert make_key("photo", 1, **parts) == make_key("photo", 1, **backwards(parts))


@MANY
@given(VALUES, VALUES)
def test_different_values_have_different_digests(one, other):
    # Compared as JSON text: in Python 1 equals True and 1.0.
    assume(json.dumps(one, sort_keys=True) != json.dumps(other, sort_keys=True))
    assert digest(one) != digest(other)


@MANY
@given(PARTS, NAMES, VALUES)
def test_one_setting_more_gives_another_key(parts, name, value):
    assume(name not in parts)
    assert make_key("photo", 1, **parts) != make_key("photo", 1, **parts, **{name: value})


@MANY
@given(PARTS, st.integers(0, 99), st.integers(0, 99))
def test_another_version_gives_another_key(parts, one, other):
    assert (one == other) == (make_key("x", one, **parts) == make_key("x", other, **parts))


def test_another_stage_gives_another_key():
    assert make_key("colour", 1, source="a") != make_key("encode", 1, source="a")


@MANY
@given(st.binary(min_size=1), st.binary(min_size=1))
def test_different_names_have_different_ids_whatever_their_bytes(one, other):
    names = [raw.decode("utf-8", "surrogateescape") for raw in (one, other)]
    assert (one == other) == (path_digest(names[0]) == path_digest(names[1]))


def test_a_files_hash_is_that_of_its_bytes(tmp_path):
    data = bytes(range(256)) * 5000
    (tmp_path / "file").write_bytes(data)
    assert sha256_file(tmp_path / "file") == hashlib.sha256(data).hexdigest()


def test_keys_stay_what_they_are():
    # If this fails, every result of every archive would be made again.
    assert make_key("photo", 1, source="ab", settings={"saturation": 1.0}) == (
        "d10061beea09481714599f0778407a9eef3ce6f8d86d1a9a462216db99bee17f"
    )
