"""Compiled formulas: what a pixel gets is the formula's value, wherever the pixel lies."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from autochrome.color.formula import Formula, greater, lesser, polynomial, square_root

# More than one block, and a part of one.
ONE = np.random.default_rng(0).uniform(0.1, 1, (177, 301)).astype(np.float32)
OTHER = ONE[::-1] ** 2

power = polynomial(lambda x: x**0.8, 0.1, 1, 9)


def value_of(formula, *planes):
    result = np.full(planes[0].shape, np.nan, np.float32)
    Formula(lambda *given: [formula(*given)], [plane.dtype for plane in planes])(planes, [result])
    return result


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        (lambda x, y: x + y * 2, ONE + OTHER * 2),
        (lambda x, y: (1 - x) / y, (1 - ONE) / OTHER),
        (lambda x, y: greater(x - y, 0.2), np.maximum(ONE - OTHER, 0.2)),
        (lambda x, y: lesser(x, y), np.minimum(ONE, OTHER)),
        (lambda x, y: square_root(y), ONE[::-1]),
        (lambda x, y: power(x), ONE**0.8),
    ],
)
def test_a_formula_gives_what_it_says(formula, expected):
    assert value_of(formula, ONE, OTHER) == pytest.approx(expected, rel=2e-5, abs=2e-5)


def test_codes_are_shares_of_255():
    codes = np.arange(256, dtype=np.uint8)[None]
    assert value_of(lambda x: x + 0, codes) == pytest.approx(codes / 255, abs=1e-7)


def test_a_pixel_gets_the_same_wherever_it_lies_and_however_many_ask():
    formula = Formula(lambda x, y: [power(x) / y, x - y], [np.float32] * 2)

    def both(rows):
        results = np.empty((2, len(ONE[rows]), ONE.shape[1]), np.float32)
        formula([ONE[rows], OTHER[rows]], results)
        return results

    whole = both(slice(None))
    strips = [slice(top, top + 5) for top in range(0, len(ONE), 5)]
    with ThreadPoolExecutor(3) as pool:
        parts = list(pool.map(both, strips))
    assert np.array_equal(np.concatenate(parts, axis=1), whole)
