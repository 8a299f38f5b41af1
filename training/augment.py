"""Makes a colour photograph look like an old picture: what is grey in it, and how it aged.

Every function takes and returns grey pictures as float32 (H, W) in 0 … 255 and a NumPy generator.
The ab target never changes, except that painted scan borders are neutral.
"""

from __future__ import annotations

import cv2
import numpy as np

LUMA_BGR = np.array([0.114, 0.587, 0.299], np.float32)
BLUE_SENSITIVE_BGR = np.array([0.85, 0.15, 0.0], np.float32)
ORTHOCHROMATIC_BGR = np.array([0.4, 0.55, 0.05], np.float32)

CLEAN_SHARE = 0.4
SPECTRAL_SHARE = 0.6
BORDER_SHARE = 0.06


def spectral_weights(rng: np.random.Generator) -> np.ndarray:
    """Draw weights of B, G, R that sum to 1: luma, old emulsions, or anything between."""
    kind = rng.random()
    if kind < 0.25:
        target = BLUE_SENSITIVE_BGR
    elif kind < 0.5:
        target = ORTHOCHROMATIC_BGR
    else:
        target = rng.dirichlet((1.0, 1.0, 1.0)).astype(np.float32)
    share = np.float32(rng.uniform(0.0, 1.0))
    return (1 - share) * LUMA_BGR + share * target


def tone_curve(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Apply gamma, contrast and offset, as of faded prints and thin negatives."""
    grey = 255 * np.power(grey / 255, np.float32(rng.uniform(0.7, 1.4)))
    return 127.5 + (grey - 127.5) * rng.uniform(0.6, 1.2) + rng.uniform(-20, 20)


def soft_lens(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Blur as an old lens does."""
    return cv2.GaussianBlur(grey, (0, 0), rng.uniform(0.4, 1.6))


def grain(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Add noise, its grains one pixel or coarser."""
    strength, noise = rng.uniform(2, 16), rng.standard_normal(grey.shape, np.float32)
    if rng.random() < 0.5:
        noise = cv2.GaussianBlur(noise, (0, 0), 0.7) * 2
    return grey + np.float32(strength) * noise


def vignette(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Darken or lighten the corners."""
    height, width = grey.shape
    y = np.linspace(-1, 1, height, dtype=np.float32)[:, None] - np.float32(rng.uniform(-0.3, 0.3))
    x = np.linspace(-1, 1, width, dtype=np.float32)[None] - np.float32(rng.uniform(-0.3, 0.3))
    return grey * (1 - np.float32(rng.uniform(-0.1, 0.35)) * (x * x + y * y) / 2)


def scratches(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a few scratches and specks of dust."""
    height, width = grey.shape
    grey = np.ascontiguousarray(grey)
    for _ in range(rng.integers(1, 5)):
        x, tone = int(rng.integers(width)), float(rng.choice((20, 235)))
        if rng.random() < 0.6:
            drift = int(rng.integers(-6, 7))
            cv2.line(grey, (x, 0), (x + drift, height), tone, 1, cv2.LINE_AA)
        else:
            center = (x, int(rng.integers(height)))
            cv2.circle(grey, center, int(rng.integers(1, 3)), tone, -1, cv2.LINE_AA)
    return grey


def jpeg(grey: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Compress hard."""
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(20, 80))]
    _, data = cv2.imencode(".jpg", np.clip(grey, 0, 255).astype(np.uint8), quality)
    return cv2.imdecode(data, cv2.IMREAD_GRAYSCALE).astype(np.float32)


AGEING = (
    (tone_curve, 0.6),
    (vignette, 0.2),
    (soft_lens, 0.3),
    (grain, 0.4),
    (scratches, 0.1),
    (jpeg, 0.15),
)


def paint_border(grey: np.ndarray, ab: np.ndarray, rng: np.random.Generator) -> None:
    """Paint a scan border of one tone along some sides, in place; its ab target is 0.

    ``ab`` is float32 (h, w, 2), smaller than ``grey`` by a whole factor.
    """
    factor = grey.shape[0] // ab.shape[0]
    tone = rng.choice((rng.uniform(0, 40), rng.uniform(170, 255)))
    for turn in np.flatnonzero(rng.random(4) < 0.6):
        depth = int(rng.integers(1, 4))
        np.rot90(grey, turn)[: depth * factor] = tone
        np.rot90(ab, turn)[:depth] = 0


def old_grey(
    picture: np.ndarray, ab: np.ndarray, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Return a grey version (uint8) of a BGR picture and the ab target that goes with it.

    A share of the pictures stays a clean modern grey, the rest gets a random chain of wear.
    """
    if rng.random() < CLEAN_SHARE:
        return cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), ab
    weights = spectral_weights(rng) if rng.random() < SPECTRAL_SHARE else LUMA_BGR
    grey = cv2.transform(picture.astype(np.float32), weights[None])
    if rng.random() < BORDER_SHARE:
        ab = ab.copy()
        paint_border(grey, ab, rng)
    for wear, share in AGEING:
        if rng.random() < share:
            grey = wear(grey, rng)
    return np.clip(np.round(grey), 0, 255).astype(np.uint8), ab
