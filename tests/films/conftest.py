"""Small films made from scikit-image's photographs, and the way through all stages in process."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
import pytest
import skimage.data
from numpy.typing import NDArray

from autochrome.films.arrays import in_blocks, save_arrays
from autochrome.films.coding import Coding
from autochrome.films.colour import colour_frames
from autochrome.films.encode import make_chunk
from autochrome.films.index import FilmIndex, make_index
from autochrome.films.join import Joined, join_chunks
from autochrome.films.keyframes import KeyFrames
from autochrome.films.parts import part_path
from autochrome.films.presets import encoder_settings
from autochrome.films.verify import Verdict, verify_film

FILMS = {
    "preset": "share",
    "codec": None,
    "container": "auto",
    "depth": "auto",
    "crf": None,
    "effort": None,
    "encoder_options": {},
    "encoder_threads": 2,
}


def encoder(tint: str = "drop", **films: Any) -> dict[str, Any]:
    """Settings of the encode stage for these ``films`` settings; H.264 and H.265 at full speed."""
    quick = {"effort": "ultrafast"} if films.get("codec") in (None, "h264", "h265") else {}
    if films.get("preset", "share") != "share":
        quick = {}
    return encoder_settings(FILMS | quick | films) | {
        "saturation": 1.0,
        "tint": tint,
    }


SETTINGS = encoder()


class PlainPredictor:
    """Stands in for the network: ab follows lightness, the same on every machine."""

    def input_size(self, height: int, width: int) -> tuple[int, int]:
        return 64, 64

    def predict(self, lightness: NDArray[np.float32]) -> NDArray[np.float32]:
        small = lightness[:, ::4, ::4]
        return np.stack([small * 0.5 - 10, 30 - small * 0.6], axis=3)


def moving_pictures(count: int, width: int = 96, height: int = 64) -> list[NDArray[np.uint8]]:
    """Grey frames, uint8 (height, width): a window moves over photographs; cuts in between."""
    photographs = [skimage.data.camera(), skimage.data.coffee(), skimage.data.astronaut()]
    greys = [p if p.ndim == 2 else cv2.cvtColor(p, cv2.COLOR_RGB2GRAY) for p in photographs]
    frames = []
    shots = np.arange(count) * len(greys) // count
    for number, shot in enumerate(shots):
        picture = greys[shot]
        shift = 2 * (number - int(np.searchsorted(shots, shot)))
        window = picture[20 : 20 + 2 * height, shift : shift + 2 * width]
        frames.append(cv2.resize(window, (width, height), interpolation=cv2.INTER_AREA))
    return frames


def write_film(
    path: Path,
    frames: Sequence[NDArray[np.integer]],
    times: Sequence[int] | None = None,
    time_base: Fraction = Fraction(1, 25),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    sound: bool = False,
    first_sound: int = 0,
    gop: int = 12,
    **context: Any,
) -> Path:
    """A film of these luma planes (codes as they stand) with neutral chroma, and perhaps a tone."""
    height, width = frames[0].shape
    with av.open(str(path), "w") as file:
        video = file.add_stream(codec, rate=Fraction(25))
        video.width, video.height, video.pix_fmt = width, height, pixel_format
        video.codec_context.time_base = time_base
        video.time_base = time_base
        video.options = {"crf": "12", "preset": "ultrafast", "bf": "2", "b-adapt": "0"}
        if codec == "libx264":
            video.codec_context.gop_size = gop
            # Else x264's AVX-512 code gives other bytes at every encoding.
            video.options |= {"x264-params": "cpu-independent=1"}
        else:
            video.options = {}
        for name, value in context.items():
            setattr(video.codec_context, name, value)
        tone = file.add_stream("aac", rate=8000, layout="mono") if sound else None
        for number, luma in enumerate(frames):
            frame = av.VideoFrame(width, height, pixel_format)
            for i, plane in enumerate(frame.planes):
                kind = np.uint8 if luma.dtype == np.uint8 else np.uint16
                rows = np.frombuffer(plane, kind).reshape(plane.height, -1)
                middle = 1 << (frame.format.components[0].bits - 1)
                rows[:, : plane.width] = luma if i == 0 else middle
            frame.pts = number if times is None else times[number]
            frame.time_base = time_base
            file.mux(video.encode(frame))
        file.mux(video.encode(None))
        if tone is not None:
            for number in range(len(frames) * 320 // 1024):
                wave = np.sin(np.arange(1024) * 0.3 + number).astype(np.float32)[None]
                part = av.AudioFrame.from_ndarray(wave, format="fltp", layout="mono")
                part.sample_rate, part.pts = 8000, first_sound + number * 1024
                file.mux(tone.encode(part))
            file.mux(tone.encode(None))
    return path


@dataclass
class Coloured:
    """A film coloured in process."""

    index: FilmIndex
    result: Path
    joined: Joined
    verdict: Verdict
    coding: Coding


@pytest.fixture
def colour_film(tmp_path: Path) -> Callable[..., Coloured]:
    """The whole way for one film, in this process and with a stand-in for the network."""

    def colour(
        source: Path,
        container: str = "mp4",
        chunks: int = 1,
        name: str = "work",
        key_frames: KeyFrames = "auto",
        treat_as: str | None = None,
        seconds: float | None = None,
        **settings: Any,
    ) -> Coloured:
        folder = tmp_path / name
        folder.mkdir()
        make_index(str(source), str(folder / "index.npz"), chunks, key_frames, treat_as, seconds)
        index = FilmIndex.load(folder / "index.npz")
        numbers = [n for n in range(chunks) if index.chunk(n)]
        for n in numbers:
            maps = colour_frames(index, str(source), n, PlainPredictor())
            save_arrays(folder / f"colour-{n}.npz", in_blocks(maps))
        encoded = []
        for n in numbers:
            near = [str(folder / f"colour-{m}.npz") for m in numbers if abs(m - n) <= 1]
            parts = make_chunk(
                str(folder / "index.npz"),
                str(source),
                n,
                near,
                encoder(**settings),
                str(folder / f"encode-{n}"),
                str(folder / f"encode-{n}.npz"),
            )
            encoded += [part_path(folder / f"encode-{n}", part) for part in range(parts)]
        result = folder / f"result.{container}"
        joined = join_chunks(index, str(source), encoded, container, "made by a test", result)
        thumbs = [folder / f"encode-{n}.npz" for n in numbers]
        coding = Coding.of(index.picture, encoder(**settings))
        verdict = verify_film(index, result, joined, thumbs, coding)
        return Coloured(index, result, joined, verdict, coding)

    return colour


def decoded(path: Path) -> list[av.VideoFrame]:
    with av.open(str(path)) as file:
        return list(file.decode(file.streams.video[0]))


def planes(frame: av.VideoFrame) -> list[NDArray[np.integer]]:
    kind = np.uint8 if frame.format.components[0].bits == 8 else np.uint16
    return [
        np.frombuffer(plane, kind).reshape(plane.height, -1)[:, : plane.width].copy()
        for plane in frame.planes
    ]
