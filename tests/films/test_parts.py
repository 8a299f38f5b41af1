"""Encoded chunks lie in several files, which the join removes: little room beside the result."""

from pathlib import Path

import av
import numpy as np
import pytest

from autochrome.films import deliver, join, parts, stages
from autochrome.films.parts import PartWriter, part_path
from autochrome.films.timing import packets_of
from autochrome.films.work import FilmWork

from .conftest import encoder, moving_pictures, write_film
from .test_stages import Results, make_results

LEAST = 2000


@pytest.fixture
def results(tmp_path, monkeypatch) -> Results:
    monkeypatch.setattr(parts, "_LEAST_BYTES", LEAST)
    results = make_results(tmp_path, monkeypatch)
    grain = np.random.default_rng(0)
    noisy = [
        np.clip(picture + grain.normal(0, 8, picture.shape), 0, 255).astype(np.uint8)
        for picture in moving_pictures(40)
    ]
    write_film(results.archive / results.path, noisy, sound=True)
    # B-frames: the files are cut where the coded order is not that of display, too.
    results.settings = encoder(encoder_options={"bf": 3, "b-adapt": 0})
    return results


def encode(results: Results) -> FilmWork:
    results.plan()
    stages.index_film(results.film, 1)
    for stage in (stages.colour_chunk, stages.encode_chunk):
        stage(results.film, 0, *([1] if stage is stages.colour_chunk else []))
    return FilmWork(results.film)


def test_the_parts_hold_the_packets_of_one_file(results, monkeypatch):
    work = encode(results)
    files = work.encoded_parts(0)
    assert len(files) > 3
    cut = [(p.pts, p.is_keyframe, bytes(p)) for path in files for p in packets_of(path)]
    assert any(not next(packets_of(path)).is_keyframe for path in files)
    monkeypatch.setattr(parts, "_LEAST_BYTES", 1 << 30)
    for path in files:
        path.unlink()
    stages.encode_chunk(results.film, 0)
    (whole,) = FilmWork(results.film).encoded_parts(0)
    assert [(p.pts, p.is_keyframe, bytes(p)) for p in packets_of(whole)] == cut


@pytest.mark.parametrize("codec", ["h264", "h265", "prores", "ffv1"])
def test_all_parts_have_one_header(results, codec):
    results.settings = encoder(codec=codec)
    files = encode(results).encoded_parts(0)
    assert len(files) > 1
    headers = []
    for path in files:
        with av.open(str(path)) as part:
            headers.append(part.streams.video[0].codec_context.extradata)
    assert set(headers) == {headers[0]}


def test_on_the_way_there_is_little_more_than_the_result(results, monkeypatch):
    sizes = []

    def seen(path: Path):
        sizes.append(sum(p.stat().st_size for p in work.folder.iterdir()))
        return packets_of(path)

    work = encode(results)
    monkeypatch.setattr(join, "packets_of", seen)
    verify = deliver.verify_film

    def verified(*args):
        sizes.append(sum(p.stat().st_size for p in work.folder.iterdir()))
        return verify(*args)

    monkeypatch.setattr(deliver, "verify_film", verified)
    row = results.run()
    assert row["status"] == "coloured" and len(sizes) > 3
    kept = sum(p.stat().st_size for p in work.folder.iterdir())
    assert max(sizes) - kept < 1.5 * row["result_size"]


def test_a_join_that_was_killed_half_way_is_made_good(results, monkeypatch):
    undisturbed = results.run()
    Path(undisturbed["result"]).unlink()
    work = encode(results)
    files = work.encoded_parts(0)

    def killed(path: Path):
        if path == files[2]:
            raise KeyboardInterrupt
        return packets_of(path)

    with monkeypatch.context() as patched:
        patched.setattr(join, "packets_of", killed)
        with pytest.raises(KeyboardInterrupt):
            stages.join_film(results.film)
    assert [path.exists() for path in files[:3]] == [False, False, True]
    assert results.run()["result_sha256"] == undisturbed["result_sha256"]


def test_an_encoder_that_fails_leaves_no_file(tmp_path):
    chunk = tmp_path / "chunk"
    with pytest.raises(RuntimeError), PartWriter(chunk, "ffv1", 25) as writer:
        writer.stream.width, writer.stream.height, writer.stream.pix_fmt = 16, 16, "gray"
        for packet in writer.stream.encode(av.VideoFrame(16, 16, "gray")):
            writer.mux(packet)
        raise RuntimeError
    assert not list(tmp_path.iterdir()) and not part_path(chunk, 0).exists()
