"""Frames of a film before and after: the same moment side by side."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from autochrome.report.film_frames import film_pairs, moments, plays_in_browser

FRAMES = 60
PARTS = [1 / 6, 3 / 6, 5 / 6]


def write_film(path, coloured, reverse=False, pix_fmt="yuv420p", codec="libx264"):
    """A slow pan over a photograph, 25 frames a second, with B-frames and one key frame in 30."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 160, 120, pix_fmt
        stream.options = {"g": "30", "preset": "veryfast"} if codec == "libx264" else {}
        for number in range(FRAMES):
            step = FRAMES - 1 - number if reverse else number
            view = np.ascontiguousarray(data.astronaut()[4 * step : 4 * step + 240, 100:420])
            view = cv2.resize(view, (160, 120), interpolation=cv2.INTER_AREA)
            if not coloured:
                view = np.repeat(cv2.cvtColor(view, cv2.COLOR_RGB2GRAY)[..., None], 3, 2)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(view, "rgb24")))
        container.mux(stream.encode(None))


def targets(folder, count=3):
    return [(folder / f"{n}-before.jpg", folder / f"{n}-after.jpg") for n in range(count)]


@pytest.mark.parametrize(("source", "result"), [("a.mp4", "a.mp4"), ("a.avi", "a.avi.mkv")])
def test_each_pair_is_the_same_moment(tmp_path, source, result):
    (tmp_path / "results").mkdir()
    write_film(tmp_path / source, coloured=False)
    write_film(tmp_path / "results" / result, coloured=True)
    pairs = film_pairs(tmp_path / source, tmp_path / "results" / result, PARTS, targets(tmp_path))
    assert pairs == [(n, (160, 120)) for n in range(3)]
    for before, after in targets(tmp_path):
        grey = [np.asarray(Image.open(path).convert("L"), float) for path in (before, after)]
        assert np.abs(grey[0] - grey[1]).mean() < 4


def test_moments_are_spread_over_the_film(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=True)
    film_pairs(tmp_path / "a.mp4", tmp_path / "a.mp4", PARTS, targets(tmp_path))
    shown = [np.asarray(Image.open(after), float) for _, after in targets(tmp_path)]
    assert np.abs(shown[0] - shown[1]).mean() > 10 and np.abs(shown[1] - shown[2]).mean() > 10


def test_a_film_is_never_shown_beside_frames_of_another(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=False)
    write_film(tmp_path / "b.mp4", coloured=True, reverse=True)
    made = film_pairs(
        tmp_path / "a.mp4", tmp_path / "b.mp4", [0.25, 0.75], targets(tmp_path, count=2)
    )
    assert made == []


def test_a_film_that_was_recorded_upright_is_shown_upright(tmp_path, media):
    film = media / "odd_video" / "sideways movie.mov"
    assert film_pairs(film, film, [0.5], targets(tmp_path, count=1))[0][1] == (480, 640)


def test_only_what_every_browser_plays_is_offered(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=True)
    write_film(tmp_path / "b.mp4", coloured=True, pix_fmt="yuv444p")
    write_film(tmp_path / "c.mkv", coloured=True, codec="ffv1")
    offered = [plays_in_browser(tmp_path / name) for name in ("a.mp4", "b.mp4", "c.mkv")]
    assert offered == [True, False, False]


def test_frames_are_shown_from_the_beginning_of_every_shot_of_a_film_with_few():
    curve = {"cuts": [0.0, 2.0, 6.0], "length": [8.0]}
    assert moments(curve) == pytest.approx([0.2 / 8, 2.2 / 8, 6.2 / 8])


def test_of_many_shots_some_are_shown_from_first_to_last():
    parts = moments({"cuts": [float(n) for n in range(500)], "length": [500.0]})
    assert len(parts) == 12 and parts[0] == 0.2 / 500 and parts[-1] == 499.2 / 500


def test_without_shots_frames_are_spread_evenly():
    assert moments(None) == [0.125, 0.375, 0.625, 0.875]
