"""Golden results: when pixels change, the version of the stage that changed them must rise.

After raising a version: ``python -m tests.films.test_golden`` writes the golden file anew.
"""

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from autochrome.films.arrays import from_blocks, in_blocks, save_arrays
from autochrome.films.colour import COLOUR_VERSION, colour_frames
from autochrome.films.encode import ENCODE_VERSION, make_chunk
from autochrome.films.index import INDEX_VERSION, FilmIndex, make_index
from autochrome.films.parts import part_path

from .conftest import PlainPredictor, decoded, encoder, planes, write_film

GOLDEN = Path(__file__).with_name("golden.npz")
_VERSIONS = [INDEX_VERSION, COLOUR_VERSION, ENCODE_VERSION]

# Floating point differs in the last bit between machines: one code, where a value lies between.
_ROUNDING = 1


def _pattern() -> list[NDArray[np.uint8]]:
    """Three shots of arithmetic, uint8 (64, 96), that no library's version can change."""
    y, x = np.mgrid[:64, :96]
    shots = [x * 2 + y, 255 - x * y // 24, (x // 8 + y // 8) % 2 * 150 + y]
    return [
        np.clip(np.roll(shots[n // 14], n, 1) + (n * 7) % 3, 0, 255).astype(np.uint8)
        for n in range(42)
    ]


def _results(folder: Path) -> dict[str, NDArray]:
    source = write_film(folder / "a.mkv", _pattern(), codec="ffv1", pixel_format="gray")
    make_index(str(source), str(folder / "index.npz"), 1)
    index = FilmIndex.load(folder / "index.npz")
    maps = colour_frames(index, str(source), 0, PlainPredictor())
    save_arrays(folder / "colour.npz", in_blocks(maps))
    make_chunk(
        str(folder / "index.npz"),
        str(source),
        0,
        [str(folder / "colour.npz")],
        encoder(codec="ffv1"),
        str(folder / "encoded"),
        str(folder / "thumbs.npz"),
    )
    coded = [planes(frame) for frame in decoded(part_path(folder / "encoded", 0))[::10]]
    return {
        "pts": index.pts,
        "prints": index.prints,
        "shots": index.shots,
        "ab": np.stack(list(from_blocks(folder / "colour.npz"))[::10]),
        **{f"plane{i}": np.stack([frame[i] for frame in coded]) for i in range(3)},
    }


def test_pixels_change_only_with_their_stages_version(tmp_path):
    found = _results(tmp_path)
    with np.load(GOLDEN) as golden:
        assert list(golden["versions"]) == _VERSIONS, "write the golden file anew"
        for name in ("pts", "prints", "shots", "plane0"):
            assert np.array_equal(found[name], golden[name]), f"{name}: raise the version"
        for name in ("ab", "plane1", "plane2"):
            gap = np.abs(found[name].astype(int) - golden[name].astype(int)).max()
            assert gap <= _ROUNDING, f"{name} differs by {gap}: raise the version"


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder:
        results = {"versions": np.array(_VERSIONS)} | _results(Path(folder))
        save_arrays(GOLDEN, results.items())
