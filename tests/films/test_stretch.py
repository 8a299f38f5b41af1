"""A stretch out of the middle of a film: its own frames, as a film of its own."""

from fractions import Fraction

import av
import numpy as np
import pytest

from autochrome.errors import ItemError
from autochrome.films.cuts import prove_start, read_safely
from autochrome.films.decoder import fingerprint
from autochrome.films.index import FilmIndex, make_index

from .conftest import moving_pictures, write_film


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("stretch") / "a.mp4"
    return write_film(path, moving_pictures(250), sound=True)


def index_of(source, folder, seconds=None):
    make_index(str(source), str(folder / "index.npz"), 1, seconds=seconds)
    return FilmIndex.load(folder / "index.npz")


def test_it_holds_the_films_own_frames_from_around_the_middle(tmp_path, source):
    whole = index_of(source, tmp_path)
    part = index_of(source, tmp_path, 2)
    begin = int(np.flatnonzero(whole.raw_pts == part.raw_pts[0])[0])
    assert 0 < begin < 125 < begin + len(part) and len(part) == 50
    assert np.array_equal(part.prints, whole.prints[begin : begin + len(part)])
    assert part.pts[0] == 0 and part.facts["packets"] == len(part)
    assert part.facts["stretch"] == [begin / 25, 2]


def test_its_frames_are_read_again_by_a_seek(tmp_path, source):
    part = index_of(source, tmp_path, 2)
    read = [fingerprint(luma) for _, luma, _ in read_safely(part, str(source), 0)]
    assert read == list(part.prints)


def test_a_film_that_is_shorter_is_taken_whole(tmp_path, source):
    assert len(index_of(source, tmp_path, 60)) == 250


def test_a_start_that_gives_other_frames_is_refused(tmp_path, source):
    part = index_of(source, tmp_path, 2)
    with pytest.raises(ItemError, match="no preview"):
        prove_start(part, str(source), int(part.raw_pts[-1]) + 10000)


def test_the_result_begins_at_0_and_has_no_sound(tmp_path, source, colour_film):
    coloured = colour_film(source, seconds=2)
    with av.open(str(coloured.result)) as film:
        assert not film.streams.audio
        times = [f.pts * f.time_base for f in film.decode(video=0)]
    assert times == [n * Fraction(1, 25) for n in range(50)]
    assert coloured.verdict.luma_error == 0


def test_of_a_bare_stream_the_first_frames_are_taken(tmp_path):
    source = write_film(tmp_path / "a.h264", moving_pictures(60))
    assert len(index_of(source, tmp_path, 1)) == 25
