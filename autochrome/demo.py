"""A small archive to try Autochrome on: the photographs that scikit-image carries, turned grey.

It holds what family archives hold: several formats, a 16-bit scan, a sepia print, names with
spaces and umlauts, a photograph that is in colour already, a film with cuts, camera movement and
sound, and a text file that is none of Autochrome's business.

    python -m autochrome.demo FOLDER
"""

import os
import shutil
import sys
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import av
import cv2
import numpy as np
import tifffile
from numpy.typing import NDArray
from PIL import Image

from .color import REC601

FRAME_RATE = Fraction(24000, 1001)
WIDTH, HEIGHT = 480, 360
SHOT_FRAMES = 42
SAMPLE_RATE = 48000
DPI = 300

_SEPIA = np.array([1.0, 0.87, 0.68], np.float32)

# A shot: the photograph, then where the camera looks at its start and at its end: the centre as
# parts of the picture's width and height, and the view's width as a part of the widest possible.
_SHOTS = (
    ("coffee.png", (0.5, 0.5, 1.0), (0.42, 0.45, 0.62)),
    ("astronaut.png", (0.5, 0.62, 0.9), (0.45, 0.38, 0.72)),
    ("motorcycle_left.png", (0.42, 0.5, 0.7), (0.55, 0.52, 0.7)),
    ("chelsea.png", (0.55, 0.5, 0.66), (0.48, 0.45, 1.0)),
)
# One pair of tones (left, right; Hz) for each shot.
_TONES = ((262, 330), (294, 349), (330, 392), (262, 523))

_README = """This folder was made by Autochrome to show what it does. The photographs are those of
scikit-image, turned grey; the film was made of them. This text is neither photograph nor film:
it is counted and left alone.
"""


def make_demo(folder: Path) -> None:
    """Write the demo archive to ``folder``, which must not exist yet: whole or not at all.

    The same versions of the libraries write the same bytes. Raises FileExistsError, also where
    another call makes the folder meanwhile, and OSError.
    """
    folder = Path(folder)
    _must_not_exist(folder)
    part = folder.with_name(f".part-{folder.name}-{os.getpid()}")
    try:
        part.mkdir(parents=True)
        _write_photographs(part)
        write_film(part / "Film reel.mp4", grey_film(), tones())
        (part / "README.txt").write_text(_README, encoding="utf-8")
        try:
            part.rename(folder)
        except OSError:
            _must_not_exist(folder)
            raise
    finally:
        shutil.rmtree(part, ignore_errors=True)


def _must_not_exist(folder: Path) -> None:
    if folder.exists():
        raise FileExistsError(f"{folder} exists already.")


def photograph(name: str) -> NDArray[np.uint8]:
    """A photograph of scikit-image's own files, never a download: uint8 (H, W, 3), R, G, B."""
    with (files("skimage") / "data" / name).open("rb") as file, Image.open(file) as picture:
        return np.asarray(picture.convert("RGB"))


