"""What a person gets from the first run over an archive."""

import subprocess

import av
import cv2
import imageio_ffmpeg
import numpy as np
import pytest
import tifffile


def test_every_picture_is_coloured_and_nothing_else_is_touched(coloured):
    rows = coloured.rows()
    assert {source: row["status"] for source, row in rows.items()} == {
        "box 1/astronaut.jpg": "coloured",
        "box 1/cat, ünïcode {x} $HOME.png": "coloured",
        "coffee.tif": "coloured",
        "reel.mp4": "coloured",
    }
    assert coloured.originals() == coloured.originals_before


def test_results_lie_under_the_sources_names(coloured):
    assert {row["result"] for row in coloured.rows().values()} == {
        "photos/box 1/astronaut.jpg",
        "photos/box 1/cat, ünïcode {x} $HOME.png",
        "photos/coffee.tif",
        "films/reel.mp4",
    }


@pytest.mark.parametrize("name", ["box 1/astronaut.jpg", "box 1/cat, ünïcode {x} $HOME.png"])
def test_the_luma_of_a_photograph_stays_and_it_has_colour(coloured, name):
    result = cv2.imdecode(
        np.fromfile(coloured.results / "photos" / name, np.uint8), cv2.IMREAD_UNCHANGED
    )
    source = cv2.imdecode(np.fromfile(coloured.archive / name, np.uint8), cv2.IMREAD_UNCHANGED)
    luma = cv2.cvtColor(result, cv2.COLOR_BGR2YCrCb)[..., 0]
    # A JPEG's RGB is clipped when it is decoded; its luma coefficients are compared elsewhere.
    limit = 1 if name.endswith(".png") else 6
    assert np.abs(luma.astype(int) - source).max() <= limit
    assert np.ptp(result.astype(int), axis=2).mean() > 3


def test_a_16_bit_scan_keeps_its_depth(coloured):
    result = tifffile.imread(coloured.results / "photos/coffee.tif").astype(np.float64)
    source = tifffile.imread(coloured.archive / "coffee.tif")
    assert result.shape == (*source.shape, 3)
    assert np.abs(result @ (0.299, 0.587, 0.114) - source).max() <= 1


def test_the_film_has_its_frames_times_and_sound(coloured):
    def contents(path):
        with av.open(str(path)) as container:
            times = sorted(
                p.pts * p.time_base for p in container.demux(video=0) if p.pts is not None
            )
        with av.open(str(path)) as container:
            sound = [bytes(p) for p in container.demux(audio=0) if p.size]
        return times, sound

    times, sound = contents(coloured.archive / "reel.mp4")
    assert len(times) == 58
    assert contents(coloured.results / "films/reel.mp4") == (times, sound)


def test_another_ffmpeg_reads_the_same_sound_and_as_many_frames(coloured):
    def hashes(path):
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", str(path)]
        command += ["-map", "0:a", "-c", "copy", "-f", "streamhash", "-"]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout

    source, result = coloured.archive / "reel.mp4", coloured.results / "films/reel.mp4"
    assert hashes(source) == hashes(result) != ""
    assert imageio_ffmpeg.count_frames_and_secs(result)[0] == 58


def test_the_film_is_in_colour(coloured):
    with av.open(str(coloured.results / "films/reel.mp4")) as container:
        spread = [
            np.abs(frame.to_ndarray(format="yuv444p")[1:].astype(int) - 128).mean()
            for frame in container.decode(video=0)
        ]
    assert min(spread) > 1.5


def test_the_checksums_hold(coloured):
    check = subprocess.run(
        ["sha256sum", "--check", "SHA256SUMS"], cwd=coloured.results, capture_output=True, text=True
    )
    assert check.returncode == 0, check.stdout
    assert check.stdout.count(": OK") == 4


def test_the_plan_is_told_before_the_work(coloured):
    assert "Found 3 photographs and 1 film (left alone: other files: 1)." in coloured.said
    assert "frames); at most about" in coloured.said


@pytest.mark.parametrize(
    ("profile", "options", "told"),
    [
        ("default", ["--cores", "3"], "on 3 cores and"),
        ("default", ["--cores", "1"], "on 1 core and"),
        ("slurm", [], "with 200 jobs at once and"),
        ("slurm", ["--jobs", "5"], "with 5 jobs at once and"),
    ],
)
def test_the_time_is_told_for_what_the_run_may_use(fresh, profile, options, told):
    assert told in fresh.run("-n", *options, profile=profile).said


def test_the_report_shows_every_item(coloured):
    page = (coloured.results / "report/index.html").read_text()
    for name in ("astronaut.jpg", "coffee.tif", "reel.mp4"):
        assert name in page


def test_nothing_is_left_lying_about(coloured):
    names = [path.name for path in coloured.results.glob("**/*")]
    assert not [name for name in names if name.startswith(".part-") or name.endswith(".lock")]
    assert not list((coloured.results / "state/films").glob("*/encode-*"))
