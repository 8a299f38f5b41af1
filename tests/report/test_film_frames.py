"""Frames of a film before and after: the same moment side by side."""

from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from PIL import Image
from skimage import data

from autochrome.report.film_frames import film_pairs, plays_in_browser

FRAMES = 60


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
    pairs = film_pairs(tmp_path / source, tmp_path / "results" / result, targets(tmp_path))
    assert pairs == [(n, (160, 120)) for n in range(3)]
    for before, after in targets(tmp_path):
        grey = [np.asarray(Image.open(path).convert("L"), float) for path in (before, after)]
        assert np.abs(grey[0] - grey[1]).mean() < 4


def test_moments_are_spread_over_the_film(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=True)
    film_pairs(tmp_path / "a.mp4", tmp_path / "a.mp4", targets(tmp_path))
    shown = [np.asarray(Image.open(after), float) for _, after in targets(tmp_path)]
    assert np.abs(shown[0] - shown[1]).mean() > 10 and np.abs(shown[1] - shown[2]).mean() > 10


def test_a_film_is_never_shown_beside_frames_of_another(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=False)
    write_film(tmp_path / "b.mp4", coloured=True, reverse=True)
    made = film_pairs(tmp_path / "a.mp4", tmp_path / "b.mp4", targets(tmp_path, count=1 + 1))
    assert made == []


def test_a_film_that_was_recorded_upright_is_shown_upright(tmp_path, media):
    film = media / "odd_video" / "sideways movie.mov"
    assert film_pairs(film, film, targets(tmp_path, count=1))[0][1] == (480, 640)


def test_only_what_every_browser_plays_is_offered(tmp_path):
    write_film(tmp_path / "a.mp4", coloured=True)
    write_film(tmp_path / "b.mp4", coloured=True, pix_fmt="yuv444p")
    write_film(tmp_path / "c.mkv", coloured=True, codec="ffv1")
    offered = [plays_in_browser(tmp_path / name) for name in ("a.mp4", "b.mp4", "c.mkv")]
    assert offered == [True, False, False]
