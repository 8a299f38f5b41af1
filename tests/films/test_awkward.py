"""Films that are not as their headers, their names or common sense have them."""

import struct
from dataclasses import replace
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest

from autochrome.errors import ItemError
from autochrome.films import probe_film
from autochrome.films.colour import colour_frames
from autochrome.films.cuts import Cuts, read_safely
from autochrome.films.decoder import fingerprint, open_film
from autochrome.films.index import FilmIndex, make_index

from .conftest import PlainPredictor, decoded, moving_pictures, planes, write_film
from .test_streams import remux


def index_of(source, chunks=1) -> FilmIndex:
    target = source.with_suffix(".npz")
    make_index(str(source), str(target), chunks)
    return FilmIndex.load(target)


def test_a_film_of_one_frame_comes_through(tmp_path, colour_film):
    coloured = colour_film(write_film(tmp_path / "a.mp4", moving_pictures(1)))
    assert len(decoded(coloured.result)) == 1


@pytest.mark.parametrize("size", [(2, 2), (16, 2), (1, 64), (64, 1), (33, 47)])
def test_very_small_and_narrow_films_come_through(tmp_path, colour_film, size):
    frames = [cv2.resize(frame, size) for frame in moving_pictures(4)]
    source = write_film(tmp_path / "a.nut", frames, codec="rawvideo", pixel_format="gray")
    result = decoded(colour_film(source, "mkv").result)
    assert [(frame.width, frame.height) for frame in result] == [size] * 4


@pytest.mark.parametrize("rate", [Fraction(1000), Fraction(1, 60)])
def test_very_fast_and_very_slow_films_keep_their_times(tmp_path, colour_film, rate):
    source = write_film(tmp_path / "a.mp4", moving_pictures(5), time_base=1 / rate)
    times = [frame.pts * frame.time_base for frame in decoded(colour_film(source).result)]
    assert times == [frame.pts * frame.time_base for frame in decoded(source)]


def test_a_header_that_lies_about_the_duration_changes_nothing(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mkv", moving_pictures(60))
    data = source.read_bytes()
    at = data.index(b"\x44\x89\x88") + 3
    source.write_bytes(data[:at] + struct.pack(">d", 143_165_000.0) + data[at + 8 :])
    assert probe_film(str(source)).duration_seconds > 100_000
    coloured = colour_film(source, "mkv", chunks=4)
    assert coloured.verdict.frames == 60
    assert coloured.index.facts["promised_seconds"] > 100_000


def test_a_film_without_a_duration_is_planned_and_indexed(tmp_path):
    plain = write_film(tmp_path / "a.mkv", moving_pictures(40))
    piped = tmp_path / "b.mkv"

    class Pipe:
        def __init__(self):
            self.file = piped.open("wb")

        def write(self, data):
            return self.file.write(data)

    pipe = Pipe()
    with av.open(str(plain)) as film, av.open(pipe, "w", format="matroska") as output:
        copy = output.add_stream_from_template(film.streams.video[0], opaque=True)
        for packet in film.demux():
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    pipe.file.close()
    header = probe_film(str(piped))
    assert header.duration_seconds is None and header.bit_rate
    assert len(index_of(piped, 3)) == 40


def test_pictures_before_the_first_key_frame_move_nothing(tmp_path, colour_film):
    source = write_film(tmp_path / "a.ts", moving_pictures(60), gop=24)
    with open_film(str(source)) as film:
        packets = [p for p in film.container.demux(film.stream) if p.size]
    cut = packets[7].pos // 188 * 188
    source.write_bytes(source.read_bytes()[cut:])
    coloured = colour_film(source, "ts")
    before = decoded(source)
    assert 0 < len(before) < 60 and coloured.verdict.frames == len(coloured.index)
    prints = set(coloured.index.prints.tolist())
    assert all(fingerprint(planes(frame)[0]) in prints for frame in before)


def test_the_best_of_several_videos_is_coloured_and_the_others_are_copied(tmp_path, colour_film):
    small = write_film(tmp_path / "s.mkv", moving_pictures(10, 48, 32))
    large = write_film(tmp_path / "l.mkv", moving_pictures(10))
    source = tmp_path / "a.mkv"
    with (
        av.open(str(small)) as one, av.open(str(large)) as two, av.open(str(source), "w") as output
    ):  # fmt: skip
        copies = [
            output.add_stream_from_template(f.streams.video[0], opaque=True) for f in (one, two)
        ]
        for copy in copies:
            copy.disposition = av.stream.Disposition(0)
        for film, copy in zip((one, two), copies, strict=True):
            for packet in film.demux():
                if packet.size:
                    packet.stream = copy
                    output.mux(packet)
    coloured = colour_film(source, "mkv")
    assert (coloured.index.picture.width, len(coloured.joined.copies)) == (96, 1)
    with av.open(str(coloured.result)) as film:
        assert sorted(stream.width for stream in film.streams.video) == [48, 96]


def test_only_sound_is_no_film(tmp_path):
    plain = write_film(tmp_path / "a.mp4", moving_pictures(20), sound=True)
    source = tmp_path / "b.m4v"
    with av.open(str(plain)) as film, av.open(str(source), "w", format="mp4") as output:
        copy = output.add_stream_from_template(film.streams.audio[0], opaque=True)
        for packet in film.demux(film.streams.audio[0]):
            if packet.size:
                packet.stream = copy
                output.mux(packet)
    with pytest.raises(ItemError, match="no video stream"):
        probe_film(str(source))


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (b"", "empty"),
        (b"a text, renamed\n" * 400, "cannot read"),
        (b"\x00\x00\x00\x20ftypisom", "truncated"),
    ],
)
def test_what_is_no_film_is_named(tmp_path, content, fault):
    source = tmp_path / "a.mp4"
    source.write_bytes(content)
    with pytest.raises(ItemError, match=fault) as caught:
        probe_film(str(source))
    assert caught.value.remedy


