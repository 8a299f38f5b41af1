"""Every file of some folders through the photo job: right, or named, or neither?

Prints a table: file, verdict, reason and remedy, seconds, and the luma's error, measured here by
other readers than the product's own check (OpenCV and Pillow, in codes of the picture's depth).

    python -m benchmarks.odd_photos FOLDER [FOLDER …] [--results FOLDER] [--mutations N]

With ``--mutations``, N damaged copies of 30 of the files (bytes flipped, cuts, insertions, headers
edited; seeded) lie beside 5 sound ones: no crash of the job, no hang, and the sound ones' results
have the same bytes as without them.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

import cv2
import numpy as np
import tifffile
import yaml
from numpy.typing import NDArray
from PIL import Image

from autochrome.archive import read_json, scan_archive, sha256_file, write_json
from autochrome.models import find_model
from autochrome.photos import colour_batch
from autochrome.plan import values
from autochrome.plan.overrides import Overrides

_CONFIG = Path(__file__).parents[1] / "config" / "config.yaml"
_SEED = 1907
_SOUND = 5
_DAMAGED = 30

Row = dict


def run_job(archive: Path, results: Path, **photos: object) -> dict[str, Row]:
    """Colour the photographs of a folder into another, as the workflow's jobs do; rows by path."""
    config = yaml.safe_load(_CONFIG.read_text())
    config["photos"] |= photos
    scan = scan_archive(archive, results, lambda _: {"fault": "not probed"}, {})
    rows: dict[str, Row] = {}
    before = Path.cwd()
    os.chdir(results)
    try:
        models = {config["model"]: find_model(config["model"])}
        plans = values.photo_plans(scan, archive, config, models, Overrides())
        for name, plan in plans.items():
            write_json(Path(f"plan/{name}.json"), plan)
            colour_batch(Path(f"plan/{name}.json"), Path(f"done/{name}.json"), threads=2)
            rows |= {row["source"]: row for row in read_json(f"done/{name}.json")["rows"]}
    finally:
        os.chdir(before)
    return rows


def grey_codes(path: Path) -> NDArray[np.floating]:
    """Luma of a picture, Rec. 601 on its own codes of 8 bits, read by OpenCV or Pillow.

    Of more than 8 bits the codes have a fraction. ValueError for what neither reads.
    """
    data = path.read_bytes()
    if data[:2] == b"\xff\xd8":
        with Image.open(path) as image:
            image.draft("L", None)
            return np.asarray(image.convert("L"), np.float32)
    if data[:2] in (b"II", b"MM"):
        return _tiff_codes(path)
    how = cv2.IMREAD_UNCHANGED | cv2.IMREAD_IGNORE_ORIENTATION
    pixels = cv2.imdecode(np.frombuffer(data, np.uint8), how)
    if pixels is None or data[:4] == b"GIF8":
        with Image.open(path) as image:
            pixels = np.asarray(image.convert("RGBA"))[..., [2, 1, 0, 3]]
    pixels = pixels.astype(np.float64) / (257 if pixels.dtype == np.uint16 else 1)
    return pixels if pixels.ndim == 2 else pixels[..., :3] @ [0.114, 0.587, 0.299]


def _tiff_codes(path: Path) -> NDArray[np.floating]:
    """By Pillow (libtiff), which is not what the product reads with; else by tifffile."""
    try:
        with Image.open(path) as image:
            if image.mode.startswith("I;16") and image.tag_v2.get(262) != 0:
                return np.asarray(image).astype(np.float64) / 257
            if len(set(image.tag_v2.get(258, (8,)))) == 1 and image.tag_v2.get(258, (8,))[0] <= 8:
                return np.asarray(image.convert("RGB"), np.float64) @ [0.299, 0.587, 0.114]
    except Exception:  # whatever libtiff dislikes
        pass
    page = tifffile.TiffFile(path).pages[0]
    pixels = page.asarray()
    white = {"b": 1, "u": np.iinfo(np.uint8 if page.dtype.itemsize == 1 else np.uint16).max}
    # Floating-point samples are those of 0 to 1, of 8 or of 16 bits.
    of_floats = next((most for most in (1.0, 255.0) if pixels.max() <= most), 65535.0)
    codes = pixels * (255 / white.get(page.dtype.kind, of_floats))
    codes = 255 - codes if page.photometric == 0 else codes
    codes = np.moveaxis(codes, 0, 2) if codes.ndim == 3 and page.planarconfig == 2 else codes
    channels = 1 if codes.ndim == 2 else codes.shape[2]
    if channels < 3:
        return codes if channels == 1 else codes[..., 0]
    return codes[..., :3] @ [0.299, 0.587, 0.114]


def luma_error(source: Path, result: Path) -> str:
    """The greatest difference of luma, in codes of 8 bits, or why it cannot be told."""
    try:
        one, other = grey_codes(source), grey_codes(result)
    except Exception as error:  # an independent reader may refuse what the product reads
        return f"? {type(error).__name__}"
    if one.shape != other.shape:
        return f"? {one.shape} and {other.shape}"
    return f"{np.abs(one - other).max():.2f}"


