"""A film's colours over time as lines to be drawn."""

from dataclasses import dataclass

import numpy as np

from .film_frames import Curve

WIDTH, HEIGHT = 1000, 100
# The least that fills the height, so that a calm film looks calm.
LEAST = {"colorfulness": 40.0, "motion": 6.0}


@dataclass(frozen=True)
class Plot:
    """Two lines, as the points of an SVG polyline in a box of WIDTH by HEIGHT, and cuts by x.

    ``summary`` says in words what is to be seen; ``length`` is in seconds.
    """

    colorfulness: str
    motion: str
    cuts: list[float]
    length: float
    summary: str


def plot_of(curve: Curve) -> Plot:
    """The plot of a film's curve."""
    (length,) = curve["length"]
    scale = WIDTH / length if length else 0.0
    x = np.array(curve["times"]) * scale
    lines = {}
    for name, least in LEAST.items():
        y = HEIGHT * (1 - np.array(curve[name]) / max(least, *curve[name]))
        # The last part lasts until the end.
        points = [*zip(x, y, strict=True), (WIDTH, y[-1])]
        lines[name] = " ".join(f"{a:.1f},{b:.1f}" for a, b in points)
    worst = int(np.argmax(curve["motion"]))
    low, high = min(curve["colorfulness"]), max(curve["colorfulness"])
    cuts = len(curve["cuts"]) - 1
    return Plot(
        **lines,
        cuts=[round(cut * scale, 1) for cut in curve["cuts"][1:]],
        length=length,
        summary=(
            f"Colorfulness from {low:.0f} to {high:.0f}. Colours change most at "
            f"{as_time(curve['times'][worst])} (by {curve['motion'][worst]:.1f} from one frame to "
            f"the next). {cuts} {'cut' if cuts == 1 else 'cuts'}."
        ),
    )


def as_time(seconds: float) -> str:
    """A moment of a film: ``1:02:03`` or ``2:03``.

    >>> as_time(3723.9), as_time(7)
    ('1:02:03', '0:07')
    """
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"
