"""One progress bar with lines above it; where there is no terminal, a line every 10 %."""

import time
from typing import TextIO

from tqdm import tqdm

_STEP = 10


class Terminal:
    """Writes to ``stream``. The bar exists from `begin` to `end`."""

    def __init__(self, stream: TextIO):
        self._stream = stream
        self._bar: tqdm | None = None
        self._is_live = stream.isatty()
        self._told = 0

    def line(self, text: str) -> None:
        if self._bar is not None and self._is_live:
            self._bar.clear()
        self._stream.write(text + "\n")
        self._stream.flush()
        if self._bar is not None and self._is_live:
            self._bar.refresh()

    def begin(self, total: float) -> None:
        """Show the bar; ``total`` is the work in any unit."""
        self._started = time.monotonic()
        self._told = 0
        self._bar = tqdm(
            total=total,
            file=self._stream,
            # The work is cut into unequal jobs: only the mean rate is calm.
            smoothing=0,
            dynamic_ncols=True,
            leave=False,
            # Never drawn by itself where there is no terminal, but it counts and estimates.
            delay=0 if self._is_live else float("inf"),
            bar_format="{percentage:3.0f} % {bar} {remaining} left{postfix}",
        )

    def show(self, done: float, items: str) -> None:
        """Set the bar to ``done``; ``items`` says in words what is done."""
        bar = self._bar
        if bar is None:
            return
        bar.n = min(done, bar.total)
        percent = 100 * bar.n / bar.total
        minutes = (time.monotonic() - self._started) / 60
        told = [_rate(percent / minutes) if percent and minutes else "", items]
        bar.set_postfix_str(", ".join(part for part in told if part), refresh=False)
        if self._is_live:
            bar.refresh()
        elif percent >= self._told + _STEP:
            self._told = int(percent) // _STEP * _STEP
            self._stream.write(self._plain(bar, items) + "\n")
            self._stream.flush()

    def _plain(self, bar: tqdm, items: str) -> str:
        left = bar.format_interval((bar.total - bar.n) / bar.n * (time.monotonic() - self._started))
        told = [f"{self._told} %", items, f"{left} left" if self._told < 100 else ""]
        return ", ".join(part for part in told if part)

    def end(self) -> None:
        """Take the bar away."""
        if self._bar is not None:
            self._bar.close()
            self._bar = None


def _rate(percent: float) -> str:
    """Percent a minute, in two digits or more: ``0.35 %/min``, ``120 %/min``."""
    return f"{percent:.0f} %/min" if percent >= 10 else f"{percent:.2g} %/min"
