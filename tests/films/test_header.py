"""What the planner asks: is it a film, into how many chunks, and what will its result be called."""

import wave
from fractions import Fraction

import av
import numpy as np
import pytest

from autochrome.errors import ItemError
from autochrome.films import FilmHeader, chunk_count, probe_film, result_container

from .conftest import moving_pictures, write_film

HEADER = FilmHeader(60.0, 8e6, 640, 480, "h264", "mov", 25.0)


def test_probe_reads_a_films_header(tmp_path):
    path = write_film(tmp_path / "a.mp4", moving_pictures(25))
    header = probe_film(str(path))
    assert (header.width, header.height, header.codec, header.container) == (96, 64, "h264", "mov")
    assert header.duration_seconds == pytest.approx(1.0)
    assert FilmHeader.from_json(header.to_json()) == header


@pytest.mark.parametrize(
    ("content", "fault"), [(b"", "empty"), (b"\0\0\0\x20ftypisom" + bytes(50), "moov")]
)
def test_probe_names_what_is_wrong(tmp_path, content, fault):
    path = tmp_path / "a.mp4"
    path.write_bytes(content)
    with pytest.raises(ItemError, match=fault) as caught:
        probe_film(str(path))
    assert caught.value.remedy


def test_sound_alone_is_no_film(tmp_path):
    with wave.open(str(tmp_path / "a.mp4"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(8000))
    with pytest.raises(ItemError, match="no video stream"):
        probe_film(str(tmp_path / "a.mp4"))


def test_sound_that_nothing_decodes_is_no_reason_to_stop(tmp_path):
    with av.open(str(tmp_path / "a.avi"), "w") as file:
        video = file.add_stream("mpeg4", rate=25)
        video.width, video.height = 32, 32
        tone = file.add_stream("pcm_s16le", rate=8000, layout="mono")
        file.mux(video.encode(av.VideoFrame(32, 32, "yuv420p")))
        silence = av.AudioFrame("s16", "mono", 320)
        silence.sample_rate = 8000
        file.mux(tone.encode(silence))
        file.mux(video.encode(None))
    data = bytearray((tmp_path / "a.avi").read_bytes())
    kind = data.index(b"strf", data.index(b"auds")) + 8
    data[kind : kind + 2] = b"\x77\x66"
    (tmp_path / "a.avi").write_bytes(data)
    assert not probe_film(str(tmp_path / "a.avi")).fits_mp4


@pytest.mark.parametrize(
    ("duration", "size", "chunks"),
    [(10, 10**9, 1), (600, 10**9, 10), (600, 3 * 10**6, 3), (10**6, 10**12, 500)],
)
def test_chunks_follow_duration_and_size_within_limits(duration, size, chunks):
    header = FilmHeader(**HEADER.to_json() | {"duration_seconds": duration})
    assert chunk_count(header, size, 60) == chunks


def test_without_a_duration_the_bit_rate_tells_the_length():
    header = FilmHeader(**HEADER.to_json() | {"duration_seconds": None, "bit_rate": 8e6})
    assert chunk_count(header, 300 * 10**6, 60) == 5


@pytest.mark.parametrize(
    ("suffix", "container", "codec", "result"),
    [
        (".mov", "mov", "prores", "mov"),
        (".mp4", "mov", "prores", "mov"),
        (".mp4", "mov", "av1", "mp4"),
        (".ts", "mpegts", "av1", "mkv"),
        (".ts", "mpegts", "h265", "ts"),
        (".mp4", "mov", "h264", "mp4"),
        (".MOV", "mov", "h264", "mov"),
        (".ts", "mpegts", "h264", "ts"),
        (".avi", "avi", "h264", "mkv"),
        (".webm", "matroska", "h264", "mkv"),
        (".mp4", "avi", "h264", "mkv"),
        (".mp4", "mov", "ffv1", "mkv"),
    ],
)
def test_containers_are_kept_where_they_can_be(suffix, container, codec, result):
    header = FilmHeader(**HEADER.to_json() | {"container": container})
    assert result_container(suffix, header, codec) == result


def film_with(path, sound, rate=8000):
    """A small film whose sound is of this codec."""
    with av.open(str(path), "w") as file:
        video = file.add_stream("mpeg4", rate=25)
        video.width, video.height, video.pix_fmt = 96, 64, "yuv420p"
        tone = file.add_stream(sound, rate=rate, layout="mono")
        for number, luma in enumerate(moving_pictures(10)):
            frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        wave_ = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.int16), "s16", "mono")
        wave_.sample_rate, wave_.pts = rate, 0
        for part in av.AudioResampler(tone.codec_context.format).resample(wave_):
            file.mux(tone.encode(part))
        file.mux(tone.encode(None))
    return path


@pytest.mark.parametrize(
    ("sound", "container"), [("mp2", "mkv"), ("pcm_alaw", "mov"), ("pcm_s16le", "mkv")]
)
def test_quicktime_takes_what_only_it_can_hold(tmp_path, sound, container):
    header = probe_film(str(film_with(tmp_path / "a.avi", sound, 16000)))
    assert result_container(".avi", header, "h264") == container
    assert result_container(".avi", header, "ffv1") == "mkv"


def test_sound_of_windows_is_kept_beside_the_film_where_players_find_it(tmp_path, colour_film):
    source = film_with(tmp_path / "a.avi", "adpcm_ms", 22050)
    coloured = colour_film(source, "mkv")
    with av.open(f"{coloured.result}.wma") as beside, av.open(str(source)) as film:
        kept = b"".join(bytes(p) for p in beside.demux(audio=0) if p.size)
        assert kept == b"".join(bytes(p) for p in film.demux(audio=0) if p.size)
    assert coloured.verdict.checks["beside"] == ["audio adpcm_ms"]
