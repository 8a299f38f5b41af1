"""Colour is carried from key frames: chosen from the picture alone, never across a cut."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from autochrome.films.cleaning import Looker, cleaned
from autochrome.films.colour import colour_frames
from autochrome.films.cuts import Cuts
from autochrome.films.index import FilmIndex, make_index
from autochrome.films.keyframes import KeyFrames, choose_key_frames, even_levels
from autochrome.films.pixels import Picture
from autochrome.films.steady import steady_ab

from .conftest import PlainPredictor, moving_pictures, write_film

HEIGHT, WIDTH = 96, 128


class CountingPredictor(PlainPredictor):
    """Keeps what it was shown."""

    def __init__(self) -> None:
        self.seen: list[NDArray[np.float32]] = []

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return HEIGHT, WIDTH

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(lightness[0])
        return super().predict(lightness)


def index_of(path: Path, key_frames: KeyFrames = "auto") -> FilmIndex:
    make_index(str(path), str(path.with_suffix(".npz")), 1, key_frames)
    return FilmIndex.load(path.with_suffix(".npz"))


def film_of(folder: Path, frames: Sequence[NDArray[np.uint8]], name: str = "a.mkv", **ways) -> Path:
    return write_film(folder / name, frames, codec="ffv1", pixel_format="gray", **ways)


def colours(index: FilmIndex, path: Path, predictor=None) -> NDArray[np.float32]:
    """All ab maps of a film, as the encoder gets them: float32 (n, h, w, 2)."""
    predictor = predictor or CountingPredictor()
    maps = dict(colour_frames(index, str(path), 0, predictor))
    assert list(maps) == list(range(len(index)))
    return np.stack([steady_ab(index, maps, frame) for frame in maps])


def still_picture(photograph: str = "camera") -> NDArray[np.uint8]:
    picture = getattr(skimage.data, photograph)()
    picture = picture if picture.ndim == 2 else cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
    return cv2.resize(picture[:384, :512], (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)


@pytest.mark.parametrize("key_frames", ["auto", 7])
def test_chunks_cut_at_any_key_frame_have_the_same_maps_as_the_whole_film(tmp_path, key_frames):
    pictures = enumerate(moving_pictures(90, WIDTH, HEIGHT))
    frames = [picture for n, picture in pictures for _ in range(3 if n % 7 == 6 else 1)]
    path = film_of(tmp_path, frames)
    whole = index_of(path, key_frames)
    expected = dict(colour_frames(whole, str(path), 0, CountingPredictor()))
    borders = sorted({0, len(whole), *whole.shots.tolist(), *whole.colour_keys.tolist()})
    cut = replace(whole, cuts=Cuts(tuple(borders), (None,) * (len(borders) - 1)))
    found = {}
    for number in range(len(borders) - 1):
        found |= dict(colour_frames(cut, str(path), number, CountingPredictor()))
    assert list(found) == list(expected)
    assert all(np.array_equal(found[frame], expected[frame]) for frame in expected)


def test_colours_do_not_depend_on_opencvs_threads(tmp_path):
    path = film_of(tmp_path, moving_pictures(40, 320, 240))
    threads = cv2.getNumThreads()
    try:
        found = []
        for count in (1, 4):
            cv2.setNumThreads(count)
            index = index_of(path)
            found.append((index.colour_keys, colours(index, path)))
    finally:
        cv2.setNumThreads(threads)
    assert all(map(np.array_equal, *found))


def test_nothing_of_another_shot_decides_a_shots_colours(tmp_path):
    frames = moving_pictures(90, WIDTH, HEIGHT)
    others = frames[:30] + [255 - frame for frame in frames[30:60]] + frames[60:]
    found = []
    for name, pictures in (("a.mkv", frames), ("b.mkv", others)):
        path = film_of(tmp_path, pictures, name)
        index = index_of(path)
        assert list(index.shots) == [0, 30, 60]
        found.append((index.colour_keys, colours(index, path)))
    (keys, maps), (other_keys, other_maps) = found
    for shot in (slice(0, 30), slice(60, 90)):
        assert np.array_equal(maps[shot], other_maps[shot])
    assert set(keys) - set(range(30, 60)) == set(other_keys) - set(range(30, 60))


def test_every_shot_has_a_key_frame_and_calm_shots_have_few():
    shots = np.array([0, 1, 3, 100], np.int64)
    prints = np.arange(200, dtype=np.uint64)
    even = np.full((200, 2), 50, np.float32)
    keys = choose_key_frames("auto", np.zeros(200, np.float32), even, prints, shots)
    for first, stop in zip(shots, [1, 3, 100, 200], strict=True):
        assert any(first <= key < stop for key in keys)
    assert len(keys) <= 200 / 16


@pytest.mark.parametrize("what", ["motion", "fade"])
def test_motion_and_fades_get_more_key_frames(what):
    prints, shots = np.arange(100, dtype=np.uint64), np.zeros(1, np.int64)
    calm, even = np.zeros(100, np.float32), np.full((100, 2), 50, np.float32)
    few = choose_key_frames("auto", calm, even, prints, shots)
    if what == "motion":
        steps = np.where(np.arange(100) < 50, 0.2, 0).astype(np.float32)
        keys = choose_key_frames("auto", steps, even, prints, shots)
    else:
        even[:50] *= np.linspace(0.02, 1, 50, dtype=np.float32)[:, None]
        keys = choose_key_frames("auto", calm, even, prints, shots)
    assert len(keys) > len(few)
    assert np.sum(keys < 50) > 2 * np.sum(keys >= 50)


def test_every_nth_frame_from_each_shots_first():
    prints = np.arange(40, dtype=np.uint64)
    prints[10] = prints[9]
    nothing = np.zeros(40, np.float32), np.zeros((40, 2), np.float32)
    keys = choose_key_frames(5, *nothing, prints, np.array([0, 22], np.int64))
    assert list(keys) == [0, 5, 9, 15, 20, 22, 27, 32, 37]


def test_every_frame_by_itself_is_what_the_network_says(tmp_path):
    path = film_of(tmp_path, moving_pictures(12, WIDTH, HEIGHT))
    predictor = CountingPredictor()
    found = colours(index_of(path, "every"), path, predictor)
    assert len(predictor.seen) == 12
    for seen, ab in zip(predictor.seen, found, strict=True):
        assert np.array_equal(ab, np.rint(PlainPredictor().predict(seen[None])[0]))


class AsLargeAsGiven(CountingPredictor):
    """Takes a picture of any size."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return height, width


