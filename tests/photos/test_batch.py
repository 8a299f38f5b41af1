"""A batch does what is missing, names what cannot be done, and finds what was done before."""

import json
import os
from pathlib import Path

import numpy as np
import pytest
import tifffile
from PIL import Image

from autochrome.archive import sha256_file, temporary_beside
from autochrome.errors import AutochromeError, ItemError, ModelError
from autochrome.photos import batch, colour_batch

from .conftest import Here
from .pictures import grey, jpeg_bytes, luma_plane, rgb

ROW_KEYS = {
    *("source", "kind", "sha256", "size", "width", "height", "frames", "model", "model_sha256"),
    *("precision", "key", "result", "result_sha256", "result_size", "result_mtime_ns", "status"),
    *("reason", "remedy", "colorfulness", "luma_error", "checks"),
}


@pytest.fixture
def nothing_is_coloured(monkeypatch, in_process):
    """From the call of this on, a photograph that is coloured fails the test."""

    def fail(*args, **kwargs):
        raise AutochromeError("coloured again")

    return lambda: monkeypatch.setattr(Here, "call", fail)


@pytest.fixture
def scan(results):
    """One grey JPEG in the archive."""
    path = results.archive / "scan.jpg"
    path.write_bytes(jpeg_bytes(grey()))
    return path


def test_good_and_bad_photographs_in_one_batch(results, scan):
    (results.archive / "empty.jpg").touch()
    (results.archive / "page.jpg").write_bytes(b"<html><body>404")
    (results.archive / "a, {x} $HOME 'é\n.JPE").write_bytes(jpeg_bytes(grey(40, 30)))
    (results.archive / "cut.jpg").write_bytes(jpeg_bytes(grey(99, 99), quality=95)[:3000])
    (results.archive / "colour.jpg").write_bytes(jpeg_bytes(rgb()))
    (results.archive / "film.gif").write_bytes(b"GIF89a")
    rows = results.colour(film="gif")
    statuses = {name: row["status"] for name, row in rows.items()}
    assert statuses == {
        "scan.jpg": "coloured",
        "empty.jpg": "failed",
        "page.jpg": "failed",
        "a, {x} $HOME 'é\n.JPE": "coloured",
        "cut.jpg": "partial",
        "colour.jpg": "left_colour",
        "film.gif": "failed",
    }
    assert all(set(row) == ROW_KEYS for row in rows.values())
    assert all(
        row["reason"] and row["remedy"] for row in rows.values() if row["status"] == "failed"
    )
    row = rows["scan.jpg"]
    assert row["result_sha256"] == sha256_file(row["result"])
    assert np.array_equal(luma_plane(row["result"]), luma_plane(scan))
    assert not list(results.folder.rglob(".part-*"))


def test_nothing_changed_nothing_done(results, scan, nothing_is_coloured):
    first = results.colour()
    nothing_is_coloured()
    os.utime(scan)
    assert results.colour() == first


def test_a_renamed_photograph_is_not_coloured_again(results, scan, nothing_is_coloured):
    first = results.colour()["scan.jpg"]
    nothing_is_coloured()
    scan.rename(scan.with_name("other.jpg"))
    row = results.colour()["other.jpg"]
    assert row["result"] == "photos/other.jpg"
    assert sha256_file(row["result"]) == first["result_sha256"]


@pytest.mark.parametrize("bucket", ["3", "3fa", "3f_0"])
def test_another_batch_size_colours_nothing_again(results, scan, nothing_is_coloured, bucket):
    first = results.colour()
    nothing_is_coloured()
    results.bucket = bucket
    assert results.colour() == first


def test_the_result_of_a_source_now_gone_is_used(results, scan, nothing_is_coloured):
    row = results.colour()["scan.jpg"]
    Path("state/photos/3f.jsonl").unlink()
    Path(row["result"]).rename("photos/old.jpg")
    Path("state/gone.json").write_text(json.dumps({row["key"]: row | {"result": "photos/old.jpg"}}))
    nothing_is_coloured()
    assert results.colour()["scan.jpg"]["result"] == "photos/scan.jpg"


@pytest.mark.parametrize("harm", [Path.unlink, lambda path: path.write_bytes(b"by hand")])
def test_a_result_deleted_or_overwritten_is_made_again(results, scan, harm, in_process):
    row = results.colour()["scan.jpg"]
    harm(Path(row["result"]))
    again = results.colour()["scan.jpg"]
    assert sha256_file(again["result"]) == row["result_sha256"]


def test_a_failure_is_found_again_without_a_new_try(results, nothing_is_coloured):
    (results.archive / "page.jpg").write_bytes(b"<html>")
    first = results.colour()
    nothing_is_coloured()
    assert results.colour() == first


