"""How often is a colour photograph taken for black and white, and a tinted scan for colour?

Of every colour photograph (at most 512 px) tinted scans are made: grey, then toned, yellowed,
faded, stained, with an uneven cast, with the white balance shifted; each as a JPEG of quality 75.
Prints both rates, by kind of tint, and the same for real old photographs (folders after --old),
none of which is in colour.

    python -m benchmarks.tone PICTURES [PICTURES …] [--old FOLDER …]

PICTURES: folders or tar files of colour photographs. Those in a folder whose name ends in
"lowchroma" hold hardly any colour and are counted apart too. Each rate is printed for two halves,
told apart by a hash of the name, which shows how far it hangs on the pictures.
"""

import argparse
import hashlib
import io
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from autochrome.color import tone_of

from .upsampling import named_photographs

_SEED = 1907
# Codes of black and white, between which the tone runs.
_TONES = {
    "sepia": ((30, 20, 10), (255, 240, 205)),
    "strong sepia": ((40, 18, 0), (250, 215, 150)),
    "cyanotype": ((10, 35, 80), (240, 250, 250)),
    "selenium": ((35, 25, 32), (245, 240, 238)),
    "yellowed": ((25, 22, 18), (238, 222, 180)),
    "faded": ((95, 75, 58), (215, 198, 160)),
    "magenta cast": ((60, 30, 50), (240, 200, 215)),
    "cold white balance": ((0, 2, 10), (225, 240, 255)),
    "split toned": ((20, 30, 55), (255, 238, 205)),
}


def toned(grey: NDArray[np.float64], name: str) -> NDArray[np.float64]:
    low, high = (np.array(codes, float) for codes in _TONES[name])
    return low + (high - low) * grey[..., None] ** 1.15


def fields(shape: tuple[int, int], rng: np.random.Generator, cells: int) -> NDArray[np.float64]:
    """A smooth random field in [0, 1], (H, W)."""
    small = rng.random((cells, cells)).astype(np.float32)
    field = cv2.resize(small, shape[::-1], interpolation=cv2.INTER_CUBIC)
    return np.clip(field, 0, 1)[..., None].astype(np.float64)


def tinted(rgb: NDArray[np.uint8], rng: np.random.Generator) -> dict[str, NDArray[np.uint8]]:
    """Scans of one tone, by the name of the tint: uint8 (H, W, 3)."""
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY) / 255
    scans = {name: toned(grey, name) for name in _TONES}
    # Paper that yellowed more in some places: between two tones.
    mix = fields(grey.shape, rng, 2)
    scans["yellowed to one side"] = mix * scans["yellowed"] + (1 - mix) * toned(grey, "selenium")
    mix = fields(grey.shape, rng, 4)
    scans["yellowed in patches"] = mix * scans["yellowed"] + (1 - mix) * toned(grey, "selenium")
    # Brown stains with soft edges, and darker ones.
    stain = np.clip((fields(grey.shape, rng, 6) - 0.8) * 6, 0, 1)
    scans["lightly stained"] = scans["yellowed"] * (1 - stain * [0.04, 0.08, 0.14])
    scans["heavily stained"] = scans["yellowed"] * (1 - stain * [0.15, 0.3, 0.5])
    # Light from the side of another colour than the scanner's lamp, as in a picture of a picture.
    side = np.linspace(0, 1, grey.shape[1])[None, :, None]
    scans["lit from the side"] = grey[..., None] * (
        (1 - side) * [255, 225, 190] + side * [225, 235, 255]
    )
    scans["in one channel's noise"] = scans["sepia"] + rng.normal(0, 9, rgb.shape)
    bordered = scans["sepia"].copy()
    edge = max(1, min(grey.shape) // 16)
    for rows, columns in ((slice(edge), slice(None)), (slice(-edge, None), slice(None))):
        bordered[rows, columns] = [250, 250, 248]
    for columns in (slice(edge), slice(-edge, None)):
        bordered[:, columns] = [250, 250, 248]
    scans["sepia on white"] = bordered
    return {name: as_jpeg(np.rint(np.clip(scan, 0, 255))) for name, scan in scans.items()}


def as_jpeg(pixels: NDArray[np.floating]) -> NDArray[np.uint8]:
    buffer = io.BytesIO()
    Image.fromarray(pixels.astype(np.uint8)).save(buffer, "JPEG", quality=75)
    return np.asarray(Image.open(buffer))


# Whether each picture of either half was taken for what it is not.
Found = tuple[list[bool], list[bool]]


def show(found: dict[str, Found]) -> None:
    """A line for each kind and one for all."""
    together = tuple([wrong for halves in found.values() for wrong in halves[n]] for n in (0, 1))
    for name, halves in (found | {"all": together}).items():
        parts = (halves[0] + halves[1], *halves)
        counts = [f"{sum(part)} of {len(part)}" for part in parts]
        print(f"  {name}: {counts[0]} ({counts[1]}; {counts[2]})")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", nargs="+", type=Path)
    parser.add_argument("--old", nargs="*", type=Path, default=[])
    given = parser.parse_args()
    rng = np.random.default_rng(_SEED)
    colour: dict[str, Found] = {"ordinary": ([], []), "nearly grey": ([], [])}
    taken: dict[str, Found] = {}
    for name, rgb in named_photographs(given.pictures):
        half = hashlib.sha256(name.encode()).digest()[0] % 2
        which = "nearly grey" if Path(name).parent.name.endswith("lowchroma") else "ordinary"
        colour[which][half].append(tone_of(rgb).kind != "colour")
        for tint, scan in tinted(rgb, rng).items():
            taken.setdefault(tint, ([], []))[half].append(tone_of(scan).kind == "colour")
    print("colour photographs taken for black and white:")
    show(colour)
    print("tinted scans taken for colour:")
    show(taken)
    for folder in given.old:
        paths = [p for p in sorted(folder.rglob("*")) if p.suffix.lower() in (".jpg", ".png")]
        tones = {path.name: tone_of(np.asarray(Image.open(path).convert("RGB"))) for path in paths}
        wrong = [name for name, tone in tones.items() if tone.kind == "colour"]
        print(f"{folder.name}: taken for colour {len(wrong)} of {len(tones)} {wrong or ''}")


if __name__ == "__main__":
    main()
