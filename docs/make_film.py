"""The README's moving picture, made from the demo's film:  python docs/make_film.py

Run ./colorize first, and this from the repository's root. The photographs in it are scikit-image's,
free of copyright: a cup at Pikolo Espresso Bar (CC0, Rachel Michetti), NASA's portrait of Eileen
Collins (public domain), Chelsea the cat (CC0, Stefan van der Walt). The shot of the motorcycle is
left out: its licence is not stated.
"""

from pathlib import Path

import av
import numpy as np
from PIL import Image

from autochrome.demo import FRAME_RATE, SHOT_FRAMES

REPOSITORY = Path(__file__).resolve().parents[1]
NAME = "Film reel.mp4"
SIZE = (320, 240)
EVERY = 3
LEFT_OUT = 2
QUALITY = 60
WHITE = 255


def frames(path: Path) -> list[np.ndarray]:
    """Every third frame of the shots that are shown, small: uint8 (H, W, 3)."""
    with av.open(str(path)) as film:
        return [
            np.asarray(frame.to_image().resize(SIZE, Image.Resampling.LANCZOS))
            for number, frame in enumerate(film.decode(video=0))
            if number % EVERY == 0 and number // SHOT_FRAMES != LEFT_OUT
        ]


def wiped(before: np.ndarray, after: np.ndarray, share: float) -> Image.Image:
    """The film in grey at left of a line, and coloured at its right."""
    place = round(share * SIZE[0])
    both = np.concatenate([before[:, :place], after[:, place:]], axis=1)
    both[:, max(0, place - 1) : place + 1] = WHITE
    return Image.fromarray(both)


def main() -> None:
    demo = REPOSITORY / "demo"
    films = (frames(demo / folder / NAME) for folder in ("archive", "results/films"))
    pairs = list(zip(*films, strict=True))
    # The line goes from left to right and back once.
    places = 0.5 + 0.4 * np.cos(np.linspace(0, 2 * np.pi, len(pairs), endpoint=False))
    first, *rest = [wiped(*pair, place) for pair, place in zip(pairs, places, strict=True)]
    first.save(
        REPOSITORY / "docs/images/film.webp",
        save_all=True,
        append_images=rest,
        duration=round(1000 * EVERY / FRAME_RATE),
        loop=0,
        quality=QUALITY,
        method=6,
    )


if __name__ == "__main__":
    main()
