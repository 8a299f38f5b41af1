"""Photographs in tar archives → one uint8 array file, without near-duplicates of the dev set.

Writes ``pictures.bin`` (all pixels, BGR, one picture after the other), ``index.npy`` (int64 rows of
offset, height, width, held-out flag), ``bins.npy`` and ``prior.npy`` into the work directory.
"""

from __future__ import annotations

import hashlib
import tarfile
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np

from training.colour import ab_of, gamut_bins
from training.settings import Settings

PICTURE_SUFFIXES = (".webp", ".jpg", ".jpeg", ".png", ".tif", ".tiff")
PRIOR_POOL = 4
HASH_SIDE = 8


def pictures_in(archive: Path) -> Iterator[tuple[str, np.ndarray]]:
    """Yield name and BGR picture of every photograph in a tar archive, in its order."""
    with tarfile.open(archive) as tar:
        for member in tar:
            if not member.isfile() or not member.name.lower().endswith(PICTURE_SUFFIXES):
                continue
            stream = tar.extractfile(member)
            assert stream is not None
            picture = cv2.imdecode(np.frombuffer(stream.read(), np.uint8), cv2.IMREAD_COLOR)
            if picture is None:
                raise ValueError(f"{archive}: {member.name} is not a picture OpenCV can read")
            yield member.name, picture


def member_count(archive: Path) -> int:
    """Return how many members a tar archive has."""
    with tarfile.open(archive) as tar:
        return len(tar.getnames())


def perceptual_hash(picture: np.ndarray) -> np.ndarray:
    """Return 64 bits (bool) from the signs of the lowest DCT terms of the grey picture."""
    grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    small = cv2.resize(grey, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    terms = cv2.dct(small)[:HASH_SIDE, :HASH_SIDE].ravel()
    return terms > np.median(terms[1:])


def hash_variants(picture: np.ndarray) -> list[np.ndarray]:
    """Return the hashes of a picture, of its mirror image and of its central square."""
    height, width = picture.shape[:2]
    side = min(height, width)
    top, left = (height - side) // 2, (width - side) // 2
    square = picture[top : top + side, left : left + side]
    views = (picture, picture[:, ::-1], square, square[:, ::-1])
    return [perceptual_hash(np.ascontiguousarray(view)) for view in views]


def is_held_out(name: str, share: float) -> bool:
    """Decide by the name's SHA-256 whether a picture is kept apart for choosing settings."""
    digest = hashlib.sha256(name.encode()).digest()
    return int.from_bytes(digest[:8], "big") < share * 2**64


def shrink(picture: np.ndarray, short_side: int) -> np.ndarray:
    """Return the picture with its short side at most ``short_side`` (area averaging)."""
    scale = short_side / min(picture.shape[:2])
    if scale >= 1:
        return picture
    height, width = (round(side * scale) for side in picture.shape[:2])
    return cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA)


def prepare(settings: Settings) -> None:
    """Write the training arrays; print what was kept and what was dropped."""
    work, data = settings.paths.work, settings.data
    work.mkdir(parents=True, exist_ok=True)
    dev_hashes = np.packbits(
        [h for _, picture in pictures_in(settings.paths.dev) for h in hash_variants(picture)],
        axis=1,
    )
    bins = gamut_bins()
    counts, rows, offset, dropped = np.zeros(len(bins)), [], 0, []
    total = sum(member_count(archive) for archive in settings.paths.train)
    with open(work / "pictures.part", "wb") as pixels:
        for archive in settings.paths.train:
            for name, picture in pictures_in(archive):
                distance = _hash_distance(hash_variants(picture)[::2], dev_hashes)
                if distance <= data.duplicate_bits:
                    dropped.append(name)
                    continue
                picture = shrink(picture, data.short_side)
                held_out = is_held_out(name, data.held_out / total)
                rows.append((offset, *picture.shape[:2], int(held_out)))
                offset += pixels.write(picture.tobytes())
                if not held_out:
                    counts += _bin_counts(picture, bins)
    (work / "pictures.part").rename(work / "pictures.bin")
    (work / "duplicates.txt").write_text("".join(f"{name}\n" for name in dropped))
    np.save(work / "index.npy", np.array(rows, np.int64))
    np.save(work / "bins.npy", bins)
    np.save(work / "prior.npy", (counts / counts.sum()).astype(np.float32))
    apart = sum(row[3] for row in rows)
    print(f"{len(rows)} pictures ({apart} held out), {len(dropped)} near-duplicates of dev dropped")


def _hash_distance(hashes: list[np.ndarray], dev_hashes: np.ndarray) -> int:
    """Return the fewest differing bits between any of ``hashes`` and any dev hash."""
    packed = np.packbits(hashes, axis=1)
    return int(np.bitwise_count(packed[:, None] ^ dev_hashes[None]).sum(-1).min())


def _bin_counts(picture: np.ndarray, bins: np.ndarray) -> np.ndarray:
    """Count the pixels of each bin in ab averaged 4 × 4."""
    height, width = (side // PRIOR_POOL for side in picture.shape[:2])
    ab = cv2.resize(ab_of(picture), (width, height), interpolation=cv2.INTER_AREA).reshape(-1, 2)
    nearest = np.argmin(-2 * ab @ bins.T + np.square(bins).sum(1), axis=1)
    return np.bincount(nearest, minlength=len(bins))
