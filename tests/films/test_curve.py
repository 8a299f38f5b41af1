"""The curve of a film shows where its colours jump, and not where it is cut."""

from fractions import Fraction
from types import SimpleNamespace

import av
import numpy as np
import pytest
from skimage import data

from autochrome.films.curve import Curve

RATE = 25


def curve_of(frames, shots=(0,)):
    """The curve of frames uint8 (H, W, 3), with shots beginning at these."""
    curve = Curve()
    for rgb in frames:
        curve.add(av.VideoFrame.from_ndarray(rgb, format="rgb24"))
    return curve.told(
        SimpleNamespace(
            shots=np.array(shots),
            pts=np.arange(len(frames)) + 7,
            durations=np.ones(len(frames), int),
            time_base=Fraction(1, RATE),
        )
    )


def tinted(share):
    """A photograph with ``share`` of its colour."""
    rgb = data.astronaut()[:128, :192].astype(float)
    return np.rint(rgb.mean(axis=2, keepdims=True) * (1 - share) + rgb * share).astype(np.uint8)


def test_a_jump_of_colour_inside_a_shot_stands_out():
    curve = curve_of([tinted(0.2)] * 10 + [tinted(0.9)] * 10)
    motion = curve["motion"]
    assert int(np.argmax(motion)) == 10 and motion[10] > 3
    assert max(motion[:10] + motion[11:]) == 0
    assert curve["colorfulness"][0] < curve["colorfulness"][-1]


def test_a_cut_is_no_motion():
    curve = curve_of([tinted(0.2)] * 10 + [tinted(0.9)] * 10, shots=(0, 10))
    assert max(curve["motion"]) == 0 and curve["cuts"] == [0.0, 0.4]


def test_a_grey_film_has_a_flat_curve():
    curve = curve_of([tinted(0.0)] * 3)
    assert max(curve["colorfulness"]) == 0 == max(curve["motion"])


def test_a_long_film_keeps_its_worst_moment_in_few_points():
    frames = [tinted(0.2)] * 1000
    frames[700] = tinted(0.9)
    curve = curve_of(frames)
    assert len(curve["times"]) == 400 and curve["length"] == [40.0]
    assert curve["times"][int(np.argmax(curve["motion"]))] == pytest.approx(700 / RATE, abs=0.1)
