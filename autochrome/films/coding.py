"""How a film's picture is laid down for an encoder: depth, range, where chroma lies, luma's codes.

The codes of the luma go in as they are wherever the codec has their depth and range. With more
bits, and for full range in ProRes (which knows only limited range), every code becomes one of its
own, so that the original can be told from what goes in.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .pixels import Picture, luma_scale
from .presets import CODECS, Codec


@dataclass(frozen=True)
class Coding:
    """A picture in a codec: ``depth`` bits, ``full`` range or limited.

    ``across`` and ``down`` say whether chroma has half the columns and rows of the luma.
    """

    picture: Picture
    codec: Codec
    depth: int
    full: bool
    across: bool
    down: bool

    @classmethod
    def of(cls, picture: Picture, settings: dict[str, Any]) -> "Coding":
        """``settings`` are those of `encoder_settings`."""
        name = settings["codec"]
        codec = CODECS[name]
        even = picture.width % 2 == 0 and picture.height % 2 == 0
        return cls(
            picture=picture,
            codec=codec,
            depth=_depth(picture.depth, codec, settings["depth"]),
            full=picture.full and name != "prores",
            # Odd sizes need 4:4:4, except in ProRes and AV1, which have none or need none.
            across=even or name in ("prores", "av1"),
            down=name != "prores" and (even or name == "av1"),
        )

    @property
    def format(self) -> str:
        """FFmpeg's name of the pixel format."""
        chroma = {(True, True): "420", (True, False): "422", (False, False): "444"}
        name = f"yuv{chroma[self.across, self.down]}p"
        return name if self.depth == 8 else f"{name}{self.depth}le"

    @property
    def is_exact(self) -> bool:
        """Does every code of the luma have one of its own in the result?"""
        lost_range = self.full != self.picture.full and self.depth <= self.picture.depth
        return self.depth >= self.picture.depth and not lost_range

    def coded(self, luma: NDArray[np.integer]) -> NDArray[np.integer]:
        """The film's luma on the codes of the result: uint8 or uint16."""
        return luma if self._codes is None else self._codes[luma]

    def original(self, coded: NDArray[np.integer]) -> NDArray[np.integer] | None:
        """The film's luma from that of the result, where the coding `is_exact`.

        None if that is no luma which `coded` gives.
        """
        if self._codes is None:
            return coded
        luma = self._originals[coded]
        return luma if np.array_equal(self._codes[luma], coded) else None

    @cached_property
    def _codes(self) -> NDArray[np.integer] | None:
        """The code of the result for each of the film's; None where they are the same."""
        before = self.picture
        if (self.depth, self.full) == (before.depth, before.full):
            return None
        codes = np.arange(2**before.depth, dtype=np.int64)
        more = self.depth - before.depth
        if self.full != before.full:
            black, span = luma_scale(self.depth, self.full)
            codes = np.rint(black + codes * (span / (2**before.depth - 1)))
        elif more > 0:
            # White stays white in full range, too: its last bits are those at its front.
            codes = (codes << more) | (codes >> (before.depth - more) if self.full else 0)
        else:
            codes = (codes + (1 << (-more - 1))) >> -more
        kind = np.uint8 if self.depth == 8 else np.uint16
        return np.minimum(codes, 2**self.depth - 1).astype(kind)

    @cached_property
    def _originals(self) -> NDArray[np.integer]:
        before = self.picture.depth
        table = np.zeros(2**self.depth, np.uint8 if before == 8 else np.uint16)
        table[self._codes] = np.arange(2**before)
        return table

    def notes(self) -> dict[str, Any]:
        """What a person should know about how this picture is written."""
        notes = self.picture.notes()
        if not self.across:
            notes["chroma"] = "4:4:4, because 4:2:0 cannot hold an odd width or height"
        if self.depth < self.picture.depth:
            notes["depth"] = f"luma rounded from {self.picture.depth} to {self.depth} bits"
        if self.full != self.picture.full:
            notes["range"] = f"full range made limited, which is all that {self.codec.title} knows"
        return notes


def _depth(own: int, codec: Codec, wished: int | str) -> int:
    least = max(own, codec.least_depth) if wished == "auto" else wished
    return next((depth for depth in codec.depths if depth >= least), codec.depths[-1])
