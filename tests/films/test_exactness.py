"""The luma stays, the time stays, and how the work is cut never shows."""

from fractions import Fraction

import numpy as np
import pytest

from autochrome.films.decoder import open_film
from autochrome.films.index import FilmIndex, make_index

from .conftest import decoded, moving_pictures, planes, write_film


@pytest.mark.parametrize("pixel_format", ["yuv420p", "yuv422p", "yuvj420p", "gray"])
def test_lossless_result_has_the_sources_luma(tmp_path, colour_film, pixel_format):
    codec = "ffv1" if pixel_format == "gray" else "libx264"
    source = write_film(
        tmp_path / "a.mkv", moving_pictures(12), codec=codec, pixel_format=pixel_format
    )
    coloured = colour_film(source, "mkv", codec="ffv1")
    for before, after in zip(decoded(source), decoded(coloured.result), strict=True):
        assert np.array_equal(planes(before)[0], planes(after)[0])


@pytest.mark.parametrize("codec", ["h264", "ffv1"])
def test_ten_bits_stay_ten_bits(tmp_path, colour_film, codec):
    frames = [frame.astype(np.uint16) * 4 for frame in moving_pictures(6)]
    source = write_film(tmp_path / "a.mkv", frames, codec="ffv1", pixel_format="yuv420p10le")
    result = decoded(colour_film(source, "mkv", codec=codec).result)
    assert {frame.format.name for frame in result} == {"yuv420p10le"}


def test_odd_sizes_get_full_chroma_and_the_record_says_so(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mkv", moving_pictures(5, 95, 63), codec="ffv1")
    coloured = colour_film(source, "mkv")
    assert decoded(coloured.result)[0].format.name == "yuv444p"
    assert "4:4:4" in coloured.coding.notes()["chroma"]


@pytest.mark.parametrize("key_frames", ["auto", "every", 7])
def test_chunk_length_does_not_change_what_goes_into_the_encoder(tmp_path, colour_film, key_frames):
    pictures = enumerate(moving_pictures(200))
    frames = [picture for n, picture in pictures for _ in range(2 if n % 5 == 4 else 1)]
    source = write_film(tmp_path / "a.mp4", frames, gop=4)
    ways = {"codec": "ffv1", "key_frames": key_frames}
    one = colour_film(source, "mkv", chunks=1, name="one", **ways)
    many = colour_film(source, "mkv", chunks=2, name="many", **ways)
    assert set(many.index.cuts.bounds[1:-1]) - set(many.index.shots)
    for left, right in zip(decoded(one.result), decoded(many.result), strict=True):
        assert all(map(np.array_equal, planes(left), planes(right)))


def test_two_runs_give_the_same_bytes(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mp4", moving_pictures(60), sound=True)
    first = colour_film(source, chunks=2, name="first", effort="veryfast")
    second = colour_film(source, chunks=2, name="second", effort="veryfast")
    assert first.result.read_bytes() == second.result.read_bytes()


@pytest.mark.parametrize("container", ["mp4", "mov", "mkv"])
def test_every_frame_stays_at_its_own_time(tmp_path, colour_film, container):
    times = list(np.cumsum([7 + (n * n) % 11 for n in range(30)]) + 1000)
    source = write_film(
        tmp_path / "a.mkv",
        moving_pictures(30),
        times=[int(t) for t in times],
        time_base=Fraction(1, 250),
        codec="ffv1",
    )
    coloured = colour_film(source, container)
    before, after = decoded(source), decoded(coloured.result)
    assert [f.pts * f.time_base for f in after] == [f.pts * f.time_base for f in before]
    assert coloured.verdict.checks["timestamps"] == "exact"


def test_ntsc_times_are_exact_in_mp4(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mp4", moving_pictures(40), time_base=Fraction(1001, 30000))
    result = decoded(colour_film(source).result)
    assert [f.pts * f.time_base for f in result] == [n * Fraction(1001, 30000) for n in range(40)]


def test_sound_is_copied_bit_for_bit_at_its_own_offset(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mp4", moving_pictures(40), sound=True, first_sound=4000)
    coloured = colour_film(source)
    with open_film(str(source)) as before, open_film(str(coloured.result)) as after:
        packets = [
            [(p.pts * p.time_base, bytes(p)) for p in film.container.demux(audio=0) if p.size]
            for film in (before, after)
        ]
    assert packets[0] == packets[1] and packets[0]


def test_sound_that_begins_before_the_picture_moves_nothing_in_matroska(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mp4", moving_pictures(40), sound=True, first_sound=-1024)
    coloured = colour_film(source, "mkv")
    with open_film(str(source)) as film:
        first_sound = next(film.container.demux(audio=0))
        assert first_sound.pts < 0
    assert decoded(coloured.result)[0].pts == 0


def test_cuts_fall_on_colours_key_frames_or_shot_changes_far_enough_apart(tmp_path):
    source = write_film(tmp_path / "a.mp4", moving_pictures(150))
    make_index(str(source), str(tmp_path / "i.npz"), 5)
    index = FilmIndex.load(tmp_path / "i.npz")
    cuts = index.cuts.bounds[1:-1]
    assert cuts
    assert set(cuts) <= set(index.colour_keys) | set(index.shots)
    assert min(np.diff(index.cuts.bounds)) >= 25


def test_shot_changes_are_found(tmp_path):
    source = write_film(tmp_path / "a.mp4", moving_pictures(90))
    make_index(str(source), str(tmp_path / "i.npz"), 1)
    assert list(FilmIndex.load(tmp_path / "i.npz").shots) == [0, 30, 60]


@pytest.mark.parametrize(
    ("pixel_format", "both"), [("yuv420p", 251), ("gray", 255), ("yuv420p10le", 1004)]
)
def test_of_a_negative_the_result_is_the_inverse_exactly(tmp_path, colour_film, pixel_format, both):
    pictures = [np.clip(picture, 5, 251) for picture in moving_pictures(30)]
    if "10" in pixel_format:
        pictures = [picture.astype(np.uint16) * 4 for picture in pictures]
    inverse = [both - picture for picture in pictures]
    films = []
    for name, frames in (("negative", inverse), ("positive", pictures)):
        source = tmp_path / f"{name}.mkv"
        write_film(source, frames, codec="ffv1", pixel_format=pixel_format)
        treat_as = "negative" if name == "negative" else None
        films.append(colour_film(source, "mkv", 2, name, treat_as=treat_as, codec="ffv1"))
    negative, positive = ([planes(frame) for frame in decoded(film.result)] for film in films)
    for frame, planes_of_it, other in zip(pictures, negative, positive, strict=True):
        assert np.array_equal(planes_of_it[0], frame)
        assert all(map(np.array_equal, planes_of_it, other))
    assert films[0].coding.notes()["inverted"]
