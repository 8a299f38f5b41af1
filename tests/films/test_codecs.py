"""Presets and codecs: what goes into each encoder, and films put together from their chunks."""

import dataclasses

import av
import numpy as np
import pytest

from autochrome.errors import ConfigError
from autochrome.films.coding import Coding
from autochrome.films.pixels import Picture
from autochrome.films.presets import CODECS, encoder_settings

from .conftest import FILMS, decoded, encoder, moving_pictures, planes, write_film

PICTURE = Picture(
    width=96,
    height=64,
    format="yuv420p",
    depth=8,
    full=False,
    matrix=6,
    primaries=6,
    transfer=6,
    fields="",
    aspect=(0, 1),
    display=(),
)


def picture(**changes):
    return dataclasses.replace(PICTURE, **changes)


@pytest.mark.parametrize(
    ("settings", "container", "codec", "pixel_format"),
    [
        ({"preset": "share"}, "mp4", "h264", "yuv420p"),
        ({"preset": "archive"}, "mkv", "ffv1", "yuv420p"),
        ({"preset": "edit"}, "mov", "prores", "yuv422p10le"),
        ({"preset": "small", "effort": 12}, "mp4", "av1", "yuv420p10le"),
        ({"preset": "small", "effort": 12}, "mkv", "av1", "yuv420p10le"),
        ({"codec": "h265"}, "mp4", "hevc", "yuv420p10le"),
        ({"codec": "h265"}, "ts", "hevc", "yuv420p10le"),
        ({"codec": "h265", "depth": 8}, "mkv", "hevc", "yuv420p"),
        ({"codec": "ffv1", "depth": 10}, "mkv", "ffv1", "yuv420p10le"),
    ],
)
def test_chunks_of_every_codec_become_one_film(
    tmp_path, colour_film, settings, container, codec, pixel_format
):
    suffix = "ts" if container == "ts" else "mp4"
    source = write_film(tmp_path / f"a.{suffix}", moving_pictures(110), sound=suffix == "mp4")
    films = [colour_film(source, container, chunks=3, name=name, **settings) for name in ("a", "b")]
    assert len(films[0].index.cuts.starts) == 3
    assert films[0].result.read_bytes() == films[1].result.read_bytes()
    assert films[0].verdict.checks["frames"] == 110 and films[0].verdict.luma_error == 0
    frames = decoded(films[0].result)
    assert {frame.format.name for frame in frames} == {pixel_format}
    assert decoder_name(films[0].result) == codec


def decoder_name(path):
    with av.open(str(path)) as film:
        return film.streams.video[0].codec_context.codec.canonical_name


@pytest.mark.parametrize("preset", ["share", "archive", "edit", "small"])
@pytest.mark.parametrize(("width", "height"), [(95, 63), (96, 63), (95, 64)])
def test_odd_sizes_in_every_preset(tmp_path, colour_film, preset, width, height):
    source = write_film(tmp_path / "a.mkv", moving_pictures(3, width, height), codec="ffv1")
    container = "mov" if preset == "edit" else "mkv"
    frames = decoded(colour_film(source, container, preset=preset).result)
    assert {(frame.width, frame.height) for frame in frames} == {(width, height)}


@pytest.mark.parametrize("preset", ["share", "archive", "edit", "small"])
def test_full_range_in_every_preset(tmp_path, colour_film, preset):
    source = write_film(tmp_path / "a.mkv", moving_pictures(3), codec="ffv1", pixel_format="gray")
    container = "mov" if preset == "edit" else "mkv"
    coloured = colour_film(source, container, preset=preset)
    assert coloured.verdict.luma_error == 0
    assert ("range" in coloured.coding.notes()) == (preset == "edit")


def test_more_bits_in_a_lossless_codec_give_the_sources_luma_back(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mkv", moving_pictures(5))
    result = colour_film(source, "mkv", codec="ffv1", depth=10).result
    for before, after in zip(decoded(source), decoded(result), strict=True):
        assert np.array_equal(planes(before)[0], planes(after)[0] >> 2)
        assert not np.any(planes(after)[0] & 3)


@pytest.mark.parametrize("codec", CODECS)
@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("depth", [8, 10])
def test_every_code_of_the_luma_has_one_of_its_own(codec, full, depth):
    coding = Coding.of(picture(full=full, depth=depth), encoder(codec=codec))
    codes = np.arange(2**depth).astype(np.uint8 if depth == 8 else np.uint16)
    if coding.is_exact:
        assert np.array_equal(coding.original(coding.coded(codes)), codes)
    else:
        assert codec == "prores" and full and depth == 10


def test_a_code_that_no_luma_becomes_is_not_taken_for_one():
    coding = Coding.of(PICTURE, encoder(codec="h265"))
    coded = coding.coded(np.full((2, 2), 100, np.uint8))
    assert coding.original(coded) is not None
    coded[0, 0] += 1
    assert coding.original(coded) is None


def test_white_stays_white_where_bits_are_added():
    for full, white, coded in ((True, 255, 1023), (False, 235, 940)):
        coding = Coding.of(picture(full=full), encoder(codec="h265"))
        assert coding.coded(np.array([white], np.uint8))[0] == coded


@pytest.mark.parametrize("codec", ["h264", "h265", "av1", "prores", "ffv1"])
def test_a_lower_depth_that_is_wished_for_rounds_and_says_so(codec):
    depths = CODECS[codec].depths
    coding = Coding.of(picture(depth=16), encoder(codec=codec, depth=depths[0]))
    assert coding.depth == depths[0] and not coding.is_exact
    assert "rounded" in coding.notes()["depth"]
    assert coding.coded(np.array([65535], np.uint16))[0] == 2 ** depths[0] - 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"preset": "archive", "crf": 20}, "films.crf: 20 .* with FFV1.* Allowed: null"),
        ({"crf": 60}, "films.crf: 60 .* with H.264.* 0 to 51"),
        ({"preset": "small", "effort": "medium"}, "films.effort: 'medium' .* AV1.* 0, 1"),
        ({"effort": 8}, "films.effort: 8 .* ultrafast"),
        ({"preset": "edit", "container": "mp4"}, "films.container: 'mp4' .* ProRes.* mov, mkv"),
        ({"preset": "edit", "depth": 8}, "films.depth: 8 .* Allowed: auto, 10"),
    ],
)
def test_what_a_codec_does_not_know_is_refused_in_plain_words(settings, message):
    with pytest.raises(ConfigError, match=message):
        encoder_settings(FILMS | settings)


def test_every_option_of_the_encoder_can_be_changed():
    options = {"tune": "film", "x264-params": "aq-mode=3", "bf": 2}
    settings = encoder_settings(FILMS | {"encoder_options": options, "crf": 16.5, "effort": "fast"})
    assert settings["options"] == {
        "bf": "2",
        "crf": "16.5",
        "preset": "fast",
        "tune": "film",
        "x264-params": "cpu-independent=1:aq-mode=3",
    }
