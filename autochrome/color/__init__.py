"""Colour science: luma and L*a*b*, chroma inside the gamut on a luma that stays, measures."""

from .badge import lay_badge
from .chroma import chroma_from_ab, raise_ab, rgb_from_luma_ab
from .lab import (
    REC601,
    REC709,
    REC2020,
    lab_from_rgb,
    lab_from_srgb,
    lightness_from_luma,
    lightness_table,
    luma_from_lightness,
    luma_from_rgb,
)
from .measure import colorfulness
from .shrink import shrunk
from .tone import Tone, distance_from_one_tone, tone_of

__all__ = [
    "REC2020",
    "REC601",
    "REC709",
    "Tone",
    "chroma_from_ab",
    "colorfulness",
    "distance_from_one_tone",
    "lab_from_rgb",
    "lab_from_srgb",
    "lay_badge",
    "lightness_from_luma",
    "lightness_table",
    "luma_from_lightness",
    "luma_from_rgb",
    "raise_ab",
    "rgb_from_luma_ab",
    "shrunk",
    "tone_of",
]