def table(folders: list[Path], results: Path) -> None:
    """Colour every folder and print a line for each file."""
    verdicts: Counter[str] = Counter()
    for folder in folders:
        place = results / folder.name
        place.mkdir(parents=True)
        # One file a job, so that each has its own time.
        for source in sorted(p for p in folder.rglob("*") if p.is_file()):
            with tempfile.TemporaryDirectory() as alone:
                (Path(alone) / source.name).symlink_to(source)
                began = time.perf_counter()
                row = run_job(Path(alone), place).get(source.name, {})
                seconds = time.perf_counter() - began
            status = row.get("status", "left alone")
            verdicts[status] += 1
            error = luma_error(source, place / row["result"]) if row.get("result") else ""
            said = _said(row)
            print(f"{source.name}\t{status}\t{said}\t{seconds:.1f} s\t{error}", flush=True)
    print(", ".join(f"{status}: {count}" for status, count in sorted(verdicts.items())))


def _said(row: Row) -> str:
    """Reason and remedy of a row, else what was measured and noted."""
    if not row or row["reason"]:
        return f"{row.get('reason', '')} {row.get('remedy', '')}".strip()
    checks = row["checks"]
    tone = f"{checks.get('tone', '')} {checks.get('tone_spread', '')}".strip()
    return "; ".join(filter(None, [tone, *checks.get("notes", [])]))


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """A damaged copy of a file: one of five kinds of damage."""
    kind = rng.integers(5)
    out = bytearray(data)
    if kind == 0:
        for place in rng.integers(len(out), size=rng.integers(1, 20)):
            out[place] ^= 1 << int(rng.integers(8))
    elif kind == 1:
        del out[int(rng.integers(1, len(out))) :]
    elif kind == 2:
        place = int(rng.integers(len(out)))
        out[place:place] = rng.bytes(int(rng.integers(1, 64)))
    elif kind == 3:
        for place in rng.integers(min(len(out), 256), size=rng.integers(1, 6)):
            out[place] = int(rng.choice([0, 0xFF, 0x7F, rng.integers(256)]))
    else:
        place = int(rng.integers(len(out)))
        del out[place : place + int(rng.integers(1, 512))]
    return bytes(out)


def fuzz(folders: list[Path], count: int, results: Path) -> None:
    """Colour damaged copies beside sound files; print verdicts, raise if a promise is broken."""
    rng = np.random.default_rng(_SEED)
    files = sorted(p for folder in folders for p in folder.rglob("*") if p.is_file())
    files = [p for p in files if 200 < p.stat().st_size < 300_000 and p.suffix not in (".md", "")]
    chosen = [files[i] for i in rng.permutation(len(files))[:_DAMAGED]]
    sound = [p for p in files if p.suffix == ".jpg" and p not in chosen][:_SOUND]
    with tempfile.TemporaryDirectory() as folder:
        alone, among = Path(folder, "alone"), Path(folder, "among")
        for place in (alone, among):
            place.mkdir()
            for path in sound:
                shutil.copy(path, place / f"sound-{path.name}")
            (results / place.name).mkdir(parents=True)
        for number in range(count):
            path = chosen[number % len(chosen)]
            name = f"{number:04d}-{path.name}"
            (among / name).write_bytes(mutated(path.read_bytes(), rng))
        expected = run_job(alone, results / "alone")
        began = time.perf_counter()
        rows = run_job(among, results / "among")
        seconds = time.perf_counter() - began
        assert set(rows) == {path.name for path in among.iterdir()}, "a file has no row"
    for name, row in expected.items():
        assert rows[name]["result_sha256"] == row["result_sha256"], f"{name} was harmed"
    damaged = {name: row for name, row in rows.items() if name not in expected}
    for name, row in damaged.items():
        said = f"{row['reason']} {row['remedy']}".strip()
        print(f"{name}\t{row['status']}\t{said}\t{row['luma_error']}")
        if row["result"]:
            assert sha256_file(results / "among" / row["result"]) == row["result_sha256"]
    died = sum("process that read it" in row["reason"] for row in damaged.values())
    late = sum("not done after" in row["reason"] for row in damaged.values())
    verdicts = Counter(row["status"] for row in damaged.values())
    print(", ".join(f"{status}: {number}" for status, number in sorted(verdicts.items())))
    print(f"{count} damaged files in {seconds:.0f} s; decoder died: {died}, out of time: {late}")
    print(f"{len(expected)} sound files among them: the same bytes as alone")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--results", type=Path, help="an empty folder; it is kept")
    parser.add_argument("--mutations", type=int, default=0)
    given = parser.parse_args()
    folders = [folder.resolve() for folder in given.folders]
    results = (given.results or Path(tempfile.mkdtemp())).resolve()
    results.mkdir(parents=True, exist_ok=True)
    if any(results.iterdir()):
        sys.exit(f"{results} is not empty")
    if given.mutations:
        fuzz(folders, given.mutations, results)
    else:
        table(folders, results)
    if given.results is None:
        shutil.rmtree(results)


if __name__ == "__main__":
    main()
