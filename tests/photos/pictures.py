"""Small real photographs in many forms, and a chroma map, for the tests of this room."""

import io

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image
from skimage import data

# A map as a network gives it: a colour that changes across the picture.
AB = np.dstack(np.meshgrid(np.linspace(-30, 40, 16), np.linspace(45, -35, 12))).astype(np.float32)
MOST = 10**6

# What `colour_photo` is given beside a photograph.
FACTS = {
    "software": "",
    "version": "",
    "model": "",
    "model_sha256": "",
    "precision": "",
    "temperature": "",
    "saturation": "",
    "source_sha256": "",
    "digital_source_type": "compositeWithTrainedAlgorithmicMedia",
}
SETTINGS = {"saturation": 1.0, "max_pixels": 10**8, "tone": "auto"}


def rgb(width: int = 90, height: int = 70) -> NDArray[np.uint8]:
    """A colour photograph: uint8 (height, width, 3)."""
    return cv2.resize(data.astronaut()[:400], (width, height), interpolation=cv2.INTER_AREA)


def grey(width: int = 90, height: int = 70) -> NDArray[np.uint8]:
    """The same in grey: uint8 (height, width)."""
    return cv2.cvtColor(rgb(width, height), cv2.COLOR_RGB2GRAY)


def grey16(width: int = 90, height: int = 70) -> NDArray[np.uint16]:
    """The same with 16 bits, all of them in use: uint16 (height, width)."""
    wide = cv2.resize(data.astronaut()[:400].astype(np.float32), (width, height)) @ np.float32(
        [0.299, 0.587, 0.114]
    )
    return np.rint(wide * 257).astype(np.uint16)


def sepia(width: int = 90, height: int = 70) -> NDArray[np.uint8]:
    """A tinted scan: uint8 (height, width, 3)."""
    tone = grey(width, height)[..., None] / 255 * [235.0, 205, 160] + [20, 14, 8]
    return np.rint(tone).astype(np.uint8)


def jpeg_bytes(pixels: NDArray[np.uint8], **options) -> bytes:
    """Pixels as a JPEG of Pillow's."""
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "JPEG", **{"quality": 85, **options})
    return buffer.getvalue()


def luma_plane(path) -> NDArray[np.uint8]:
    """The Y plane that a JPEG decodes to."""
    with Image.open(path) as image:
        image.draft("L", None)
        return np.asarray(image)


def halftone(grey: np.ndarray, period: float, degrees: float = 45) -> np.ndarray:
    """Dots of ink on paper, whose area is the tone, as a scanner sees them: uint8 (H, W)."""
    y, x = np.mgrid[: grey.shape[0], : grey.shape[1]] * (2 * np.pi / period)
    turn = np.deg2rad(degrees)
    screen = np.cos(x * np.cos(turn) + y * np.sin(turn)) + np.cos(
        y * np.cos(turn) - x * np.sin(turn)
    )
    rank = np.searchsorted(np.sort(screen.ravel()[::97]), screen) / (screen.size / 97)
    paper = (rank <= grey / 255).astype(np.float32)
    return np.rint(255 * (0.1 + 0.8 * cv2.GaussianBlur(paper, (0, 0), 0.7))).astype(np.uint8)


def gamma(profile: bytes, value: float) -> bytes:
    """A copy of the profile with another gamma in its curve (u8Fixed8)."""
    place = profile.rindex(b"curv") + 12
    return profile[:place] + round(value * 256).to_bytes(2) + profile[place + 2 :]
