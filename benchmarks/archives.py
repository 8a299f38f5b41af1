"""Archives of any size for the benchmarks: tiny photographs, and films whose headers are real.

The photographs are grey JPEGs of 48 × 48 pixels, each with bytes of its own. The films are a few
encoded seconds under headers of other durations; what their size promises is a hole in the file.
"""

import struct
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

PHOTOS_A_FOLDER = 500
_SIDE = 48
_FILM_BYTES_A_SECOND = 130_000
_RATE = Fraction(24)


def add_photos(archive: Path, count: int) -> None:
    """Write photographs 0 to ``count``; those that are there already are left as they are."""
    rng = np.random.default_rng(0)
    grey = cv2.resize(rng.integers(40, 216, (6, 6)).astype(np.uint8), (_SIDE, _SIDE))
    picture = cv2.imencode(".jpg", grey)[1].tobytes()
    for number in range(count):
        path = archive / f"box {number // PHOTOS_A_FOLDER:03d}" / f"photo {number:06d}.jpg"
        if number % PHOTOS_A_FOLDER == 0:
            path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            path.write_bytes(_with_comment(picture, f"photograph {number}"))


def add_films(archive: Path, count: int, minutes: float) -> None:
    """Write films that say they last about ``minutes``, each a little longer than the last."""
    folder = archive / "films"
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        path = folder / f"reel {number:03d}.mkv"
        if not path.exists():
            seconds = minutes * 60 + number / 10
            _write_film(path, seconds)
            with path.open("ab") as file:
                file.truncate(int(seconds * _FILM_BYTES_A_SECOND))


def _with_comment(picture: bytes, text: str) -> bytes:
    comment = text.encode()
    return picture[:2] + b"\xff\xfe" + struct.pack(">H", len(comment) + 2) + comment + picture[2:]


def _write_film(path: Path, seconds: float) -> None:
    """A second of grey H.264, and one last frame at the end of so many seconds."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"preset": "ultrafast"}
        last = round(seconds * _RATE) - 1
        for number in (*range(24), last):
            grey = np.full((48, 64), number * 9 % 256, np.uint8)
            frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / _RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def add_moving_film(path: Path, seconds: float, shift: int) -> None:
    """Write a film of grey patches that move by ``shift`` pixels a frame, with a cut each second.

    An empty box at its end makes it large enough to be cut into a chunk a second.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rng = np.random.default_rng(shift)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_RATE)
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        stream.options = {"preset": "ultrafast", "g": "12"}
        for number in range(round(seconds * _RATE)):
            if number % _RATE == 0:
                patches = rng.integers(30, 226, (6, 9)).astype(np.uint8)
                scene = cv2.resize(patches, (96, 64), interpolation=cv2.INTER_CUBIC)
            grey = np.roll(scene, shift * number, axis=1)
            frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / _RATE
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    empty = int(seconds * 1_000_000)
    with path.open("ab") as file:
        file.write(struct.pack(">I4s", empty, b"free"))
        file.truncate(file.tell() + empty - 8)
