"""Errors in the settings name the key and what is allowed."""

import copy

import pytest
import yaml

from autochrome.config import check_config
from autochrome.errors import ConfigError
from tests.conftest import REPOSITORY

DEFAULT = yaml.safe_load((REPOSITORY / "config/config.yaml").read_text())


def changed(**settings):
    config = copy.deepcopy(DEFAULT)
    for key, value in settings.items():
        group, _, name = key.rpartition("__")
        (config[group] if group else config)[name] = value
    return config


def test_the_default_settings_are_valid():
    check_config(DEFAULT)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"saturation": 3}, "saturation: 3 .* a number from 0 to 2"),
        ({"saturation": "much"}, "saturation: 'much' .* a number from 0 to 2"),
        ({"films__codec": "vp9"}, "films.codec: 'vp9' .* Allowed: .*h264, h265, av1, ffv1, prores"),
        ({"photos__batch_size": 0}, "photos.batch_size: 0 .* whole number from 1"),
        ({"films__key_frames": 1}, "films.key_frames: 1 .* auto, every, or a whole number from 2"),
        ({"films": 7}, "films: 7 .* a mapping with chunk_seconds"),
        ({"satturation": 1}, "satturation is not known. Did you mean saturation"),
        ({"films__crff": 1}, "films.crff is not known. Did you mean crf"),
    ],
)
def test_an_error_names_the_key_and_what_is_allowed(settings, message):
    with pytest.raises(ConfigError, match=message):
        check_config(changed(**settings))


def test_a_missing_setting_is_named():
    config = changed()
    del config["films"]["crf"]
    with pytest.raises(ConfigError, match="films.crf is missing"):
        check_config(config)


def test_values_that_come_as_text_become_what_they_mean():
    config = changed(
        films__crf="16.5",
        films__codec="null",
        films__depth="10",
        photos__batch_size="8",
        films__key_frames="12",
    )
    check_config(config)
    films = config["films"]
    assert (films["crf"], films["codec"], films["depth"]) == (16.5, None, 10)
    assert (config["photos"]["batch_size"], films["key_frames"]) == (8, 12)
