"""Small pictures and films for tests, made from scikit-image's photographs."""

from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from skimage import color, data, img_as_ubyte, img_as_uint

FRAME_RATE = Fraction(24000, 1001)


def write_photo(path: Path, rgb: NDArray[np.floating], depth: int = 8) -> None:
    """A grey photograph: ``rgb`` float (H, W, 3) in [0, 1], ``depth`` 8 or 16 bit."""
    path.parent.mkdir(parents=True, exist_ok=True)
    grey = color.rgb2gray(rgb)
    pixels = img_as_uint(grey) if depth == 16 else img_as_ubyte(grey)
    encoded = cv2.imencode(path.suffix, pixels)[1]
    path.write_bytes(encoded.tobytes())


def grey_frames(count: int, width: int = 128, height: int = 96) -> list[NDArray[np.uint8]]:
    """Frames of two shots with a slow pan: uint8 (height, width), a cut in the middle."""
    frames = []
    for number in range(count):
        picture = data.astronaut() if number < count // 2 else data.chelsea()
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        left = 2 * number % 60
        view = grey[20 : 20 + 240, left : left + 320]
        frames.append(cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA))
    return frames


def write_film(path: Path, seconds: float = 2.0, width: int = 128, height: int = 96) -> None:
    """A grey H.264 film of 24000/1001 frames a second, with a tone in AAC."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=FRAME_RATE)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        # Without cpu-independent, x264's AVX-512 code gives other bytes at every encoding.
        video.options = {"preset": "ultrafast", "g": "12", "x264-params": "cpu-independent=1"}
        sound = container.add_stream("aac", rate=48000, layout="mono")
        for number, grey in enumerate(grey_frames(round(seconds * FRAME_RATE), width, height)):
            frame = av.VideoFrame.from_ndarray(grey, "gray").reformat(format="yuv420p")
            frame.pts, frame.time_base = number, 1 / FRAME_RATE
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        samples = np.sin(2 * np.pi * 440 * np.arange(int(48000 * seconds)) / 48000)
        tone = (8000 * samples).astype(np.int16)[None]
        for start in range(0, tone.shape[1] - 1024, 1024):
            frame = av.AudioFrame.from_ndarray(tone[:, start : start + 1024], "s16", "mono")
            frame.sample_rate, frame.pts = 48000, start
            container.mux(sound.encode(frame))
        container.mux(sound.encode(None))
