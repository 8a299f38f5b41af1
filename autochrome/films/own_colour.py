"""A film's own Cb and Cr, for the shots that keep them, in the form that the result stores."""

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from .coding import Coding
from .pixels import Picture, is_rgb, plane_array


def own_chroma(
    frame: av.VideoFrame, coding: Coding, shape: tuple[int, int]
) -> tuple[NDArray[np.integer], NDArray[np.integer]]:
    """Cb and Cr of a decoded frame, of ``shape`` (rows, columns), on the codes of the result.

    Code for code the film's own where it has that shape, depth and range; else brought to it, by
    area means or linearly. The fields of an interlaced film are two pictures.
    """
    picture = coding.picture
    planes = _from_rgb(frame, picture) if is_rgb(frame.format.name) else _planes(frame)
    fitted = [_fitted(plane, shape, bool(picture.fields)) for plane in planes]
    if is_rgb(frame.format.name):
        return tuple(_codes(plane, coding.depth, coding.full) for plane in fitted)
    return tuple(_recoded(plane, coding) for plane in fitted)


def _planes(frame: av.VideoFrame) -> list[NDArray[np.integer]]:
    components = frame.format.components
    if len(components) < 3:
        grey = np.full((1, 1), 1 << (components[0].bits - 1), np.uint16)
        return [grey, grey]
    is_planar = [c.plane for c in components[:3]] == [0, 1, 2]
    if not is_planar or frame.format.is_big_endian or frame.format.name.startswith(("p0", "p2")):
        depth = components[0].bits
        name = f"yuv{_sampling(frame.format)}p" + (f"{depth}le" if depth > 8 else "")
        # Both ranges named alike: nothing but the place of the codes changes.
        frame = frame.reformat(format=name, src_color_range=2, dst_color_range=2)
    return [plane_array(frame, i) for i in (1, 2)]


def _sampling(pixel_format: av.VideoFormat) -> str:
    across = pixel_format.chroma_width(8)
    down = pixel_format.chroma_height(8)
    return {(4, 4): "420", (4, 8): "422", (8, 4): "440", (2, 8): "411", (2, 2): "410"}.get(
        (across, down), "444"
    )


def _from_rgb(frame: av.VideoFrame, picture: Picture) -> list[NDArray[np.float32]]:
    """Cb and Cr in [-0.5, 0.5] of R'G'B'."""
    rgb = frame.to_ndarray(format="rgb48le").astype(np.float32) / np.float32(65535)
    red, green, blue = (np.float32(weight) for weight in picture.weights)
    luma = red * rgb[..., 0] + green * rgb[..., 1] + blue * rgb[..., 2]
    return [(rgb[..., 2] - luma) / (2 - 2 * blue), (rgb[..., 0] - luma) / (2 - 2 * red)]


def _fitted(plane: NDArray, shape: tuple[int, int], fields: bool) -> NDArray:
    if plane.shape == shape:
        return plane
    if fields and plane.shape[0] != shape[0] and min(plane.shape[0], shape[0]) > 1:
        result = np.empty(shape, plane.dtype)
        for parity in range(2):
            lines = result[parity::2]
            lines[:] = _fitted(plane[parity::2], lines.shape, fields=False)
        return result
    shrinks = plane.shape[0] > shape[0] or plane.shape[1] > shape[1]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR
    return cv2.resize(np.ascontiguousarray(plane), shape[::-1], interpolation=how)


def _recoded(plane: NDArray[np.integer], coding: Coding) -> NDArray[np.integer]:
    before = coding.picture
    if (before.depth, before.full) == (coding.depth, coding.full):
        return plane
    neutral = np.float32(1 << (before.depth - 1))
    chroma = (plane.astype(np.float32) - neutral) / _span(before.depth, before.full)
    return _codes(chroma, coding.depth, coding.full)


def _codes(chroma: NDArray[np.float32], depth: int, full: bool) -> NDArray[np.integer]:
    """Codes of Cb or Cr in [-0.5, 0.5]: uint8 or uint16 of the same shape."""
    codes = np.rint(chroma * _span(depth, full) + np.float32(1 << (depth - 1)))
    return np.clip(codes, 0, 2**depth - 1).astype(np.uint8 if depth == 8 else np.uint16)


def _span(depth: int, full: bool) -> np.float32:
    return np.float32(2**depth - 1 if full else 224 << (depth - 8))
