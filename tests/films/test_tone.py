"""What is in colour keeps it, what is of one tone counts as black and white; one word a shot."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from autochrome.films.colour import colour_frames
from autochrome.films.decoder import decode, open_film
from autochrome.films.index import FilmIndex, make_index
from autochrome.films.tone import COLOUR, COLOUR_SPREAD, GREY, TINTED, ToneMeter

from .conftest import PlainPredictor, decoded, moving_pictures, planes

SEPIA = np.float32([1.0, 0.82, 0.6])


def in_colour(count: int, width: int = 96, height: int = 64) -> list[NDArray[np.uint8]]:
    """A pan over a colour photograph: uint8 (height, width, 3), RGB."""
    picture = skimage.data.coffee()
    views = [picture[100 : 100 + 3 * height, n : n + 3 * width] for n in range(count)]
    return [cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA) for view in views]


def in_grey(count: int, tint: NDArray[np.float32] | None = None) -> list[NDArray[np.uint8]]:
    """Grey pictures as RGB, perhaps tinted."""
    tint = np.float32([1, 1, 1]) if tint is None else tint
    greys = moving_pictures(3 * count)[-count:]
    return [np.rint(grey[..., None] * tint).astype(np.uint8) for grey in greys]


def with_noise(frames: Sequence[NDArray[np.uint8]], codes: float) -> list[NDArray[np.uint8]]:
    """Noise of tape: chroma that differs from line to line and from frame to frame."""
    random = np.random.default_rng(7)
    noisy = []
    for rgb in frames:
        ycc = cv2.cvtColor(rgb, cv2.COLOR_RGB2YCrCb).astype(np.float32)
        lines = random.normal(0, codes, (rgb.shape[0], rgb.shape[1] // 8, 2))
        ycc[..., 1:] += np.repeat(lines, 8, axis=1)
        codes_ = np.clip(np.rint(ycc), 0, 255).astype(np.uint8)
        noisy.append(cv2.cvtColor(codes_, cv2.COLOR_YCrCb2RGB))
    return noisy


def write_rgb(
    path: Path, frames: Sequence[NDArray[np.uint8]], pixel_format: str = "yuv420p"
) -> Path:
    with av.open(str(path), "w") as file:
        stream = file.add_stream("ffv1", rate=Fraction(25))
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pixel_format
        for rgb in frames:
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24")
            file.mux(stream.encode(frame.reformat(format=pixel_format)))
        file.mux(stream.encode(None))
    return path


def index_of(source: Path, chunks: int = 1) -> FilmIndex:
    target = source.with_suffix(".npz")
    make_index(str(source), str(target), chunks)
    return FilmIndex.load(target)


@pytest.mark.parametrize(
    ("frames", "tone"),
    [
        (in_grey(20), GREY),
        (in_grey(20, SEPIA), TINTED),
        (in_colour(20), COLOUR),
        (with_noise(in_grey(20), 12), GREY),
    ],
    ids=["grey", "sepia", "colour", "noise"],
)
def test_a_shot_is_grey_tinted_or_in_colour(tmp_path, frames, tone):
    assert index_of(write_rgb(tmp_path / "a.mkv", frames)).tones.tolist() == [tone]


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv410p", "yuv422p10le", "yuva444p", "bgr0"])
def test_the_figure_does_not_hang_on_the_pixel_format(tmp_path, pixel_format):
    plain, other = (
        index_of(write_rgb(tmp_path / f"{name}.mkv", in_colour(10), name))
        for name in ("yuv444p", pixel_format)
    )
    assert other.facts["colour_spread"] == pytest.approx(plain.facts["colour_spread"], rel=0.3)


def test_packed_and_grey_frames_are_measured_too():
    meter = ToneMeter()
    frame = av.VideoFrame.from_ndarray(in_colour(1)[0], format="rgb24")
    for pixel_format in ("nv12", "yuyv422", "gray"):
        meter.look(frame.reformat(format=pixel_format))
    assert [figure >= COLOUR_SPREAD for figure in meter.spreads] == [True, True, False]


def test_one_word_holds_for_a_whole_shot(tmp_path):
    mixed = in_grey(30)
    mixed[10:13] = in_colour(13)[10:]
    index = index_of(write_rgb(tmp_path / "a.mkv", mixed))
    words = [index.keeps_colour(frame, keep_tints=False) for frame in range(len(index))]
    for first, stop in zip(index.shots, [*index.shots[1:], len(index)], strict=True):
        assert len(set(words[first:stop])) == 1


def test_colour_that_begins_without_a_cut_is_found_to_the_frame(tmp_path):
    colour = in_colour(60)
    greys = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in colour]
    turned = [np.dstack([grey] * 3) for grey in greys[:37]] + colour[37:60]
    index = index_of(write_rgb(tmp_path / "a.mkv", turned + in_grey(40)))
    assert 37 in index.shots
    kept = [index.keeps_colour(frame, keep_tints=False) for frame in range(100)]
    assert kept == [False] * 37 + [True] * 23 + [False] * 40


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuv420p10le"])
def test_a_stretch_in_colour_keeps_its_own_colours(tmp_path, colour_film, pixel_format):
    frames = in_grey(40) + in_colour(30) + in_grey(40)
    source = write_rgb(tmp_path / "a.mkv", frames, pixel_format)
    coloured = colour_film(source, "mkv", chunks=3, codec="ffv1")
    before, after = decoded(source), decoded(coloured.result)
    for number in (40, 55, 69):
        wanted, found = planes(before[number]), planes(after[number])
        if pixel_format == "yuv422p":
            means = [plane.reshape(-1, 2, plane.shape[1]).mean(axis=1) for plane in wanted[1:]]
            gaps = [np.abs(a - b).max() for a, b in zip(means, found[1:], strict=True)]
            assert max(gaps) <= 0.5
        else:
            assert all(map(np.array_equal, wanted, found))
    assert planes(after[20])[1].std() > 1


def test_a_stretch_in_colour_comes_through_an_rgb_film(tmp_path, colour_film):
    source = write_rgb(tmp_path / "a.mkv", in_grey(30) + in_colour(20), "bgr0")
    after = decoded(colour_film(source, "mkv", codec="ffv1").result)
    wanted = av.VideoFrame.from_ndarray(in_colour(20)[10], format="rgb24")
    wanted = planes(wanted.reformat(format="yuv420p", dst_color_range=2))
    for one, other in zip(wanted[1:], planes(after[40])[1:], strict=True):
        assert np.abs(one.astype(int) - other).mean() < 2


def test_the_network_is_not_asked_for_what_is_in_colour(tmp_path):
    class Counting(PlainPredictor):
        asked = 0

        def predict(self, lightness):
            self.asked += 1
            return super().predict(lightness)

    source = write_rgb(tmp_path / "a.mkv", in_grey(12) + in_colour(10))
    index, predictor = index_of(source), Counting()
    assert len(list(colour_frames(index, str(source), 0, predictor))) == 22
    assert 0 < predictor.asked <= 12


@pytest.mark.parametrize(("tint", "kept"), [("drop", False), ("keep", True)])
def test_a_tint_is_dropped_or_kept(tmp_path, colour_film, tint, kept):
    source = write_rgb(tmp_path / "a.mkv", in_grey(30) + in_grey(30, SEPIA))
    coloured = colour_film(source, "mkv", codec="ffv1", tint=tint)
    assert coloured.index.tones.tolist() == [GREY, TINTED]
    before, after = (planes(decoded(path)[45]) for path in (source, coloured.result))
    assert np.array_equal(before[0], after[0])
    assert np.array_equal(before[1], after[1]) == kept


def test_a_film_tinted_throughout_is_left_as_it_is_where_tints_are_kept(tmp_path):
    index = index_of(write_rgb(tmp_path / "a.mkv", in_grey(20, SEPIA)))
    assert index.stays_as_it_is(keep_tints=True) and not index.stays_as_it_is(keep_tints=False)


def test_films_in_colour_are_known_and_others_are_not_taken_for_it(media):
    wrong = []
    for folder, expected in (("color_video", True), ("bw_video", False)):
        for path in sorted((media / folder).rglob("*.*")):
            if not path.is_file():
                continue
            meter = ToneMeter()
            with open_film(str(path)) as film:
                for number, frame in enumerate(decode(film)):
                    if number >= 200:
                        break
                    meter.look(frame)
            if (np.mean(np.array(meter.spreads) >= COLOUR_SPREAD) >= 0.5) != expected:
                wrong.append(path.name)
    assert wrong == []