def test_a_raised_pixel_limit_tries_again(results, scan, in_process):
    results.settings["max_pixels"] = 100
    assert results.colour()["scan.jpg"]["status"] == "failed"
    results.settings["max_pixels"] = 10**8
    assert results.colour()["scan.jpg"]["status"] == "coloured"


def test_colour_photographs_are_copied_or_left_without_a_new_look(results, nothing_is_coloured):
    source = results.archive / "colour.jpg"
    source.write_bytes(jpeg_bytes(rgb()))
    assert results.colour()["colour.jpg"]["result"] == ""
    nothing_is_coloured()
    results.settings["already_colour"] = "copy"
    row = results.colour()["colour.jpg"]
    assert row["status"] == "copied"
    assert Path(row["result"]).read_bytes() == source.read_bytes()
    results.settings["already_colour"] = "leave"
    row = results.colour()["colour.jpg"]
    assert (row["status"], row["reason"]) == ("left_colour", "It is in colour already.")


def test_a_copy_keeps_the_name_of_its_own_format(results):
    Image.fromarray(rgb()).convert("P").save(results.archive / "colour.gif")
    results.settings["already_colour"] = "copy"
    row = results.colour(colour="gif")["colour.gif"]
    assert (row["status"], row["result"]) == ("copied", "photos/colour.gif")
    assert Path(row["result"]).read_bytes() == (results.archive / "colour.gif").read_bytes()


def test_orientation_is_honoured_and_kept(results, in_process):
    exif = Image.Exif()
    exif[0x0112] = 6
    (results.archive / "a.jpg").write_bytes(jpeg_bytes(grey()))
    turned = np.ascontiguousarray(np.rot90(grey()))
    (results.archive / "b.jpg").write_bytes(jpeg_bytes(turned, exif=exif))
    (results.archive / "lying.jpg").write_bytes(jpeg_bytes(turned))
    rows = results.colour()
    upright, stored, lying = (
        np.asarray(Image.open(rows[name]["result"]).convert("YCbCr"))[..., 1:].astype(int)
        for name in ("a.jpg", "b.jpg", "lying.jpg")
    )
    apart = [np.abs(np.rot90(chroma, -1) - upright).mean() for chroma in (stored, lying)]
    assert apart[0] < apart[1] / 2, apart
    assert Image.open(rows["b.jpg"]["result"]).getexif()[0x0112] == 6


def test_a_folder_without_permission_stops_the_run(results, scan, monkeypatch, in_process):
    def denied(path):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(batch, "temporary_beside", denied)
    with pytest.raises(AutochromeError, match="cannot be written"):
        results.colour()


def test_what_lies_in_a_results_place_costs_the_others_nothing(results, scan, in_process):
    (results.archive / "b.jpg").write_bytes(jpeg_bytes(grey(80)))
    place = Path("photos", "b.jpg")
    place.mkdir(parents=True)
    rows = results.colour()
    assert rows["scan.jpg"]["status"] == "coloured"
    assert (rows["b.jpg"]["status"], rows["b.jpg"]["key"]) == ("failed", "")
    assert "photos/b.jpg" in rows["b.jpg"]["reason"] and "Move away" in rows["b.jpg"]["remedy"]
    place.rmdir()
    assert results.colour()["b.jpg"]["status"] == "coloured"


def test_another_model_than_the_plans_stops_the_run(results, scan, in_process):
    results.colour()
    plan = json.loads(Path("plan.json").read_text())
    plan["model"]["sha256"] = "0" * 64
    Path("plan.json").write_text(json.dumps(plan))
    with pytest.raises(ModelError):
        colour_batch(Path("plan.json"), Path("done.json"), threads=1)


def test_the_source_is_only_read(results, scan, in_process):
    before = sha256_file(scan), scan.stat().st_mtime_ns
    results.colour()
    assert (sha256_file(scan), scan.stat().st_mtime_ns) == before


def test_a_photograph_that_kills_its_process_costs_only_itself(
    results, scan, monkeypatch, in_process
):
    other = results.archive / "deadly.jpg"
    other.write_bytes(jpeg_bytes(grey(50, 50)))

    class Deadly(Here):
        def call(self, function, source, *args, **options):
            if source.name == "deadly.jpg":
                raise ItemError("The process that read it died.", "Repair it.")
            return super().call(function, source, *args, **options)

    monkeypatch.setattr(batch, "IsolatedWorker", Deadly)
    statuses = {name: row["status"] for name, row in results.colour().items()}
    assert statuses == {"deadly.jpg": "failed", "scan.jpg": "coloured"}