def grey(rgb: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Rec. 601 luma in [0, 255], not rounded: uint8 (H, W, 3) to float32 (H, W)."""
    return rgb.astype(np.float32) @ np.asarray(REC601, np.float32)


def _write_photographs(folder: Path) -> None:
    album = folder / "Großmutters Album"
    album.mkdir()

    exif = Image.Exif()
    exif[0x010E] = "Portrait of an astronaut"  # ImageDescription
    exif[0x013B] = "NASA"  # Artist
    exif[0x0132] = "1999:06:01 12:00:00"  # DateTime
    _grey8("astronaut.png").save(folder / "Portrait.jpg", quality=92, dpi=(DPI, DPI), exif=exif)

    _grey8("chelsea.png").save(folder / "Cat.png", dpi=(DPI, DPI))
    _grey8("motorcycle_left.png").save(folder / "Motorcycle.webp", quality=90)
    tifffile.imwrite(
        folder / "Scan 0001 (16 bit).tif",
        np.rint(grey(photograph("coffee.png")) * 257).astype(np.uint16),
        photometric="minisblack",
        compression="zlib",
        resolution=(600, 600),
        resolutionunit="INCH",
        metadata=None,
        software=False,
    )
    sepia = np.rint(grey(photograph("rocket.jpg"))[..., None] * _SEPIA).astype(np.uint8)
    Image.fromarray(sepia).save(album / "Über den Wolken, Sommer 1962.jpg", quality=92)
    colour = Image.fromarray(photograph("motorcycle_right.png"))
    colour.save(album / "Already in colour.jpg", quality=90)


def _grey8(name: str) -> Image.Image:
    return Image.fromarray(np.rint(grey(photograph(name))).astype(np.uint8))


def grey_film() -> NDArray[np.uint8]:
    """The frames of the demo's film: uint8 (N, HEIGHT, WIDTH), full range."""
    return np.concatenate([_shot(*shot) for shot in _SHOTS])


def _shot(name: str, start: tuple, end: tuple) -> NDArray[np.uint8]:
    """A slow camera movement over a photograph: uint8 (SHOT_FRAMES, HEIGHT, WIDTH)."""
    picture = grey(photograph(name))
    height, width = picture.shape
    widest = min(width, height * WIDTH / HEIGHT)
    frames = np.empty((SHOT_FRAMES, HEIGHT, WIDTH), np.uint8)
    for number, t in enumerate(np.linspace(0, 1, SHOT_FRAMES)):
        t = t * t * (3 - 2 * t)
        x, y, size = ((1 - t) * np.array(start) + t * np.array(end)).tolist()
        scale = size * widest / WIDTH
        left = np.clip(x * width - scale * WIDTH / 2, 0, width - scale * WIDTH)
        top = np.clip(y * height - scale * HEIGHT / 2, 0, height - scale * HEIGHT)
        view = np.array([[scale, 0, left], [0, scale, top]])
        frame = cv2.warpAffine(
            picture,
            view,
            (WIDTH, HEIGHT),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REPLICATE,
        )
        frames[number] = np.rint(frame)
    return frames


def tones() -> NDArray[np.float32]:
    """The film's sound, a pair of tones for each shot: float32 (2, samples) in [-1, 1]."""
    count = round(SHOT_FRAMES / FRAME_RATE * SAMPLE_RATE)
    time = np.arange(count) / SAMPLE_RATE
    fade = np.minimum(1, np.minimum(time, time[::-1]) / 0.05)
    parts = [[0.2 * fade * np.sin(2 * np.pi * hertz * time) for hertz in pair] for pair in _TONES]
    return np.concatenate(parts, axis=1).astype(np.float32)


def write_film(
    path: Path, frames: NDArray[np.uint8], sound: NDArray[np.float32], rate: Fraction = FRAME_RATE
) -> None:
    """Write a grey film with stereo sound: H.264 (Rec. 601, limited range) and AAC.

    ``frames`` uint8 (N, H, W), full range, H and W even; ``sound`` float32 (2, samples) at
    SAMPLE_RATE; ``rate`` in frames a second. The container is that of the suffix.
    """
    _, height, width = frames.shape
    # Without cpu-independent, x264's AVX-512 code gives other bytes at each encoding where the
    # width is 480 (it reads beyond the rows in its macroblock tree).
    options = {"crf": "18", "preset": "veryfast", "x264-params": "cpu-independent=1"}
    with av.open(str(path), "w", container_options={"fflags": "+bitexact"}) as film:
        video = film.add_stream("libx264", rate=rate, options=options)
        video.width, video.height, video.pix_fmt = width, height, "yuv420p"
        video.codec_context.thread_count = 1
        video.codec_context.colorspace = 6  # SMPTE 170M, as are primaries and transfer
        video.codec_context.color_primaries = 6
        video.codec_context.color_trc = 6
        video.codec_context.color_range = 1  # limited
        audio = film.add_stream("aac", rate=SAMPLE_RATE, layout="stereo")
        for number, luma in enumerate(frames):
            planes = np.full((height * 3 // 2, width), 128, np.uint8)
            planes[:height] = np.rint(16 + luma * np.float32(219 / 255))
            frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
            frame.pts, frame.time_base = number, 1 / rate
            film.mux(video.encode(frame))
        film.mux(video.encode(None))
        wave = av.AudioFrame.from_ndarray(
            np.ascontiguousarray(sound), format="fltp", layout="stereo"
        )
        wave.sample_rate, wave.pts = SAMPLE_RATE, 0
        film.mux(audio.encode(wave))
        film.mux(audio.encode(None))


def main() -> int:
    """The command line: one argument, the folder to make. One that exists is left as it is."""
    if len(sys.argv) != 2:
        print("Usage: python -m autochrome.demo FOLDER", file=sys.stderr)
        return 2
    try:
        make_demo(Path(sys.argv[1]))
    except FileExistsError as there:
        print(f"{there} It is left as it is.", file=sys.stderr)
    except OSError as error:
        print(f"The demo archive cannot be written: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
