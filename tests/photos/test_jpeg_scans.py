"""A grey JPEG's scans stay byte for byte, and every decoder reads them as it read the source."""

import io

import cv2
import imagecodecs
import numpy as np
import pytest
from PIL import Image

from autochrome.photos.jpeg_coefficients import TransplantError
from autochrome.photos.jpeg_scans import join_scans
from autochrome.photos.jpeg_segments import parse

from .pictures import grey, jpeg_bytes, luma_plane, rgb, sepia

TABLE = [8] * 64
SIZES = [(90, 70), (33, 17), (16, 8), (1, 1)]
KINDS = [
    {},
    {"progressive": True},
    {"optimize": True},
    {"restart_marker_blocks": 3},
    {"restart_marker_rows": 1, "progressive": True},
]


def joined(data: bytes, chroma=None) -> bytes:
    source = parse(data)
    size = source.height, source.width
    if chroma is None:
        chroma = np.full((2, (size[0] + 1) // 2, (size[1] + 1) // 2), 128, np.uint8)
    return join_scans(source.stripped, size, chroma, TABLE)


def pixels(data: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(data)))


@pytest.mark.parametrize("options", KINDS)
@pytest.mark.parametrize("size", SIZES)
def test_luma_is_the_sources_for_every_kind(size, options):
    data = jpeg_bytes(grey(*size), **options)
    result = joined(data)
    assert np.array_equal(luma_plane(io.BytesIO(result)), pixels(data))
    coded = parse(data).stripped
    start = coded.index(b"\xff\xda")
    assert coded[start:-2] in result


@pytest.mark.parametrize("options", KINDS)
def test_decoders_agree_on_the_result(options):
    data = joined(jpeg_bytes(grey(), **options))
    ours = pixels(data)
    assert np.array_equal(imagecodecs.jpeg_decode(data), ours)
    assert np.array_equal(cv2.imdecode(np.frombuffer(data, np.uint8), 1)[..., ::-1], ours)


@pytest.mark.parametrize("options", KINDS)
def test_chroma_is_the_new_one(options):
    chroma = np.stack([np.full((35, 45), code, np.uint8) for code in (90, 160)])
    image = Image.open(io.BytesIO(joined(jpeg_bytes(grey(), **options), chroma)))
    image.draft("YCbCr", None)
    found = np.asarray(image)[..., 1:].astype(int)
    assert np.abs(found - (90, 160)).max() <= 1


@pytest.mark.parametrize(
    "data",
    [
        jpeg_bytes(sepia()),
        jpeg_bytes(rgb(), progressive=True),
        jpeg_bytes(grey())[:-2],
        jpeg_bytes(grey())[:-2] + b"\xff\xdc\0\x04\0\x46\xff\xd9",
        jpeg_bytes(grey())[:-2] + b"\xff\xff\xd9",
    ],
)
def test_what_is_built_otherwise_is_refused(data):
    with pytest.raises(TransplantError):
        joined(data)


def test_another_size_than_the_headers_is_refused():
    with pytest.raises(TransplantError):
        join_scans(
            parse(jpeg_bytes(grey())).stripped, (70, 91), np.zeros((2, 35, 46), np.uint8), TABLE
        )
