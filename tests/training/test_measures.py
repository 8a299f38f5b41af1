import numpy as np
import pytest

from training.measures import auc, colorfulness, rarity_grid


@pytest.mark.parametrize("distance", [0, 30, 120])
def test_auc_of_a_constant_error_is_the_share_of_thresholds_above_it(distance: int):
    truths = [np.zeros((4, 4, 2), np.float32)]
    guesses = [truths[0] + np.float32([distance, 0])]
    plain, rebalanced = auc(guesses, truths, rarity_grid(truths))
    assert plain == pytest.approx(100 * (150 - distance + 0.5 * (distance > 0)) / 150)
    assert rebalanced == pytest.approx(plain)


def test_rebalanced_auc_punishes_a_missed_rare_colour_more():
    truth = np.zeros((10, 10, 2), np.float32)
    truth[0, 0] = [60, 40]
    plain, rebalanced = auc([np.zeros_like(truth)], [truth], rarity_grid([truth]))
    assert plain > 99
    assert rebalanced == pytest.approx(75, abs=2)


def test_a_grey_picture_has_no_colorfulness():
    assert colorfulness(np.full((4, 4, 3), 90, np.uint8)) == 0
