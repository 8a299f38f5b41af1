"""What the registry says of each network, and errors in plain words for a person's own."""

import os
from pathlib import Path

import pytest
import yaml

from autochrome.archive import sha256_file
from autochrome.config import check_schema, load_yaml
from autochrome.errors import ConfigError, ModelError
from autochrome.models import find_model, list_models
from autochrome.models.registry import OWN, REGISTRY, SCHEMA, verify_model
from tests.conftest import REPOSITORY

MODELS = {model.name: model for model in list_models()}
PUBLISHED = [model for model in MODELS.values() if model.files]


@pytest.fixture(autouse=True)
def models(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOCHROME_MODELS", str(tmp_path / "models"))


@pytest.fixture
def own(tmp_path):
    """Writes a models.yaml with one network, changed by keys like ``input__side``."""
    (tmp_path / "net.onnx").write_bytes(b"graph")

    def write(name="my-net", **changes):
        entry = {
            "file": "net.onnx",
            "input": {"colour": "L", "side": 256, "multiple": 32},
            "output": {"colour": "ab"},
        }
        for key, value in changes.items():
            group, _, word = key.rpartition("__")
            within = entry.setdefault(group, {}) if group else entry
            if value is None:
                del within[word]
            else:
                within[word] = value
        path = tmp_path / "models.yaml"
        path.write_text(yaml.safe_dump({name: entry}))
        return path

    return write


def test_the_projects_registry_fits_the_schema():
    check_schema(load_yaml(REGISTRY.read_text()), load_yaml(SCHEMA.read_text()), "", "")


def test_all_networks_are_there():
    assert {
        "compact",
        "zhang2016-v2",
        "zhang2016-v2-norebal",
        "zhang2016-v1",
        "eccv16",
        "siggraph17",
        "ddcolor-modelscope",
        "ddcolor-artistic",
        "ddcolor-tiny",
        "deoldify-artistic",
        "deoldify-stable",
        "deoldify-video",
    } <= set(MODELS)


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_each_network_says_what_it_is_and_under_which_licence(model):
    assert model.about
    assert model.licence


@pytest.mark.parametrize("model", PUBLISHED, ids=lambda model: model.name)
def test_each_file_has_a_place_and_only_v1_has_no_hash(model):
    assert all(file.places for file in model.files)
    assert (model.sha256 is None) == (model.name == "zhang2016-v1")


def test_what_is_converted_here_takes_lightness_and_gives_ab():
    for model in PUBLISHED:
        if model.convert is not None:
            assert (model.input.name, model.input.colour, model.input.range) == ("L", "L", (0, 100))
            assert (model.output.name, model.output.colour, model.output.scale) == ("ab", "ab", 1)


def test_the_shipped_file_for_own_networks_has_none():
    assert list_models(REGISTRY, OWN) == list_models(REGISTRY, Path("no such file"))


def test_its_example_is_a_valid_network(tmp_path):
    lines = (REPOSITORY / "config/models.yaml").read_text().splitlines()
    start = lines.index(next(line for line in lines if line.startswith("# my-network:")))
    example = "\n".join(line.removeprefix("# ") for line in lines[start:])
    (tmp_path / "models.yaml").write_text(example.replace("0123…", "a" * 64))
    model = find_model("my-network", own=tmp_path / "models.yaml")
    assert model.path == Path("/data/my-network.onnx")
    assert (model.input.range, model.input.mean, model.input.std) == ((0, 100), (50,), (100,))
    assert (model.output.scale, model.convert) == (110, "none")


def test_an_own_networks_path_is_relative_to_its_yaml_file(own, tmp_path):
    model = find_model("my-net", own=own())
    assert model.path == tmp_path / "net.onnx"
    verify_model(model)


def test_an_own_networks_hash_is_computed_and_remembered(own, tmp_path, monkeypatch):
    models = own()
    right = sha256_file(tmp_path / "net.onnx")
    assert find_model("my-net", own=models).sha256 == right
    monkeypatch.setattr("autochrome.models.stamps.sha256_file", None)
    assert find_model("my-net", own=models).sha256 == right


def test_another_file_of_the_same_name_is_another_network(own, tmp_path):
    models = own()
    before = find_model("my-net", own=models)
    (tmp_path / "net.onnx").write_bytes(b"other")
    os.utime(tmp_path / "net.onnx", ns=(1, 1))
    assert find_model("my-net", own=models).identity() != (before.identity())


@pytest.mark.parametrize("change", [{"input__range": [-50, 50]}, {"input__largest": 512}])
def test_what_is_declared_of_a_network_is_part_of_its_identity(own, change):
    before = find_model("my-net", own=own()).identity()
    assert find_model("my-net", own=own()).identity() == before
    assert find_model("my-net", own=own(**change)).identity() != before


def test_a_given_hash_is_demanded(own):
    with pytest.raises(ModelError, match="damaged or another file"):
        verify_model(find_model("my-net", own=own(sha256="0" * 64)))


def test_a_missing_own_file_is_named(own, tmp_path):
    with pytest.raises(ModelError, match=r"none.onnx is missing. Correct my-net.file in "):
        find_model("my-net", own=own(file="none.onnx"))


def test_grey_rgb_has_three_channels_from_0_to_1(own):
    models = own(input__colour="grey_rgb", input__mean=[0.485, 0.456, 0.406], input__std=0.2)
    (form,) = [model.input for model in list_models(own=models) if model.name == "my-net"]
    assert (form.range, form.mean, form.std) == ((0, 1), (0.485, 0.456, 0.406), (0.2, 0.2, 0.2))


def test_without_multiple_only_the_square_is_taken(own):
    (form,) = [m.input for m in list_models(own=own(input__multiple=None)) if m.name == "my-net"]
    assert form.multiple is None


def test_a_name_that_is_nearly_right_is_suggested():
    with pytest.raises(
        ConfigError, match="'zhang2016_v2' is not known. .* Did you mean zhang2016-v2"
    ):
        find_model("zhang2016_v2")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"input__side": "big"}, "my-net.input.side: 'big' .* Allowed: a whole number of pixels"),
        ({"input__colour": "grey"}, "my-net.input.colour: 'grey' .* Allowed: L, grey_rgb"),
        ({"input__range": [0]}, r"my-net.input.range: \[0\] .* two numbers: the values for black"),
        ({"input__std": 0}, "my-net.input.std: 0 .* a number above 0"),
        ({"input__mean": [1, 2, 3]}, "my-net.input.mean: L has one channel. Give one number"),
        ({"input__multipel": 8}, "my-net.input.multipel is not known. Did you mean multiple"),
        ({"input__side": None}, "my-net.input.side is missing. See the example"),
        ({"output": None}, "my-net.output is missing. See the example"),
        ({"output__colour": "lab"}, "my-net.output.colour: 'lab' .* Allowed: ab, rgb"),
        ({"input": "L"}, "my-net.input: 'L' .* a mapping with name, colour, side"),
        ({"sha256": "abc"}, "my-net.sha256: 'abc' .* 64 hexadecimal digits"),
        ({"file": None}, "my-net has neither file nor files, or both"),
        ({"convert": "caffe"}, "my-net.convert: only ONNX files can be used"),
        ({"name": "My net"}, "'My net' is not possible. Allowed: a name of small letters"),
        ({"name": "compact"}, "compact is the name of a network that Autochrome knows"),
    ],
)
def test_an_error_names_the_file_the_key_and_what_is_allowed(own, changes, message):
    models = own(**changes)
    with pytest.raises(ConfigError, match=f"{models}: {message}"):
        list_models(own=models)


def test_a_file_that_is_not_yaml_is_told(tmp_path):
    (tmp_path / "models.yaml").write_text("my-net: {")
    with pytest.raises(ConfigError, match="is not YAML"):
        list_models(own=tmp_path / "models.yaml")