@pytest.mark.parametrize("error", [MemoryError(), ValueError("odd"), OSError("codec")])
def test_whatever_a_decoder_raises_is_a_fault_of_the_item(results, scan, monkeypatch, error):
    def fail(*args, **kwargs):
        raise error

    monkeypatch.setattr(batch, "IsolatedWorker", Here)
    monkeypatch.setattr(Here, "call", fail)
    row = results.colour()["scan.jpg"]
    assert row["status"] == "failed" and row["reason"] and row["remedy"]


def test_a_source_changed_while_it_is_read_is_named(results, scan, monkeypatch, in_process):
    class Slow(Here):
        def call(self, function, source, *args, **options):
            outcome = super().call(function, source, *args, **options)
            os.utime(source)
            return outcome

    monkeypatch.setattr(batch, "IsolatedWorker", Slow)
    row = results.colour()["scan.jpg"]
    assert (row["status"], row["reason"]) == ("failed", "It changed while it was read.")


@pytest.mark.parametrize(("tone", "status"), [("grey", "coloured"), ("colour", "left_colour")])
def test_the_setting_overrules_what_was_measured(results, tone, status):
    Image.fromarray(rgb() if tone == "grey" else grey()).save(results.archive / "a.jpg")
    results.settings["tone"] = tone
    row = results.colour()["a.jpg"]
    assert row["status"] == status
    assert row["checks"]["tone_measured"] == ("colour" if tone == "grey" else "grey")


def test_a_printed_border_stays_neutral(results):
    Image.fromarray(np.pad(grey(400, 300), 30, constant_values=240)).save(results.archive / "a.png")
    row = results.colour(a="png")["a.png"]
    assert "the border around the picture stays neutral" in row["checks"]["notes"]
    result = np.asarray(Image.open(row["result"])).astype(int)
    assert np.ptp(result[:22], axis=2).max() <= 2
    assert np.ptp(result[60:-60, 60:-60], axis=2).max() > 8


def test_every_picture_of_a_tiff_is_coloured(results):
    with tifffile.TiffWriter(results.archive / "a.tif") as file:
        for pixels in (grey(200, 150), grey(120, 160)):
            file.write(pixels, metadata=None)
    row = results.colour(a="tiff")["a.tif"]
    assert (row["status"], row["checks"]["pictures"]) == ("coloured", 2)
    with tifffile.TiffFile(row["result"]) as file:
        assert [page.shape for page in file.pages] == [(150, 200, 3), (160, 120, 3)]


@pytest.mark.parametrize(
    ("put", "reason"),
    [
        (os.mkfifo, "It is not a file but a pipe."),
        (os.mkdir, "It is not a file but a folder."),
        (lambda path: path.symlink_to("/dev/zero"), "It is not a file but a device."),
        (lambda path: path.symlink_to("/proc/kmsg"), "The file is empty."),
    ],
)
def test_what_lies_in_a_photographs_place_fails_alone(results, scan, in_process, put, reason):
    put(results.archive / "odd.jpg")
    rows = results.colour()
    assert rows["scan.jpg"]["status"] == "coloured"
    assert rows["odd.jpg"]["status"] == "failed"
    assert rows["odd.jpg"]["reason"].startswith(reason) and rows["odd.jpg"]["remedy"]


def when_results_are_begun(monkeypatch, do):
    """Do something to an original between the look into the journals and the making of a result."""

    def begun(path):
        do()
        return temporary_beside(path)

    monkeypatch.setattr(batch, "temporary_beside", begun)


def to_a_pipe(path):
    path.unlink()
    os.mkfifo(path)


@pytest.mark.parametrize("harm", [Path.unlink, to_a_pipe])
def test_a_photograph_that_is_replaced_after_it_was_hashed_fails(
    results, scan, monkeypatch, in_process, harm
):
    when_results_are_begun(monkeypatch, lambda: harm(scan))
    row = results.colour()["scan.jpg"]
    assert (row["status"], row["key"]) == ("failed", "")
    assert row["reason"] == "It changed while it was read."


@pytest.mark.parametrize("harm", [Path.unlink, to_a_pipe, lambda path: path.write_bytes(b"new")])
def test_a_photograph_that_is_replaced_before_it_is_copied_fails_alone(
    results, scan, monkeypatch, in_process, harm
):
    source = results.archive / "colour.jpg"
    source.write_bytes(jpeg_bytes(rgb()))
    results.colour()
    results.settings["already_colour"] = "copy"
    when_results_are_begun(monkeypatch, lambda: harm(source))
    rows = results.colour()
    assert (rows["colour.jpg"]["status"], rows["colour.jpg"]["key"]) == ("failed", "")
    assert rows["scan.jpg"]["status"] == "coloured"
    assert not Path("photos/colour.jpg").exists()
