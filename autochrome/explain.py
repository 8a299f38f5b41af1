"""./colorize explain PHOTOGRAPH: one picture of how a photograph gets its colours."""

import argparse
import os
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from skimage.color import lab2rgb

from .errors import AutochromeError, ConfigError, ModelError
from .models import ReadyModel, default_folders, find_model, ready_model
from .photos import Explained, explained

_PANEL = 420
_GAP = 24
_CAPTION = 68
_COLUMNS = 5
_MARK = 13
_INK, _PAPER, _QUIET = "#211f1b", "#faf8f4", "#5d574c"
# The a*b* plane is drawn to this chroma.
_REACH = 110
_AB_LIMIT = 60.0
_SUFFIXES = (".png", ".jpg", ".webp", ".tif")

Panel = tuple[Image.Image, str, str]


def figure(steps: Explained, name: str) -> Image.Image:
    """Every step from the original to the result, and what was likely at three points."""
    height, width = steps.result.shape[:2]
    points = marked_points(steps)
    left, top, right, bottom = steps.view
    marks = [(left + x * (right - left), top + y * (bottom - top)) for x, y in points]
    shown = f"L* at {steps.seen.shape[1]} by {steps.seen.shape[0]}"
    if steps.raster:
        shown += ", dots smoothed"
    if steps.view != (0, 0, 1, 1):
        shown += ", no border"
    panels = [
        _panel(steps.original, "1. The original", f"{name}"),
        _panel(steps.lightness / 100 * 255, "2. Its lightness L*", "0 to 100"),
        _panel(steps.seen / 100 * 255, "3. What the network sees", shown),
        _panel(
            _axis(steps.predicted[..., 0], 0),
            "4. a* as predicted",
            _sized(steps.predicted, "green to red"),
        ),
        _panel(
            _axis(steps.predicted[..., 1], 1),
            "5. b* as predicted",
            _sized(steps.predicted, "blue to yellow"),
        ),
        _panel(
            _flat(steps.raised), "6. a*b* raised to full size", f"{width} by {height}, at L* = 65"
        ),
        _panel(steps.shown, "7. The result", "the luma of 1 with the colours of 6", marks),
    ]
    if steps.distribution is not None:
        for number, (x, y) in enumerate(points, 1):
            panels.append(_likely(steps, number, x, y))
    return _sheet(panels)


def marked_points(steps: Explained) -> list[tuple[float, float]]:
    """Three telling points, as parts of width and height of what the network saw: the most
    colourful of the predicted map, the one where the network is least sure, and the middle."""
    rows, columns = steps.predicted.shape[:2]

    def place(values: NDArray[np.floating]) -> tuple[float, float]:
        row, column = np.unravel_index(int(np.argmax(values)), values.shape)
        return (column + 0.5) / values.shape[1], (row + 0.5) / values.shape[0]

    chroma = np.hypot(steps.predicted[..., 0], steps.predicted[..., 1])
    points = [place(chroma)]
    if steps.distribution is not None:
        likely = steps.distribution.probabilities
        points.append(place(-(likely * np.log(likely + 1e-12)).sum(axis=2)))
    return [*points, (0.5 + 0.5 / columns, 0.5 + 0.5 / rows)]


def _sized(ab: NDArray[np.floating], what: str) -> str:
    return f"{ab.shape[1]} by {ab.shape[0]}, {what}, ±{_AB_LIMIT:.0f}"


def _axis(values: NDArray[np.floating], axis: int) -> NDArray[np.uint8]:
    """One of a*, b* as colour at a middle lightness."""
    ab = np.zeros((*values.shape, 2))
    ab[..., axis] = np.clip(values, -_AB_LIMIT, _AB_LIMIT)
    return _flat(ab)


def _flat(ab: NDArray[np.floating]) -> NDArray[np.uint8]:
    lab = np.concatenate([np.full((*ab.shape[:2], 1), 65.0), ab], axis=2)
    return np.rint(lab2rgb(lab) * 255).astype(np.uint8)


def _panel(
    pixels: NDArray, title: str, about: str, points: list[tuple[float, float]] | None = None
) -> Panel:
    image = Image.fromarray(np.asarray(np.rint(pixels), np.uint8)).convert("RGB")
    scale = _PANEL / max(image.size)
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    # Small maps are shown as the squares that they are.
    way = Image.Resampling.NEAREST if scale > 1 else Image.Resampling.LANCZOS
    image = image.resize(size, way)
    draw = ImageDraw.Draw(image)
    for number, (x, y) in enumerate(points or [], 1):
        centre = tuple(
            min(max(part * side, _MARK + 1), side - _MARK - 2)
            for part, side in zip((x, y), image.size, strict=True)
        )
        draw.circle(centre, _MARK, fill="#000000", outline="#ffffff", width=2)
        draw.text(centre, "ABC"[number - 1], "#ffffff", _font(16), anchor="mm")
    return image, title, about


