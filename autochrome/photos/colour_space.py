"""What a picture's codes look like: its own profile between them and the network's sRGB.

The network and the tone decision are shown sRGB; chroma is laid on the codes as if they were
sRGB. So what they see is converted from the picture's profile, and the network's map is changed
such that on these codes it gives the colours which were meant. Luma codes are never touched.
"""

from functools import lru_cache

import cv2
import imagecodecs
import numpy as np
from numpy.typing import NDArray

from ..color import chroma_from_ab, lab_from_srgb
from .icc import colour_space, profile_for_colour

# Levels at which a profile's curve is sampled.
_LEVELS = 1024
# A curve that stays this near to sRGB's (in codes of 8 bits) is taken for it.
_NEAR = 1.5 / 255
_RELATIVE = 1
_TO_RGB = np.float32([[0, 1.402], [-0.344136, -0.714136], [1.772, 0]])


def neutral_as_srgb(codes: NDArray[np.float32], profile: bytes) -> NDArray[np.float32]:
    """The sRGB codes that look as neutral codes in a profile do: any shape, [0, 1] to [0, 1].

    Without a profile, or one that cannot be used, the codes are sRGB already.
    """
    curve = _curve(profile)
    if curve is None:
        return codes
    levels = np.linspace(0, 1, _LEVELS, dtype=np.float32)
    return np.interp(codes, levels, curve).astype(np.float32)


def as_srgb(rgb: NDArray[np.uint8], profile: bytes) -> NDArray[np.uint8]:
    """R'G'B' codes (H, W, 3) of a profile as sRGB's."""
    if not _is_other(profile):
        return rgb
    try:
        return imagecodecs.cms_transform(
            rgb, profile, _srgb(), colorspace="rgb", outcolorspace="rgb", intent=_RELATIVE
        )
    except Exception:  # a profile that cannot be used says nothing
        return rgb


def ab_for_codes(
    ab: NDArray[np.float32], luma: NDArray[np.float32], profile: bytes
) -> NDArray[np.float32]:
    """The map that gives the colours ``ab`` when its chroma is laid on codes of a profile.

    ``ab`` float32 (h, w, 2), CIE units; ``luma`` float32 (h', w') in [0, 1], the picture's own
    codes, a copy of any size. Returns a map of the same size, the same one for sRGB.
    """
    if _curve(profile) is None and not _is_other(profile):
        return ab
    height, width = ab.shape[:2]
    codes = cv2.resize(luma, (width, height), interpolation=cv2.INTER_AREA)
    seen = neutral_as_srgb(codes, profile)
    # Inside the gamut, since outside of it neither transform says anything.
    meant = seen[..., None] + chroma_from_ab(seen, ab) @ _TO_RGB.T
    target, _ = profile_for_colour(profile)
    try:
        there = imagecodecs.cms_transform(
            np.rint(np.clip(meant, 0, 1) * 65535).astype(np.uint16),
            _srgb(),
            target,
            colorspace="rgb",
            outcolorspace="rgb",
            intent=_RELATIVE,
        )
    except Exception:  # a profile that cannot be written to is left out of account
        return ab
    there = there.astype(np.float32) / 65535
    difference = there - (there @ np.float32([0.299, 0.587, 0.114]))[..., None]
    return lab_from_srgb(np.clip(codes[..., None] + difference, 0, 1))[..., 1:]


@lru_cache(maxsize=8)
def _curve(profile: bytes) -> NDArray[np.float32] | None:
    """sRGB codes of neutral codes 0 … 1 of a profile; None if they are the same."""
    space = colour_space(profile)
    if space not in ("GRAY", "RGB"):
        return None
    levels = np.rint(np.linspace(0, 65535, _LEVELS)).astype(np.uint16)[None]
    channels = levels if space == "GRAY" else np.repeat(levels[..., None], 3, axis=2)
    try:
        rgb = imagecodecs.cms_transform(
            channels,
            profile,
            _srgb(),
            colorspace="gray" if space == "GRAY" else "rgb",
            outcolorspace="rgb",
            intent=_RELATIVE,
        )
    except Exception:  # a profile that cannot be used says nothing
        return None
    curve = rgb.reshape(_LEVELS, 3)[:, 1].astype(np.float32) / 65535
    is_srgb = np.abs(curve - np.linspace(0, 1, _LEVELS)).max() < _NEAR
    return None if is_srgb or (np.diff(curve) < 0).any() else curve


@lru_cache(maxsize=8)
def _is_other(profile: bytes) -> bool:
    """Is it an RGB profile whose colours are not those of sRGB?"""
    if colour_space(profile) != "RGB":
        return False
    codes = np.uint8([[[200, 60, 60], [60, 200, 60], [60, 60, 200], [128, 128, 128]]])
    try:
        there = imagecodecs.cms_transform(
            codes, profile, _srgb(), colorspace="rgb", outcolorspace="rgb", intent=_RELATIVE
        )
    except Exception:
        return False
    return bool(np.abs(there.astype(int) - codes).max() > 3)


@lru_cache(maxsize=1)
def _srgb() -> bytes:
    return imagecodecs.cms_profile("srgb")
