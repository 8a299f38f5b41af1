"""One network for several processes: it gives what it gives alone, however many ask at once."""

import threading
from concurrent.futures import ThreadPoolExecutor
from functools import partial

import numpy as np
import pytest

from autochrome.isolation import IsolatedWorker
from autochrome.models import NetworkPredictor, SharedPredictor, find_model, negativity

COMPACT = find_model("compact")


def network(threads=1, precision="bf16"):
    given, gives = COMPACT.input, COMPACT.output
    return NetworkPredictor(COMPACT.path, precision, given, gives, 0.85, threads=threads)


def colours_of(predictor, picture):
    """What a child does."""
    return predictor.device, predictor.input_size(300, 400), predictor.predict(picture)


@pytest.mark.parametrize("copies", [1, 2, 3])
def test_answers_are_those_of_the_network_alone(copies):
    rng = np.random.default_rng(1)
    pictures = [rng.uniform(0, 100, (1, 64, 96)).astype(np.float32) for _ in range(12)]
    alone = network()
    shared = SharedPredictor(network, COMPACT.input, copies=copies)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda p: shared.answer("predict", p), pictures))
    for picture, answer in zip(pictures, answers, strict=True):
        assert np.array_equal(answer, alone.predict(picture))
    with IsolatedWorker() as child:
        device, size, ab = child.call(colours_of, shared.lent, pictures[0], answer=shared.answer)
    assert (device, size) == ("cpu", alone.input_size(300, 400))
    assert np.array_equal(ab, alone.predict(pictures[0]))


def negativity_of(predictor, picture):
    return predictor.negativity(picture)


def test_a_child_is_told_how_negative_a_picture_is():
    picture = np.random.default_rng(2).integers(0, 256, (80, 120), np.uint8)
    shared = SharedPredictor(network, COMPACT.input)
    with IsolatedWorker() as child:
        told = child.call(negativity_of, shared.lent, picture, answer=shared.answer)
    assert told == negativity(picture)


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
    shared = SharedPredictor(load, COMPACT.input, copies=2)
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(partial(shared.answer, "predict"), [picture] * 2))
    assert len(loaded) == 2


def test_a_network_that_cannot_be_loaded_is_told_to_whoever_asks():
    def load():
        raise OSError("no such network")

    shared = SharedPredictor(load, COMPACT.input)
    with IsolatedWorker() as child:
        for _ in range(2):
            with pytest.raises(OSError, match="no such network"):
                picture = np.zeros((1, 32, 32), np.float32)
                child.call(colours_of, shared.lent, picture, answer=shared.answer)