def _likely(steps: Explained, number: int, x: float, y: float) -> Panel:
    """The distribution at one point, drawn over the a*b* plane: the larger, the likelier."""
    probabilities, bins = steps.distribution.probabilities, steps.distribution.bins
    rows, columns = probabilities.shape[:2]
    here = probabilities[min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)]
    image = Image.new("RGB", (_PANEL, _PANEL), "#ffffff")
    draw = ImageDraw.Draw(image)
    middle, scale = _PANEL / 2, _PANEL / 2 / _REACH
    draw.line((0, middle, _PANEL, middle), "#d9d3c7")
    draw.line((middle, 0, middle, _PANEL), "#d9d3c7")
    colours = _flat(bins[None])[0]
    for at in np.argsort(here):
        radius = 1.5 + 22 * float(np.sqrt(here[at] / here.max()))
        centre = (middle + bins[at, 0] * scale, middle - bins[at, 1] * scale)
        draw.circle(centre, radius, tuple(colours[at].tolist()), _QUIET if radius > 4 else None)
    rows, columns = steps.predicted.shape[:2]
    ab = steps.predicted[min(int(y * rows), rows - 1), min(int(x * columns), columns - 1)]
    taken = (middle + ab[0] * scale, middle - ab[1] * scale)
    draw.line((taken[0] - 10, taken[1], taken[0] + 10, taken[1]), "#000000", 3)
    draw.line((taken[0], taken[1] - 10, taken[0], taken[1] + 10), "#000000", 3)
    draw.text((_PANEL - 8, middle + 4), "a* (red)", _QUIET, _font(17), anchor="ra")
    draw.text((middle + 6, 4), "b* (yellow)", _QUIET, _font(17))
    best = float(here.max()) * 100
    return (
        image,
        f"What is likely at {'ABC'[number - 1]}",
        f"likeliest bin {best:.0f} %; cross: what was taken",
    )


def _sheet(panels: list[Panel]) -> Image.Image:
    rows = [panels[first : first + _COLUMNS] for first in range(0, len(panels), _COLUMNS)]
    heights = [max(image.height for image, _, _ in row) + _CAPTION + _GAP for row in rows]
    size = (_COLUMNS * (_PANEL + _GAP) + _GAP, sum(heights) + _GAP)
    sheet = Image.new("RGB", size, _PAPER)
    draw = ImageDraw.Draw(sheet)
    top = _GAP
    for row, height in zip(rows, heights, strict=True):
        for column, (image, title, about) in enumerate(row):
            left = _GAP + column * (_PANEL + _GAP)
            draw.text((left, top), title, _INK, _font(26))
            draw.text((left, top + 34), about, _QUIET, _font(20))
            sheet.paste(image, (left, top + _CAPTION))
        top += height
    return sheet


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _temperature(text: str) -> float:
    value = float(text)
    if not 0.05 <= value <= 10:
        raise ValueError(text)
    return value


def _percent(text: str) -> float:
    value = float(text)
    if not 0 <= value < 50:
        raise ValueError(text)
    return value


def options() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="colorize explain",
        description="Write one picture of how a photograph gets its colours.",
    )
    parser.add_argument("photograph", type=Path)
    parser.add_argument("--model", default="compact", help="the network (default: compact)")
    parser.add_argument("--temperature", type=_temperature, help="of its annealed mean, 0.05 to 10")
    parser.add_argument(
        "--crop",
        nargs=4,
        type=_percent,
        metavar=("TOP", "RIGHT", "BOTTOM", "LEFT"),
        help="percents that the network is not shown, as in overrides.tsv (default: a border "
        "that is found)",
    )
    parser.add_argument("-o", "--output", type=Path, help="default: PHOTOGRAPH-explained.png here")
    return parser


def main(arguments: list[str] | None = None) -> int:
    """Write the figure; the exit status is 0, or 2 for what cannot be explained."""
    asked = options().parse_args(arguments)
    output = asked.output or Path(f"{asked.photograph.stem}-explained.png")
    try:
        _check_output(output)
        model = _model(asked.model, asked.temperature)
    except AutochromeError as error:
        print(error, file=sys.stderr)
        return 2
    settings: dict[str, Any] = {"saturation": 1.0}
    if asked.crop:
        settings["crop"] = [side / 100 for side in asked.crop]
    try:
        steps = explained(asked.photograph, model, settings)
        figure(steps, asked.photograph.name).save(output)
    except (AutochromeError, OSError) as error:
        print(f"{asked.photograph}: {error}", file=sys.stderr)
        return 2
    if steps.in_colour:
        print("It is in colour already: a run leaves it alone. This is what its luma would get.")
    print(f"Look at {output}")
    return 0


def _check_output(output: Path) -> None:
    """Raise ConfigError if no picture can be written there."""
    if output.suffix.lower() not in _SUFFIXES:
        raise ConfigError(
            f"A picture named {output} cannot be written.",
            f"Let its name end in {' or '.join(_SUFFIXES)}.",
        )
    if not os.access(output.parent, os.W_OK):
        raise ConfigError(
            f"Nothing can be written into the folder {output.parent}.",
            "Name another place with --output.",
        )


def _model(name: str, temperature: float | None) -> ReadyModel:
    """The network, ready to be used. Raises AutochromeError if it is not."""
    model = find_model(name)
    if temperature is not None and model.temperature is None:
        raise ConfigError(f"The network {name} has no temperature.", "Leave --temperature out.")
    planned = model.identity() | {"precision": "auto"}
    try:
        return ready_model(planned, default_folders().converted, temperature)
    except ModelError as error:
        raise ModelError(
            error.fault, f"A run makes it ready: ./colorize ARCHIVE --config model={name}"
        ) from error


if __name__ == "__main__":
    sys.exit(main())
