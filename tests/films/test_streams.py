"""Everything but the picture is copied; how the picture is shown is kept; damage is named."""

from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest
from av.stream import Disposition

from autochrome.errors import ItemError
from autochrome.films.decoder import open_film
from autochrome.films.index import FilmIndex, make_index
from autochrome.films.streams import Copy
from autochrome.films.verify_copies import check_copies

from .conftest import decoded, moving_pictures, planes, write_film


def remux(source: Path, target: Path, change=None, **options: str) -> Path:
    """Copy a film's packets into another container; ``change`` may touch the output first."""
    with av.open(str(source)) as film, av.open(str(target), "w", options=options) as output:
        copies = {s.index: output.add_stream_from_template(s, opaque=True) for s in film.streams}
        if change is not None:
            change(output, copies)
        for packet in film.demux():
            if packet.size:
                packet.stream = copies[packet.stream_index]
                output.mux(packet)
    return target


def test_tags_that_are_not_utf_8_keep_their_bytes(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mkv", moving_pictures(5))
    source = remux(source, tmp_path / "b.mkv", lambda o, _: o.metadata.update(title="FXXte"))
    source.write_bytes(source.read_bytes().replace(b"FXXte", b"F\xea\xeate"))
    coloured = colour_film(source)
    with av.open(str(coloured.result), metadata_errors="surrogateescape") as film:
        assert film.metadata["title"] == "F\udcea\udceate"


def test_a_cover_that_mov_does_not_hold_lies_beside_it(tmp_path, colour_film):
    plain = write_film(tmp_path / "plain.mp4", moving_pictures(5))
    with av.open(str(plain)) as film, av.open(str(tmp_path / "a.mp4"), "w") as output:
        (video,) = film.streams
        copy = output.add_stream_from_template(video)
        cover = output.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 48, 32, "yuvj420p"
        cover.disposition = Disposition.attached_pic
        frame = av.VideoFrame.from_ndarray(np.full((48, 48), 90, np.uint8), "yuvj420p")
        output.mux(cover.encode(frame))
        for packet in film.demux(video):
            if packet.dts is not None:
                packet.stream = copy
                output.mux(packet)
    coloured = colour_film(tmp_path / "a.mp4", "mov")
    assert coloured.verdict.checks["beside"] == ["video mjpeg"]


def test_chapters_tags_attachments_and_languages_are_kept(tmp_path, colour_film):
    plain = write_film(tmp_path / "plain.mkv", moving_pictures(30), sound=True)

    def change(output, copies):
        output.metadata.update(title="A film", comment="from the attic", COLLECTION="Smith")
        copies[1].metadata["language"] = "nld"
        output.add_attachment("note.txt", "text/plain", b"found in 1931")
        second = Fraction(1, 1000)
        output.set_chapters(
            [{"id": 1, "start": 0, "end": 500, "time_base": second, "metadata": {"title": "One"}}]
        )

    source = remux(plain, tmp_path / "source.mkv", change)
    coloured = colour_film(source, "mkv")
    with av.open(str(coloured.result)) as film:
        tags = {key.lower(): value for key, value in film.metadata.items()}
        assert tags["comment"] == "from the attic" and tags["title"] == "A film"
        assert tags["collection"] == "Smith" and tags["autochrome"] == "made by a test"
        assert film.streams.audio[0].language == "nld"
        assert [s.data for s in film.streams if s.type == "attachment"] == [b"found in 1931"]
        assert [c["metadata"]["title"] for c in film.chapters()] == ["One"]
    assert coloured.verdict.checks["chapters"] == "1 of 1 kept"
    assert "tags_not_kept" not in coloured.verdict.checks


def test_mp4_keeps_a_comment_and_says_what_made_it(tmp_path, colour_film):
    plain = write_film(tmp_path / "plain.mp4", moving_pictures(10))
    source = remux(
        plain, tmp_path / "source.mp4", lambda output, _: output.metadata.update(comment="old")
    )
    with av.open(str(colour_film(source).result)) as film:
        assert film.metadata["comment"] == "old"
        assert film.metadata["encoder"] == "made by a test"


def test_what_mp4_cannot_hold_is_kept_beside_the_film(tmp_path, colour_film):
    plain = write_film(tmp_path / "plain.mkv", moving_pictures(20))
    source = tmp_path / "source.mkv"
    with av.open(str(plain)) as film, av.open(str(source), "w") as output:
        picture = output.add_stream_from_template(film.streams.video[0], opaque=True)
        text = output.add_mux_stream("ass")
        text.time_base = Fraction(1, 1000)
        for packet in film.demux():
            if packet.size:
                packet.stream = picture
                output.mux(packet)
        line = av.Packet(b"0,0,Default,,0,0,0,,Hello")
        line.stream, line.pts, line.dts, line.duration = text, 40, 40, 300
        line.time_base = Fraction(1, 1000)
        output.mux(line)
    coloured = colour_film(source, "mp4")
    assert coloured.verdict.checks["beside"] == ["subtitle ass"]
    with av.open(f"{coloured.result}.mks") as beside:
        packets = [bytes(p) for p in beside.demux() if p.size]
    assert packets == [b"0,0,Default,,0,0,0,,Hello"]


def test_rotation_is_kept(tmp_path, colour_film):
    plain = write_film(tmp_path / "plain.mp4", moving_pictures(5))
    source = remux(plain, tmp_path / "a.mp4", lambda _, copies: copies[0].set_display_rotation(-90))
    coloured = colour_film(source)
    assert decoded(coloured.result)[0].rotation == decoded(source)[0].rotation == -90
    assert "picture_not_kept" not in coloured.verdict.checks


@pytest.mark.parametrize("order", ["tff", "bff"])
def test_interlacing_and_pixel_aspect_are_kept(tmp_path, colour_film, order):
    graph = av.filter.Graph()
    feed = graph.add_buffer(width=96, height=64, format="yuv420p", time_base=Fraction(1, 25))
    mark, sink = graph.add("setparams", f"field_mode={order}"), graph.add("buffersink")
    feed.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    source = tmp_path / "a.mp4"
    with av.open(str(source), "w") as file:
        stream = file.add_stream("mpeg2video", rate=Fraction(25))
        stream.width, stream.height = 96, 64
        stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct
        stream.codec_context.sample_aspect_ratio = Fraction(16, 15)
        for number, luma in enumerate(moving_pictures(12)):
            frame = av.VideoFrame(96, 64, "yuv420p")
            for plane, codes in zip(frame.planes, (luma, 128, 128), strict=True):
                np.frombuffer(plane, np.uint8).reshape(plane.height, -1)[:, : plane.width] = codes
            frame.pts, frame.time_base = number, Fraction(1, 25)
            feed.push(frame)
            file.mux(stream.encode(sink.pull()))
        file.mux(stream.encode(None))
    coloured = colour_film(source)
    assert coloured.index.picture.fields == order
    assert "picture_not_kept" not in coloured.verdict.checks
    # Players that go by the marks in the stream, and not by its counts, see the same order.
    bare = remux(coloured.result, tmp_path / "bare.h264", lambda *_: None)
    with av.open(str(bare)) as film:
        assert film.streams.video[0].codec_context.field_order == {"tff": 2, "bff": 3}[order]
    assert all(frame.interlaced_frame for frame in decoded(coloured.result))
    with open_film(str(coloured.result)) as film:
        assert film.stream.sample_aspect_ratio == Fraction(16, 15)


@pytest.mark.parametrize("title", ["", "Reel 2, a title that is longer than the room for it " * 4])
@pytest.mark.parametrize("aspect", [Fraction(16, 11), Fraction(1137, 800)])
def test_pixel_aspect_is_kept_exactly_where_only_matroska_says_it(
    tmp_path, colour_film, title, aspect
):
    plain = write_film(
        tmp_path / "a.mkv", moving_pictures(6), sound=True, sample_aspect_ratio=aspect
    )
    source = remux(
        plain, tmp_path / "b.mkv", lambda _, copies: copies[0].metadata.update(title=title)
    )
    coloured = colour_film(source, "mkv", codec="ffv1")
    assert "picture_not_kept" not in coloured.verdict.checks
    with av.open(str(coloured.result)) as film:
        video = film.streams.video[0]
        assert video.sample_aspect_ratio == aspect
        assert video.metadata.get("title", "") == title
        assert sum(1 for _ in film.decode(video)) == 6


def test_full_range_stays_full_range(tmp_path, colour_film):
    source = write_film(tmp_path / "a.mp4", moving_pictures(5), pixel_format="yuvj420p")
    coloured = colour_film(source)
    assert coloured.index.picture.full
    assert decoded(coloured.result)[0].color_range == 2


def test_a_film_that_starts_late_starts_late(tmp_path, colour_film):
    source = write_film(
        tmp_path / "a.mp4", moving_pictures(10), times=list(range(250, 260)), sound=True
    )
    before = decoded(source)
    after = decoded(colour_film(source).result)
    assert [f.pts * f.time_base for f in after] == [f.pts * f.time_base for f in before]


def test_transport_streams_keep_their_clock(tmp_path, colour_film):
    source = write_film(tmp_path / "a.ts", moving_pictures(30), sound=True)
    coloured = colour_film(source, "ts")
    assert coloured.verdict.checks["timestamps"] == "exact"


def test_damage_is_counted_and_good_frames_stay(tmp_path):
    source = write_film(tmp_path / "a.mp4", moving_pictures(60), gop=12)
    with open_film(str(source)) as film:
        # The second key frame's: a decoder notices the loss of so much.
        packet = [p for p in film.container.demux(film.stream) if p.is_keyframe][1]
    damaged = bytearray(source.read_bytes())
    damaged[packet.pos + 8 : packet.pos + packet.size - 8] = b"\xa5" * (packet.size - 16)
    source.write_bytes(damaged)
    make_index(str(source), str(tmp_path / "i.npz"), 1)
    index = FilmIndex.load(tmp_path / "i.npz")
    assert index.facts["bad_frames"] > 0
    assert index.threads == 1
    clean = decoded(write_film(tmp_path / "b.mp4", moving_pictures(60), gop=12))
    good = {planes(frame)[0].tobytes() for frame in clean}
    same = sum(planes(frame)[0].tobytes() in good for frame in decoded(source))
    assert same > 45 and len(index) >= 59


@pytest.mark.parametrize("name", ["iver56_3frames.mp4"])
def test_real_films_go_the_whole_way(media, colour_film, name):
    coloured = colour_film(media / "bw_video" / name)
    assert coloured.verdict.frames == 3


def test_recordings_put_one_behind_the_other_go_on_in_time(tmp_path, colour_film):
    part = write_film(tmp_path / "part.ts", moving_pictures(50), sound=True).read_bytes()
    source = tmp_path / "a.ts"
    source.write_bytes(part + part)
    coloured = colour_film(source, "ts")
    assert coloured.index.facts["jumps"][0][0] == 50
    steps = np.diff(coloured.index.pts) * float(coloured.index.time_base)
    assert np.allclose(steps, 0.04, atol=0.001)
    with av.open(str(coloured.result)) as film:
        sound = [float(p.pts * p.time_base) for p in film.demux(audio=0) if p.size]
    with av.open(str(tmp_path / "part.ts")) as film:
        count = sum(1 for p in film.demux(audio=0) if p.size)
    picture = [float(time) for time in coloured.index.pts * float(coloured.index.time_base)]
    assert sound[count] - picture[50] == pytest.approx(sound[0] - picture[0], abs=0.002)


def test_a_bare_stream_is_counted_at_its_rate(tmp_path):
    source = write_film(tmp_path / "a.m1v", moving_pictures(20), codec="mpeg1video")
    make_index(str(source), str(tmp_path / "i.npz"), 1)
    index = FilmIndex.load(tmp_path / "i.npz")
    assert set(np.diff(index.pts) * index.time_base) == {Fraction(1, 25)}
    assert index.facts["has_no_times"] and not index.facts["repaired_timestamps"]


def test_a_change_of_size_is_named_with_its_place(tmp_path):
    parts = [
        write_film(tmp_path / f"{n}.ts", moving_pictures(30, *size)).read_bytes()
        for n, size in enumerate(((96, 64), (128, 96)))
    ]
    source = tmp_path / "a.ts"
    source.write_bytes(b"".join(parts))
    with pytest.raises(ItemError, match="changes its size") as caught:
        make_index(str(source), str(tmp_path / "i.npz"), 1)
    assert "96 × 64 from frame 0" in caught.value.fault
    assert "128 × 96 from frame 30" in caught.value.fault
    assert "Cut it there" in caught.value.remedy


@pytest.mark.parametrize("transfer", [16, 18])
def test_hdr_is_refused_with_what_to_do(tmp_path, transfer):
    frames = [frame.astype(np.uint16) * 4 for frame in moving_pictures(5)]
    source = write_film(
        *(tmp_path / "a.mkv", frames),
        **{"pixel_format": "yuv420p10le", "colorspace": 9, "color_trc": transfer},
    )
    with pytest.raises(ItemError, match="HDR") as caught:
        make_index(str(source), str(tmp_path / "i.npz"), 1)
    assert "SDR" in caught.value.remedy


def test_pictures_of_the_film_that_are_progressive_are_counted_among_interlaced_ones(tmp_path):
    graphs = {name: _marker(name) for name in ("prog", "tff")}
    source = tmp_path / "a.mkv"
    with av.open(str(source), "w") as file:
        stream = file.add_stream("mpeg2video", rate=Fraction(25))
        stream.width, stream.height = 96, 64
        stream.codec_context.flags |= av.codec.context.Flags.interlaced_dct
        for number, luma in enumerate(moving_pictures(12)):
            frame = av.VideoFrame.from_ndarray(luma, format="gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, 25)
            graph = graphs["prog" if number < 4 else "tff"]
            graph.push(frame)
            file.mux(stream.encode(graph.pull()))
        file.mux(stream.encode(None))
    make_index(str(source), str(tmp_path / "i.npz"), 1)
    index = FilmIndex.load(tmp_path / "i.npz")
    assert 0 < index.facts["interlaced_frames"] <= len(index)
    assert index.picture.fields == "tff"


def _marker(mode: str) -> av.filter.Graph:
    graph = av.filter.Graph()
    feed = graph.add_buffer(width=96, height=64, format="yuv420p", time_base=Fraction(1, 25))
    mark, sink = graph.add("setparams", f"field_mode={mode}"), graph.add("buffersink")
    feed.link_to(mark)
    mark.link_to(sink)
    graph.configure()
    return graph


def times_of(path: Path, kind: str) -> list[tuple[int, float]]:
    """Every packet's size and time in seconds, of the last stream of a kind."""
    with av.open(str(path)) as film:
        stream = [s for s in film.streams if s.type == kind][-1]
        packets = [p for p in film.demux(stream) if p.size]
        return [(p.size, float(p.pts * p.time_base)) for p in packets]


@pytest.mark.parametrize("container", ["mkv", "mp4"])
def test_a_second_picture_with_b_frames_keeps_its_times(tmp_path, colour_film, container):
    plain = write_film(tmp_path / "plain.mkv", moving_pictures(20))
    source = tmp_path / "two.mkv"
    with av.open(str(plain)) as film, av.open(str(source), "w") as output:
        copies = [output.add_stream_from_template(film.streams[0], opaque=True) for _ in range(2)]
        for packet in film.demux():
            for copy in copies if packet.size else []:
                again = av.Packet(bytes(packet))
                again.pts, again.dts, again.time_base = packet.pts, packet.dts, packet.time_base
                again.is_keyframe, again.stream = packet.is_keyframe, copy
                output.mux(again)
    given = times_of(source, "video")
    assert [time for _, time in given] != sorted(time for _, time in given)
    coloured = colour_film(source, container)
    assert times_of(coloured.result, "video") == given
    assert coloured.verdict.checks["streams"] == {"1: video h264": "equal, 20 packets"}


@pytest.mark.parametrize("late", [0, 50])
def test_sound_cut_into_other_packets_is_compared_at_the_same_bytes(tmp_path, late):
    path = tmp_path / "sound.mov"
    with av.open(str(path), "w") as output:
        sound = output.add_stream("pcm_s16le", rate=8000, layout="mono")
        for number in range(8):
            wave = np.full((1, 600), number, np.int16)
            part = av.AudioFrame.from_ndarray(wave, format="s16", layout="mono")
            part.sample_rate, part.pts = 8000, number * 600
            output.mux(sound.encode(part))
    with av.open(str(path)) as film:
        whole = b"".join(bytes(p) for p in film.demux() if p.size)
        written = sum(p.size > 0 for p in film.demux())
    copy = Copy("audio", 1, "audio pcm_s16le", "film", output=0, time_base=Fraction(1, 8000))
    cuts = [0, 400, *range(1200, 9600, 1200)]
    for start, end in pairwise([*cuts, len(whole)]):
        packet = av.Packet(whole[start:end])
        packet.pts = start // 2 + late
        copy.note(packet)
    assert len(cuts) != written
    if late:
        with pytest.raises(ItemError, match="stands at"):
            check_copies([copy], path)
    else:
        assert check_copies([copy], path)["1: audio pcm_s16le"].startswith("equal bytes")
