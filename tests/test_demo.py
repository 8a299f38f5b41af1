"""The demo archive: what it holds, and that no run but the first makes it."""

import os
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
import tifffile
from PIL import Image

from autochrome import demo
from autochrome.archive import sha256_file
from autochrome.color import colorfulness
from tests.conftest import REPOSITORY


@pytest.fixture(scope="module")
def archive(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "archive"
    demo.make_demo(folder)
    return folder


def photographs(archive: Path) -> dict[str, Path]:
    return {path.name: path for path in archive.rglob("*") if path.suffix in (".jpg", ".png")}


def test_nothing_but_the_archive_is_left(archive):
    assert [path.name for path in archive.parent.iterdir()] == ["archive"]


def test_it_holds_several_formats_a_film_and_a_file_to_be_left_alone(archive):
    suffixes = {path.suffix for path in archive.rglob("*") if path.is_file()}
    assert suffixes == {".jpg", ".png", ".tif", ".webp", ".mp4", ".txt"}


def test_a_name_has_spaces_and_umlauts(archive):
    assert (archive / "Großmutters Album" / "Über den Wolken, Sommer 1962.jpg").is_file()


def test_the_scan_is_grey_in_16_bit_with_its_resolution(archive):
    with tifffile.TiffFile(archive / "Scan 0001 (16 bit).tif") as tiff:
        page = tiff.pages[0]
        assert (page.dtype, page.ndim, page.resolution) == (np.uint16, 2, (600.0, 600.0))


def test_the_scan_uses_its_16_bits(archive):
    pixels = tifffile.imread(archive / "Scan 0001 (16 bit).tif")
    assert len(np.unique(pixels)) > 1000


def test_the_portrait_is_a_grey_jpeg_with_exif_and_resolution(archive):
    with Image.open(archive / "Portrait.jpg") as portrait:
        assert (portrait.mode, portrait.info["dpi"]) == ("L", (300, 300))
        assert portrait.getexif()[0x013B] == "NASA"


def test_the_sepia_print_has_one_tone_only(archive):
    rgb = np.asarray(Image.open(photographs(archive)["Über den Wolken, Sommer 1962.jpg"]), float)
    assert rgb[..., 0].mean() > rgb[..., 1].mean() > rgb[..., 2].mean()
    assert np.corrcoef(rgb[..., 0].ravel(), rgb[..., 2].ravel())[0, 1] > 0.99


def test_one_photograph_is_in_colour_already(archive):
    with Image.open(photographs(archive)["Already in colour.jpg"]) as picture:
        assert colorfulness(np.asarray(picture)) > 20


def test_the_film_has_every_frame_at_its_time(archive):
    with av.open(str(archive / "Film reel.mp4")) as film:
        times = [frame.pts * frame.time_base for frame in film.decode(video=0)]
    assert times == [n * Fraction(1001, 24000) for n in range(4 * demo.SHOT_FRAMES)]


@pytest.fixture(scope="module")
def changes() -> np.ndarray:
    """The mean change from each frame of the film to the next, in codes."""
    frames = demo.grey_film().astype(np.int16)
    return np.abs(np.diff(frames, axis=0)).mean(axis=(1, 2))


def test_the_film_has_cuts(changes):
    cuts = demo.SHOT_FRAMES * np.array([1, 2, 3]) - 1
    assert changes[cuts].min() > 1.5 * np.delete(changes, cuts).max()


def test_everything_in_the_film_moves(changes):
    for shot in range(4):
        inside = changes[demo.SHOT_FRAMES * shot : demo.SHOT_FRAMES * (shot + 1) - 1]
        assert np.median(inside) > 1


def test_the_film_is_grey(archive):
    with av.open(str(archive / "Film reel.mp4")) as film:
        frame = next(film.decode(video=0)).to_ndarray()
    assert (frame[demo.HEIGHT :] == 128).all()


def test_the_films_sound_is_stereo_and_as_long_as_its_picture(archive):
    with av.open(str(archive / "Film reel.mp4")) as film:
        sound = film.streams.audio[0]
        seconds = sum(frame.samples for frame in film.decode(sound)) / demo.SAMPLE_RATE
        assert sound.layout.name == "stereo"
    assert seconds == pytest.approx(float(4 * demo.SHOT_FRAMES / demo.FRAME_RATE), abs=0.1)


def test_it_is_the_same_each_time(archive, tmp_path):
    demo.make_demo(tmp_path / "again")
    files = [path.relative_to(archive) for path in archive.rglob("*") if path.is_file()]
    for name in files:
        assert sha256_file(archive / name) == sha256_file(tmp_path / "again" / name), name


def test_a_demo_that_fails_half_way_leaves_nothing(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr(demo, "write_film", fail)
    with pytest.raises(OSError, match="no space"):
        demo.make_demo(tmp_path / "archive")
    assert list(tmp_path.iterdir()) == []


def test_a_demo_that_another_call_makes_meanwhile_stays_as_it_is(tmp_path, monkeypatch):
    def overtaken(*_):
        (tmp_path / "archive").mkdir()
        (tmp_path / "archive/theirs").touch()

    monkeypatch.setattr(demo, "write_film", overtaken)
    with pytest.raises(FileExistsError, match="exists already"):
        demo.make_demo(tmp_path / "archive")
    assert [path.name for path in tmp_path.rglob("*")] == ["archive", "theirs"]


def test_an_existing_folder_is_left_as_it_is_and_named_in_a_sentence(tmp_path):
    done = subprocess.run(
        [sys.executable, "-m", "autochrome.demo", tmp_path],
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        capture_output=True,
        text=True,
    )
    assert (done.returncode, done.stderr.count("\n")) == (0, 1)
    assert str(tmp_path) in done.stderr
    assert list(tmp_path.iterdir()) == []