def test_the_network_sees_key_frames_as_large_as_photographs(tmp_path):
    path = film_of(tmp_path, moving_pictures(9, 640, 480))
    predictor = AsLargeAsGiven()
    found = colours(index_of(path), path, predictor)
    assert len(predictor.seen) < 9
    for seen in predictor.seen:
        assert seen.size == pytest.approx(352**2, rel=0.01)
        assert seen.shape[1] / seen.shape[0] == pytest.approx(640 / 480, rel=0.01)
    assert found[0, ..., 0].size == pytest.approx(64**2, rel=0.05)


def test_repeated_frames_are_coloured_once(tmp_path):
    pictures = moving_pictures(24, WIDTH, HEIGHT)
    path = film_of(tmp_path, [picture for picture in pictures for _ in range(3)])
    once = film_of(tmp_path, pictures, "once.mkv")
    for key_frames in ("auto", "every"):
        counted, counted_once = CountingPredictor(), CountingPredictor()
        maps = list(colour_frames(index_of(path, key_frames), str(path), 0, counted))
        list(colour_frames(index_of(once, key_frames), str(once), 0, counted_once))
        assert len(counted.seen) == len(counted_once.seen)
        for frame, ab in maps:
            assert np.array_equal(ab, maps[frame // 3 * 3][1])


def test_flicker_of_exposure_hardly_reaches_the_network(tmp_path):
    picture = still_picture().astype(np.float32)
    bright = 1 + 0.15 * np.sin(2.7 * np.arange(40))
    frames = [np.rint(picture * 0.8 * factor).astype(np.uint8) for factor in bright]
    path = film_of(tmp_path, frames)
    predictors = {wish: CountingPredictor() for wish in ("every", 2)}
    spread = {}
    for wish, predictor in predictors.items():
        list(colour_frames(index_of(path, wish), str(path), 0, predictor))
        means = [seen.mean() for seen in predictor.seen[len(predictor.seen) // 4 :][:-4]]
        spread[wish] = np.std(means)
    assert spread[2] < 0.2 * spread["every"]


def test_an_even_fade_is_no_flicker():
    levels = np.stack([np.linspace(0, 100, 60), np.linspace(0, 40, 60)], 1).astype(np.float32)
    assert np.array_equal(even_levels(levels, np.zeros(1, np.int64)), levels)


def test_grain_and_dust_are_kept_from_the_network():
    rng = np.random.default_rng(0)
    picture = cv2.GaussianBlur(still_picture(), (0, 0), 1.5)
    frames = [np.clip(picture + rng.normal(0, 5, picture.shape), 0, 255) for _ in range(5)]
    frames = [np.rint(frame).astype(np.uint8) for frame in frames]
    cv2.circle(frames[2], (64, 48), 3, 255, -1)
    index = _grey_picture()
    looker, looks = Looker(index, (HEIGHT, WIDTH)), []
    level = np.array(cv2.meanStdDev(picture), np.float32).ravel()
    for number, frame in enumerate(frames):
        looks.append(looker.look(number, frame, level, level, looks[-1] if looks else None))
    clean = cleaned(looks, 2, index) * 255
    gap, raw = np.abs(clean - picture), np.abs(frames[2].astype(float) - picture)
    assert gap.mean() < 0.65 * raw.mean()
    assert gap[45:52, 61:68].mean() < 0.3 * raw[45:52, 61:68].mean()


def _grey_picture() -> Picture:
    return Picture(WIDTH, HEIGHT, "gray", 8, True, 6, 6, 6, "", (0, 1), ())


class SquarePredictor(CountingPredictor):
    """Sees what is very bright as red and all else as green."""

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        self.seen.append(lightness[0])
        bright = cv2.resize(lightness[0], (WIDTH // 4, HEIGHT // 4), interpolation=cv2.INTER_AREA)
        return np.where(bright[..., None] > 90, (60, 40), (-40, 30)).astype(np.float32)[None]


def test_what_moves_keeps_its_colour_and_uncovered_background_has_its_own(tmp_path):
    background = (still_picture("coffee") * 0.5).astype(np.uint8)
    texture = np.clip(still_picture()[:24, :24] // 6 + 220, 0, 255).astype(np.uint8)
    frames = []
    for number in range(40):
        frame = background.copy()
        left = 8 + 2 * number
        frame[36:60, left : left + 24] = texture
        frames.append(frame)
    path = film_of(tmp_path, frames)
    predictor = SquarePredictor()
    maps = colours(index_of(path), path, predictor)
    assert len(predictor.seen) <= 10
    for number, ab in enumerate(maps):
        left = (8 + 2 * number) // 4
        inside = ab[10:14, left + 2 : left + 5]
        behind = ab[9:15, max(0, left - 8) : left - 1]
        ahead = ab[9:15, left + 8 : left + 14]
        assert np.abs(inside - (60, 40)).max() < 25
        for ground in (behind, ahead):
            if ground.size:
                assert np.abs(ground - (-40, 30)).max() < 25


def test_a_film_told_backwards_has_the_same_colours_backwards(tmp_path):
    frames = moving_pictures(30, WIDTH, HEIGHT)[:10]
    there = film_of(tmp_path, frames)
    back = film_of(tmp_path, frames[::-1], "b.mkv")
    first, second = index_of(there), index_of(back)
    one, other = colours(first, there), colours(second, back)[::-1]
    assert np.abs(one - other).mean() < 1.5
