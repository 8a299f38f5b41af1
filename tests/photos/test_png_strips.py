"""A PNG written in strips is the one of the whole picture, and is read back in strips."""

import io
import tracemalloc
import zlib

import imagecodecs
import numpy as np
import pytest
from PIL import Image

from autochrome.photos import png_strips

from .pictures import grey16, rgb

KINDS = [(channels, kind) for channels in (2, 3, 4) for kind in (np.uint8, np.uint16)]


def picture(channels: int, kind: type) -> np.ndarray:
    grey = grey16(61, 47)
    planes = [grey, grey[::-1], grey[:, ::-1], grey // 3][:channels]
    return np.dstack(planes) if kind is np.uint16 else (np.dstack(planes) >> 8).astype(np.uint8)


def write(path, pixels: np.ndarray, rows: int) -> None:
    strips = (pixels[top : top + rows] for top in range(0, len(pixels), rows))
    head = png_strips.SIGNATURE + png_strips.header(*pixels.shape, pixels.dtype)
    end = png_strips.chunk(b"IEND", b"")
    path.write_bytes(head + b"".join(png_strips.encoded(strips)) + end)


@pytest.mark.parametrize(("channels", "kind"), KINDS)
@pytest.mark.parametrize("rows", [1, 2, 7, 46, 47])
def test_pixels_come_back_however_they_are_cut(tmp_path, monkeypatch, channels, kind, rows):
    pixels = picture(channels, kind)
    write(tmp_path / "a.png", pixels, rows)
    assert np.array_equal(imagecodecs.png_decode((tmp_path / "a.png").read_bytes()), pixels)
    monkeypatch.setattr(png_strips, "_STRIP_BYTES", 1000)
    strips = list(png_strips.decoded(tmp_path / "a.png"))
    assert len(strips) > 4
    assert np.array_equal(np.concatenate(strips), pixels)


def saved(image: Image.Image, **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", **options)
    return buffer.getvalue()


FOREIGN = {
    "1 bit": lambda image: saved(image.convert("1")),
    "palette": lambda image: saved(image.quantize(200)),
    "palette of 4 bits": lambda image: saved(image.quantize(16), bits=4),
    "palette, transparent": lambda image: saved(image.quantize(9), transparency=b"\x20\x80"),
    "grey, one of them transparent": lambda image: saved(image.convert("L"), transparency=90),
    "grey": lambda image: saved(image.convert("L")),
    "grey, 16 bits": lambda image: imagecodecs.png_encode(grey16(61, 47)),
    "RGB": saved,
}


@pytest.mark.parametrize("kind", FOREIGN)
@pytest.mark.parametrize("size", [150, 1000, 1 << 20])
def test_other_programs_files_are_read_as_libpng_reads_the_whole(tmp_path, monkeypatch, kind, size):
    data = FOREIGN[kind](Image.fromarray(rgb()))
    (tmp_path / "a.png").write_bytes(data)
    monkeypatch.setattr(png_strips, "_STRIP_BYTES", size)
    pixels = np.concatenate(list(png_strips.decoded(tmp_path / "a.png", strict=False)))
    whole = imagecodecs.png_decode(data)
    assert pixels.dtype == whole.dtype
    assert np.array_equal(pixels, whole)


def test_rows_beyond_the_picture_are_not_inflated(tmp_path):
    head = png_strips.SIGNATURE + png_strips.header(4, 4, 3, np.dtype(np.uint8))
    data = png_strips.chunk(b"IDAT", zlib.compress(bytes(400_000_000), 1))
    (tmp_path / "a.png").write_bytes(head + data + png_strips.chunk(b"IEND", b""))
    tracemalloc.start()
    assert sum(map(len, png_strips.decoded(tmp_path / "a.png", strict=False))) == 4
    assert tracemalloc.get_traced_memory()[1] < 100_000_000
    tracemalloc.stop()


def test_the_file_does_not_depend_on_the_strips(tmp_path):
    streams = []
    for rows in (1, 9, 70):
        write(tmp_path / "a.png", rgb(), rows)
        data = memoryview((tmp_path / "a.png").read_bytes())
        parts = [content for name, content in png_strips._chunks(data) if name == b"IDAT"]
        streams.append(zlib.decompress(b"".join(parts)))
    assert streams[0] == streams[1] == streams[2]


@pytest.mark.parametrize("place", [200, -30, -20])
def test_a_flipped_bit_is_found(tmp_path, place):
    write(tmp_path / "a.png", rgb(), 9)
    data = bytearray((tmp_path / "a.png").read_bytes())
    data[place] ^= 4
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises((ValueError, zlib.error)):
        list(png_strips.decoded(tmp_path / "a.png"))


@pytest.mark.parametrize("left", [60, 1000, -12])
def test_a_cut_file_is_found(tmp_path, left):
    write(tmp_path / "a.png", rgb(), 9)
    (tmp_path / "a.png").write_bytes((tmp_path / "a.png").read_bytes()[:left])
    with pytest.raises((ValueError, zlib.error)):
        list(png_strips.decoded(tmp_path / "a.png"))


@pytest.mark.parametrize("shape", [(151, 1, 3), (3000, 2, 3), (151, 1, 4)])
def test_columns_are_written_too(tmp_path, shape):
    pixels = np.random.default_rng(7).integers(0, 256, shape, np.uint8)
    parts = [
        png_strips.SIGNATURE,
        png_strips.header(*shape, pixels.dtype),
        *png_strips.encoded(iter([pixels])),
        png_strips.chunk(b"IEND", b""),
    ]
    assert np.array_equal(imagecodecs.png_decode(b"".join(parts)), pixels)
