"""The protobuf text format: what is written is read, whatever its layout."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from autochrome.errors import ModelError
from autochrome.models.convert.prototxt import Message, read_prototxt

SAME_FOLDER = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12)
VALUES = (
    st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.booleans()
    | TEXTS
)
MESSAGES = st.recursive(
    st.dictionaries(NAMES, st.lists(VALUES, min_size=1, max_size=3), max_size=4),
    lambda inner: st.dictionaries(NAMES, st.lists(inner, min_size=1, max_size=2), max_size=3),
    max_leaves=8,
)
GAPS = ["", " ", "\n", "\t", " # a 'comment' { \n", " "]


def write(fields, layout):
    """The text of a message; ``layout`` is an endless choice among the forms that mean the same."""
    parts = []
    for name, values in fields.items():
        if len(values) > 1 and layout() % 4 == 0:
            parts.append(f"{name}: [{', '.join(one(value, layout) for value in values)}]")
            continue
        for value in values:
            colon = "" if isinstance(value, dict) and layout() % 2 else ":"
            gaps = GAPS[layout() % 6], GAPS[layout() % 6]
            parts.append(f"{name}{gaps[0]}{colon}{gaps[1]}{one(value, layout)}")
    return "".join(part + [" ", "\n", ", ", ";\n"][layout() % 4] for part in parts)


def one(value, layout):
    if isinstance(value, dict):
        opening, closing = "<>" if layout() % 3 == 0 else "{}"
        return f"{opening} {write(value, layout)} {closing}"
    if isinstance(value, bool):
        return [str(value), str(value).lower()][layout() % 2]
    if isinstance(value, str):
        quote = "'\""[layout() % 2]
        return quote + value.replace("\\", "\\\\").replace(quote, f"\\{quote}") + quote
    return repr(value)


def plain(message):
    return {
        name: [plain(value) if isinstance(value, Message) else value for value in values]
        for name, values in message.fields.items()
    }


def read(folder, text):
    path = folder / "net.prototxt"
    path.write_text(text, "utf-8")
    return read_prototxt(path)


@given(MESSAGES, st.randoms(use_true_random=False))
@SAME_FOLDER
def test_what_is_written_is_read_whatever_its_layout(tmp_path, fields, random):
    found = plain(read(tmp_path, write(fields, lambda: random.randrange(12))))
    # Text tells 1 from 1.0 and from true, which == does not.
    assert json.dumps(found) == json.dumps(fields)


@given(st.text(max_size=60) | st.text("ab{}<>[]:;,\"'\\#\n 19.e-", max_size=60))
@SAME_FOLDER
def test_foreign_text_gives_no_other_error(tmp_path, text):
    try:
        read(tmp_path, text)
    except ModelError as error:
        assert f"{tmp_path / 'net.prototxt'}, line " in error.fault and error.remedy


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("a: 1\nb {\n  c: 2\n", "line 4: the name of a field is expected, here stands the end"),
        ("a: 1\n}\n", "line 2: the name of a field is expected, here stands '}'"),
        ("a: 1\n\nb 2", "line 3: ':' or '{' is expected, here stands '2'"),
        ("a: 'open\nb: 1", "line 1: this is not the protobuf text format"),
        ("a: 1x", "line 1: this is not the protobuf text format"),
        (r"a: '\q'", r"the escape \\q is not known"),
        ("a: [1 2]", "',' is expected, here stands '2'"),
        ("a {" * 60, "nest more than 50 deep"),
        ("<!DOCTYPE html>", "line 1: .* here stands '<'"),
    ],
)
def test_errors_name_file_and_line(tmp_path, text, fault):
    with pytest.raises(ModelError, match=rf"net\.prototxt, .*{fault}"):
        read(tmp_path, text)


def test_a_file_that_is_not_text_is_named(tmp_path):
    (tmp_path / "net.prototxt").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ModelError, match="net.prototxt cannot be read"):
        read_prototxt(tmp_path / "net.prototxt")


def test_adjacent_texts_are_one(tmp_path):
    assert read(tmp_path, "a: 'conv' \"1_1\"").one("a", str) == "conv1_1"


def test_words_of_enumerations_are_text(tmp_path):
    assert read(tmp_path, "pool: MAX").one("pool", str) == "MAX"


def test_a_whole_number_serves_as_a_real_one(tmp_path):
    assert read(tmp_path, "eps: 1").one("eps", float) == 1.0


@pytest.mark.parametrize(
    ("name", "kind", "fault"),
    [
        ("pad", str, "'pad' is not of type str"),
        ("flag", int, "'flag' is not of type int"),
        ("twice", int, "'twice' is given twice"),
        ("none", int, "'none' is missing"),
    ],
)
def test_a_field_of_the_wrong_type_or_number_is_named(tmp_path, name, kind, fault):
    inner = read(tmp_path, "\nlayer {\n pad: 1 flag: true twice: 1 twice: 2 }").one(
        "layer", Message
    )
    with pytest.raises(ModelError, match=f"line 2: the field {fault}"):
        inner.one(name, kind)
