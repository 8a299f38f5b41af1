"""A result that is not the source's picture, times and streams is found out, and not delivered."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import av
import pytest

from autochrome.errors import ItemError
from autochrome.films import deliver
from autochrome.films.coding import Coding
from autochrome.films.verify import verify_film

from .conftest import Coloured, encoder, moving_pictures, write_film
from .test_stages import Results, make_results

Change = Callable[[list[av.Packet]], list[av.Packet]]


def tamper(path: Path, change: Change, kind: str = "video") -> None:
    """Rewrite a film; ``change`` gets the packets of one kind and gives those to be written."""
    kept: list[av.Packet] = []
    changed: list[av.Packet] = []
    target = path.with_name(f"tampered{path.suffix}")
    with av.open(str(path)) as film, av.open(str(target), "w") as output:
        copies = {s.index: output.add_stream_from_template(s, opaque=True) for s in film.streams}
        for packet in film.demux():
            if packet.size:
                (changed if packet.stream.type == kind else kept).append(packet)
        for packet in sorted(kept + change(changed), key=lambda p: p.dts * p.time_base):
            packet.stream = copies[packet.stream_index]
            output.mux(packet)
    target.replace(path)


def other_bytes(packets: list[av.Packet]) -> list[av.Packet]:
    old = packets[5]
    new = av.Packet(bytes(old)[:-1] + bytes([bytes(old)[-1] ^ 1]))
    new.pts, new.dts, new.time_base, new.stream = old.pts, old.dts, old.time_base, old.stream
    packets[5] = new
    return packets


def late(packets: list[av.Packet]) -> list[av.Packet]:
    for packet in packets[3:]:
        packet.pts, packet.dts = packet.pts + 9, packet.dts + 9
    return packets


def swapped(packets: list[av.Packet]) -> list[av.Packet]:
    """Two neighbouring frames, each a picture of its own (FFV1), at each other's times."""
    one, other = packets[9], packets[10]
    (one.pts, other.pts), (one.dts, other.dts) = (other.pts, one.pts), (other.dts, one.dts)
    return packets


@pytest.fixture
def coloured(tmp_path, colour_film) -> Coloured:
    source = write_film(tmp_path / "a.mkv", moving_pictures(30), sound=True)
    return colour_film(source, "mkv", codec="ffv1")


def check(coloured: Coloured, codec: str = "ffv1") -> None:
    thumbs = [coloured.result.parent / "encode-0.npz"]
    coding = Coding.of(coloured.index.picture, encoder(codec=codec))
    verify_film(coloured.index, coloured.result, coloured.joined, thumbs, coding)


@pytest.mark.parametrize(
    ("change", "kind", "fault"),
    [
        (lambda packets: packets[:-1], "video", "29 frames"),
        (swapped, "video", "luma of frame 9"),
        (late, "video", "stands at"),
        (other_bytes, "audio", "copied stream"),
        (lambda packets: packets[:3] + packets[4:], "audio", "copied stream"),
        (late, "audio", "copied stream"),
    ],
)
def test_a_tampered_result_is_found_out(coloured, change, kind, fault):
    check(coloured)
    tamper(coloured.result, change, kind)
    with pytest.raises(ItemError, match=fault):
        check(coloured)


def test_after_a_lossy_encoder_a_swapped_frame_is_found_out_too(coloured):
    check(coloured, codec="h264")
    tamper(coloured.result, swapped)
    with pytest.raises(ItemError, match="is frame"):
        check(coloured, codec="h264")


def test_another_matrix_is_found_out(coloured):
    other = replace(coloured.index.picture, matrix=1)
    with pytest.raises(ItemError, match="matrix and range"):
        check(replace(coloured, index=replace(coloured.index, picture=other)))


def test_a_film_that_fails_the_check_is_not_delivered(tmp_path, monkeypatch):
    results: Results = make_results(tmp_path, monkeypatch)
    join = deliver.join_chunks

    def join_badly(*args):
        joined = join(*args)
        data = bytearray(args[-1].read_bytes())
        data[len(data) // 2 : len(data) // 2 + 600] = bytes(600)
        args[-1].write_bytes(data)
        return joined

    monkeypatch.setattr(deliver, "join_chunks", join_badly)
    row = results.run()
    assert row["status"] == "failed" and row["reason"] and row["remedy"] and not row["result"]
    assert not [path for path in Path("films").rglob("*") if path.is_file()]
    assert not list(Path("state/films", results.film).glob(".part-*"))
