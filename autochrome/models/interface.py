"""What a network is given, and what it gives."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InputForm:
    """What a network is given.

    ``colour`` is L (one channel, CIE L*) or grey_rgb (three equal channels, the sRGB grey). A
    value runs from ``range[0]`` for black to ``range[1]`` for white; then the channel's ``mean``
    is subtracted, and the rest divided by its ``std``. The network takes sizes whose sides are
    multiples of ``multiple`` and is best at ``side`` x ``side``; None: it takes that size only.
    A larger picture is shown to it at up to ``largest`` x ``largest``.
    """

    name: str | None
    colour: str
    side: int
    multiple: int | None
    range: tuple[float, float]
    mean: tuple[float, ...]
    std: tuple[float, ...]
    largest: int | None = None

    def size_for(self, height: int, width: int) -> tuple[int, int]:
        """The size with the picture's own shape and the area of the model's square.

        That square grows with the picture, up to the largest that the network is shown. Sides are
        multiples of what the network needs; shapes longer than 4 : 1 are squeezed. A network of
        one size gets that.
        """
        side, step = self.side, self.multiple
        if step is None:
            return side, side
        side = max(side, min((height * width) ** 0.5, self.largest or side))
        shape = min(max((width / height) ** 0.5, 0.5), 2.0)
        return (
            step * max(1, round(side / shape / step)),
            step * max(1, round(side * shape / step)),
        )


@dataclass(frozen=True)
class OutputForm:
    """What a network gives: ``colour`` ab (CIE, after ``scale``) or rgb (0 to 1, after ``scale``).

    ``stride``: pixels of the input for one of the output, where known.
    """

    name: str | None
    colour: str
    scale: float
    stride: int | None
