"""Timestamps of the coloured stream: true times given back, decoding times made anew."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from ..errors import ItemError
from .index import FilmIndex


def coded_order(encoded: list[Path]) -> NDArray[np.int64]:
    """Numbers of the film's frames in the order in which the chunks' packets hold them."""
    numbers: list[int] = []
    for path in encoded:
        numbers += [packet.pts for packet in packets_of(path)]
    return np.array(numbers, np.int64)


def open_encoded(path: Path) -> av.container.InputContainer:
    """A file of an encoded chunk, opened to take packets out: nothing is decoded to probe it."""
    return av.open(str(path), options={"probesize": "32", "analyzeduration": "0"})


def packets_of(path: Path) -> Iterator[av.Packet]:
    """The packets of an encoded chunk, whose timestamp is the frame's number in the film."""
    with open_encoded(path) as file:
        for packet in file.demux(file.streams.video[0]):
            if packet.size:
                yield packet


def decoding_times(index: FilmIndex, order: NDArray[np.int64]) -> NDArray[np.int64]:
    """The dts of each packet in coded order, rising strictly and never after its pts.

    One timeline for the whole film: with B-frames the first packets get times before the first
    frame's. Raises ItemError unless ``order`` holds every frame once.
    """
    if not np.array_equal(np.sort(order), np.arange(len(index))):
        raise ItemError(
            f"The encoded chunks hold {len(order)} packets, not each of the film's "
            f"{len(index)} frames once.",
            "Please report this: it is a fault of Autochrome.",
        )
    delay = int(np.max(np.arange(len(order)) - order, initial=0))
    step = int(index.durations[0]) if delay else 0
    before = index.pts[0] - step * np.arange(delay, 0, -1)
    return np.concatenate([before, index.pts])[: len(order)]
