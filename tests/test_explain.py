"""The figure that explains a photograph: its steps are those of the real work."""

import os

import numpy as np
import pytest
from PIL import Image
from skimage import data

from autochrome import explain
from autochrome.explain import figure, main, marked_points
from autochrome.models import default_folders, find_model, ready_model
from autochrome.photos import explained
from tests.media import write_film


@pytest.fixture(scope="module")
def photograph(tmp_path_factory):
    path = tmp_path_factory.mktemp("explain") / "cat ü.png"
    Image.fromarray(data.chelsea()).convert("L").save(path)
    return path


@pytest.fixture(scope="module")
def model():
    planned = find_model("compact").identity() | {"precision": "fp32"}
    return ready_model(planned, default_folders().converted)


@pytest.fixture(scope="module")
def steps(photograph, model):
    return explained(photograph, model, {"saturation": 1.0})


def test_the_distribution_is_the_one_that_the_ab_come_from(steps):
    likely = steps.distribution.probabilities
    assert likely.sum(axis=2) == pytest.approx(1, abs=1e-3)
    mean = likely @ steps.distribution.bins
    # The network goes on with its mean (a bias, more chroma): what is left is almost a line.
    for axis in (0, 1):
        flat = [
            np.asarray(Image.fromarray(m[..., axis]).resize((16, 16)))
            for m in (mean, steps.predicted)
        ]
        assert np.corrcoef(flat[0].ravel(), flat[1].ravel())[0, 1] > 0.9


def test_the_result_keeps_the_luma(steps):
    luma = steps.result @ np.array([0.299, 0.587, 0.114])
    assert np.abs(luma - steps.original).max() <= 1


def test_the_marked_points_lie_in_the_picture(steps):
    points = marked_points(steps)
    assert len(points) == 3 and all(0 <= x <= 1 and 0 <= y <= 1 for x, y in points)


def test_the_figure_shows_seven_steps_and_three_points(steps, monkeypatch):
    titles = []
    monkeypatch.setattr(explain, "_sheet", lambda panels: titles.extend(p[1] for p in panels))
    figure(steps, "cat.png")
    assert [title[:2] for title in titles[:7]] == [f"{n}." for n in range(1, 8)]
    assert titles[7:] == ["What is likely at A", "What is likely at B", "What is likely at C"]


def test_it_is_written_where_it_is_asked_for(photograph, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main([str(photograph)]) == 0
    with Image.open("cat ü-explained.png") as picture:
        assert picture.width > 1000
    assert "cat ü-explained.png" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("none.png", "cannot be read: No such file or directory"),
        ("text.txt", "content is of no known format"),
        ("film.mp4", "only photographs are explained"),
        ("folder", "Name one photograph in it"),
        ("pipe.jpg", "not a file but a pipe"),
    ],
)
def test_what_cannot_be_explained_is_named(tmp_path, capsys, name, told):
    (tmp_path / "text.txt").write_text("no picture")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe.jpg")
    write_film(tmp_path / "film.mp4", seconds=0.1)
    assert main([str(tmp_path / name), "-o", str(tmp_path / "out.png")]) == 2
    said = capsys.readouterr().err
    assert told in said and said.count(str(tmp_path / name)) == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-o", "out.doc"], "Let its name end in .png or"),
        (["-o", "nowhere/out.png"], "Name another place"),
        (["--model", "nonsense"], "Use one of: compact"),
        (["--model", "eccv16"], "./colorize ARCHIVE --config model=eccv16"),
        (["--model", "siggraph17", "--temperature", "0.5"], "has no temperature"),
    ],
)
def test_a_mistake_is_told_with_the_remedy(
    photograph, tmp_path, monkeypatch, capsys, options, told
):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("AUTOCHROME_MODELS", str(tmp_path / "models"))
    assert main([str(photograph), *options]) == 2
    assert told in capsys.readouterr().err


@pytest.mark.parametrize("temperature", ["0", "-1", "11", "warm"])
def test_an_impossible_temperature_is_refused(photograph, capsys, temperature):
    with pytest.raises(SystemExit):
        main([str(photograph), "--temperature", temperature])
    assert "--temperature" in capsys.readouterr().err


def test_what_is_in_colour_already_is_told(tmp_path, capsys):
    Image.fromarray(data.coffee()).save(tmp_path / "cup.png")
    assert main([str(tmp_path / "cup.png"), "-o", str(tmp_path / "out.png")]) == 0
    assert "in colour already: a run leaves it alone" in capsys.readouterr().out
