"""One network for several processes: it gives what it gives alone, however many ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from autochrome.models import NetworkPredictor, SharedPredictor, find_model

COMPACT = find_model("compact")


def network(threads=1, precision="bf16"):
    given, gives = COMPACT.input, COMPACT.output
    return NetworkPredictor(COMPACT.path, precision, given, gives, 0.85, threads=threads)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_answers_are_those_of_the_network_alone(copies):
    rng = np.random.default_rng(1)
    pictures = [rng.uniform(0, 100, (1, 64, 96)).astype(np.float32) for _ in range(12)]
    alone = network()
    with SharedPredictor(network, COMPACT.input, copies=copies) as shared:
        # The children's connection is one a process, so here the owner's part is asked.
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda p: shared._answer("predict", (p,)), pictures))
        lent = shared.lent()
        assert lent.device == "cpu"
        assert lent.input_size(300, 400) == alone.input_size(300, 400)
        assert np.array_equal(lent.predict(pictures[0]), alone.predict(pictures[0]))
    for picture, (went_well, answer) in zip(pictures, answers, strict=True):
        assert went_well
        assert np.array_equal(answer, alone.predict(picture))


class Slow:
    """A predictor that tells how many are asked at once, and waits for that."""

    device = "cpu"
    asked = 0
    both = threading.Event()

    def input_size(self, height, width):
        return 32, 32

    def predict(self, lightness):
        Slow.asked += 1
        if Slow.asked == 2:
            Slow.both.set()
        assert Slow.both.wait(20)
        return lightness


def test_another_copy_is_loaded_when_two_ask_at_once():
    loaded = []
    picture = np.zeros((1, 32, 32), np.float32)
    load = lambda: loaded.append(Slow()) or loaded[-1]  # noqa: E731
    with SharedPredictor(load, COMPACT.input, copies=2) as shared:
        with ThreadPoolExecutor(2) as pool:
            ask_once = partial(shared._answer, "predict", (picture,))
            assert [pool.submit(ask_once) for _ in range(2)][1].result()[0]
        assert len(loaded) == 2


def test_a_network_that_cannot_be_loaded_is_told_to_whoever_asks():
    def load():
        raise OSError("no such network")

    with SharedPredictor(load, COMPACT.input) as shared:
        for _ in range(2):
            with pytest.raises(OSError, match="no such network"):
                shared.lent().predict(np.zeros((1, 32, 32), np.float32))