def test_a_start_that_tells_another_story_is_not_believed(tmp_path):
    source = write_film(tmp_path / "a.mp4", moving_pictures(90), gop=15)
    index = index_of(source, 3)
    assert len(index.cuts.starts) == 3
    wrong = replace(index, cuts=Cuts(index.cuts.bounds, (None, 0, int(index.pts[-1]))))
    for number in range(3):
        read = [
            (frame, fingerprint(luma)) for frame, luma, _ in read_safely(wrong, str(source), number)
        ]
        assert [frame for frame, _ in read] == list(index.chunk(number))
        assert all(index.prints[frame] == seen for frame, seen in read)


def test_every_start_of_a_film_that_cannot_be_sought_in_tells_the_truth(media, tmp_path):
    source = media / "color_video/imageio_cockatoo.mp4"
    grey = tmp_path / "a.mp4"
    grey.write_bytes(source.read_bytes())
    from autochrome.films import tone

    before, tone.COLOUR_SPREAD = tone.COLOUR_SPREAD, 1000.0
    try:
        index = index_of(grey, 4)
    finally:
        tone.COLOUR_SPREAD = before
    seen = [frame for number in range(4) for frame, *_ in read_safely(index, str(grey), number)]
    assert seen == list(range(len(index)))


def test_frames_that_repeat_are_coloured_once_and_stay(tmp_path, colour_film):
    class Counting(PlainPredictor):
        asked = 0

        def predict(self, lightness):
            self.asked += 1
            return super().predict(lightness)

    twice = [frame for frame in moving_pictures(8) for _ in range(3)]
    source = write_film(tmp_path / "a.mkv", twice, codec="ffv1")
    index, predictor = index_of(source), Counting()
    assert len(list(colour_frames(index, str(source), 0, predictor))) == 24
    assert predictor.asked <= 8
    assert colour_film(source, "mkv").verdict.frames == 24


@pytest.mark.parametrize("degrees", [90, 180, -90, 30])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_or_mirrored_film_is_shown_as_before(tmp_path, colour_film, degrees, mirrored):
    plain = write_film(tmp_path / "a.mp4", moving_pictures(5, 95, 63), pixel_format="yuv444p")

    def turn(_, copies):
        angle = np.deg2rad(degrees)
        flip = -1 if mirrored else 1
        matrix = [flip * np.cos(angle), np.sin(angle), 0, -flip * np.sin(angle), np.cos(angle), 0]
        fixed = [round(65536 * value) for value in matrix] + [0, 0, 1 << 30]
        copies[0].set_display_matrix(fixed)

    source = remux(plain, tmp_path / "b.mp4", turn)
    coloured = colour_film(source)
    assert "picture_not_kept" not in coloured.verdict.checks
    matrices = []
    for path in (source, coloured.result):
        (data,) = [d for d in decoded(path)[0].side_data if d.type.name == "DISPLAYMATRIX"]
        matrices.append(bytes(data))
    assert matrices[0] == matrices[1]


@pytest.mark.parametrize("pixel_format", ["yuva420p", "ya8", "bgra"])
def test_alpha_is_dropped_with_a_note(tmp_path, colour_film, pixel_format):
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as file:
        stream = file.add_stream("ffv1", rate=Fraction(25))
        stream.width, stream.height, stream.pix_fmt = 96, 64, pixel_format
        for luma in moving_pictures(4):
            grey = av.VideoFrame.from_ndarray(luma, format="gray")
            file.mux(stream.encode(grey.reformat(format=pixel_format)))
        file.mux(stream.encode(None))
    coloured = colour_film(source, "mkv")
    assert coloured.index.picture.notes()["alpha"] == "dropped"


@pytest.mark.parametrize("missing", [0.3, 0.5])
@pytest.mark.parametrize("suffix", ["mkv", "ts"])
def test_a_truncated_film_gives_what_is_left(tmp_path, colour_film, suffix, missing):
    source = write_film(
        *(tmp_path / f"a.{suffix}", moving_pictures(75)), codec="mpeg4", gop_size=12, sound=False
    )
    data = source.read_bytes()
    source.write_bytes(data[: int(len(data) * (1 - missing))])
    coloured = colour_film(source, "mkv")
    assert 10 < coloured.verdict.frames < 75


def test_b_frames_in_avi_which_knows_no_display_times_follow_evenly(tmp_path):
    index = index_of(write_film(tmp_path / "a.avi", moving_pictures(30)))
    assert set(np.diff(index.pts) * index.time_base) == {Fraction(1, 25)}
