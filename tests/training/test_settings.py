from pathlib import Path

import pytest
import yaml

from training.settings import SettingsError, load_settings

from .conftest import CONFIG


def test_the_config_of_the_repository_is_valid():
    assert load_settings(CONFIG).train.stages


def test_an_unknown_key_is_named_with_the_known_ones(tmp_path: Path):
    raw = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    raw["data"]["short_sied"] = raw["data"].pop("short_side")
    wrong = tmp_path / "config.yaml"
    wrong.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(SettingsError, match="data: unknown key short_sied; known are.*short_side"):
        load_settings(wrong)


@pytest.mark.parametrize("length", [{}, {"steps": 5, "minutes": 5}])
def test_a_stage_has_either_steps_or_minutes(tmp_path: Path, length: dict[str, int]):
    raw = yaml.safe_load(CONFIG.read_text(encoding="utf-8"))
    stage = raw["train"]["stages"][0]
    del stage["steps"]
    stage |= length
    wrong = tmp_path / "config.yaml"
    wrong.write_text(yaml.safe_dump(raw), encoding="utf-8")
    with pytest.raises(SettingsError, match="either `steps` or `minutes`"):
        load_settings(wrong)
