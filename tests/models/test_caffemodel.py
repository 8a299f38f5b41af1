"""Weights come out of a caffemodel as they went in, or with a ModelError."""

import math

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from autochrome.errors import ModelError
from autochrome.models.convert.caffemodel import read_caffemodel

from .caffe_files import blob, caffemodel, delimited, varint, whole

SAME_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
ARRAYS = hnp.arrays(np.float32, hnp.array_shapes(min_dims=1, max_dims=4, max_side=4))
WEIGHTS = st.dictionaries(
    st.text(min_size=1, max_size=9),
    st.lists(ARRAYS, min_size=1, max_size=3),
    min_size=1,
    max_size=4,
)
FORMS = st.fixed_dictionaries({"v1": st.booleans(), "double": st.booleans()})


def read(folder, content):
    path = folder / "some.caffemodel"
    path.write_bytes(content)
    return read_caffemodel(path)


def same(found, stored):
    return found.keys() == stored.keys() and all(
        np.array_equal(a, b, equal_nan=True)
        for name in stored
        for a, b in zip(found[name], stored[name], strict=True)
    )


@given(WEIGHTS, FORMS, st.booleans())
@SAME_FOLDER
def test_weights_come_out_as_they_went_in(tmp_path, weights, form, packed):
    assert same(read(tmp_path, caffemodel(weights, packed=packed, **form)), weights)


@given(WEIGHTS, FORMS)
@SAME_FOLDER
def test_blobs_of_old_files_have_four_dimensions(tmp_path, weights, form):
    four = {
        name: [values.reshape((1,) * (4 - values.ndim) + values.shape) for values in blobs]
        for name, blobs in weights.items()
    }
    assert same(read(tmp_path, caffemodel(weights, legacy=True, **form)), four)


@given(WEIGHTS, FORMS, st.data())
@SAME_FOLDER
def test_a_truncated_file_is_an_error_or_holds_the_first_layers(tmp_path, weights, form, draw):
    content = caffemodel(weights, **form)
    kept = draw.draw(st.integers(0, len(content) - 1))
    try:
        found = read(tmp_path, content[:kept])
    except ModelError as error:
        assert str(tmp_path / "some.caffemodel") in error.fault and error.remedy
    else:
        assert same(found, dict(list(weights.items())[: len(found)]))


@given(st.binary(max_size=300))
@SAME_FOLDER
def test_foreign_bytes_give_no_other_error(tmp_path, content):
    with pytest.raises(ModelError, match="some.caffemodel"):
        read(tmp_path, content)


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"\n<!DOCTYPE html><html>", "web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "Git LFS pointer"),
        (b"", "cannot be read"),
        (caffemodel({}), "no layer with weights"),
        (caffemodel({"conv": [np.ones(9)]})[:-30], "truncated"),
    ],
)
def test_what_people_got_in_place_of_weights_is_named(tmp_path, content, fault):
    with pytest.raises(ModelError, match=f"some.caffemodel .*{fault}"):
        read(tmp_path, content)


def test_a_name_as_long_as_a_letter_of_html_is_no_web_page(tmp_path):
    weights = {"conv": [np.ones(3)]}
    content = delimited(1, b"n" * ord("<")) + caffemodel(weights)
    assert content.startswith(b"\n<") and same(read(tmp_path, content), weights)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="none.caffemodel cannot be read"):
        read_caffemodel(tmp_path / "none.caffemodel")


def test_a_blob_whose_shape_does_not_hold_its_numbers_is_named_with_its_layer(tmp_path):
    wrong = delimited(7, whole(1, 3)) + blob(np.ones(2))[-10:]
    layer = delimited(1, b"conv4_2") + delimited(7, wrong)
    with pytest.raises(ModelError, match=r"'conv4_2' of shape \(3,\) holds 2 numbers"):
        read(tmp_path, delimited(100, layer))


def test_a_layer_that_comes_twice_is_an_error(tmp_path):
    twice = caffemodel({"conv": [np.ones(2)]}) * 2
    with pytest.raises(ModelError, match="two layers named 'conv'"):
        read(tmp_path, twice)


def test_a_length_beyond_all_memory_is_an_error(tmp_path):
    with pytest.raises(ModelError, match="are left"):
        read(tmp_path, varint(100 << 3 | 2) + varint(2**62) + b"x")


def test_weights_do_not_keep_the_file(tmp_path):
    stored = np.arange(math.prod((2, 3)), dtype=np.float32).reshape(2, 3)
    (found,) = read(tmp_path, caffemodel({"conv": [stored]}))["conv"]
    (tmp_path / "some.caffemodel").write_bytes(b"")
    assert found.flags.owndata or found.base.flags.owndata
    assert np.array_equal(found, stored)
