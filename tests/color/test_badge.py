"""The visible mark: where it lies, whatever the strips and the orientation."""

import numpy as np
import pytest

from autochrome.color import lay_badge, luma_from_rgb, rgb_from_luma_ab
from autochrome.photos.picture import upright

HEIGHT, WIDTH = 120, 200


def badge(orientation=1, height=HEIGHT, width=WIDTH, aspect=1.0):
    ab = np.zeros((height, width, 2), np.float32)
    lay_badge(ab, height, 0, orientation, aspect)
    return ab


def place(ab):
    """Top, bottom, left and right of what is drawn, as shares of the whole."""
    rows, columns = np.nonzero(ab.any(axis=2))
    edges = rows.min(), rows.max() + 1, columns.min(), columns.max() + 1
    return np.array(edges) / np.repeat(ab.shape[:2], 2)


def test_it_is_small_and_at_lower_right():
    top, bottom, left, right = place(badge())
    assert 0.9 < top < bottom < 1 and 0.85 < left < right < 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_person_sees_the_same_in_every_orientation(orientation):
    swapped = orientation >= 5
    stored = badge(orientation, *((WIDTH, HEIGHT) if swapped else (HEIGHT, WIDTH)))
    np.testing.assert_array_equal(upright(stored, orientation), badge())


@pytest.mark.parametrize("step", [1, 7, 50])
def test_strips_are_as_the_whole(step):
    strips = np.zeros((HEIGHT, WIDTH, 2), np.float32)
    for top in range(0, HEIGHT, step):
        lay_badge(strips[top : top + step], HEIGHT, top)
    np.testing.assert_array_equal(strips, badge())


def test_samples_that_are_not_square_give_the_same_shape():
    wide = place(badge(width=WIDTH // 2, aspect=2.0))
    np.testing.assert_allclose(wide, place(badge()), atol=2 / WIDTH)


def test_three_colours_are_seen_on_mid_tones_and_the_luma_stays():
    luma = np.full((HEIGHT, WIDTH), 128, np.uint8)
    rgb = rgb_from_luma_ab(luma, badge())
    assert np.abs(luma_from_rgb(rgb).astype(int) - luma).max() <= 1
    drawn = rgb[badge().any(axis=2)]
    for channel in range(3):
        others = np.delete(drawn, channel, axis=1).max(axis=1)
        assert (drawn[:, channel].astype(int) - others).max() > 25
    assert (rgb[:100] == 128).all()


def test_a_tiny_picture_has_room_for_what_fits():
    tiny = np.zeros((2, 3, 2), np.float32)
    lay_badge(tiny, 2)
    assert np.isfinite(tiny).all()
