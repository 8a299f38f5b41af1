"""The method of the 2019 tutorial, written anew: the side that the benchmarks compare with.

A picture at a time through OpenCV's dnn: L* of the picture brought to 224 × 224, minus 50, into
the published Caffe network; ab enlarged bilinearly; put together in Lab, back to RGB, clipped
channel by channel, and written as JPEG. A film is cut into frames 500 px wide, each coloured into
a JPEG, and these are put together as an MJPEG AVI of 30 frames a second, without sound.

Run it in an environment of its own, with nothing but ``opencv-python-headless<5`` (OpenCV 5 reads
no Caffe networks) and numpy:

    python -m benchmarks.tutorial MODELS RESULTS FILE [FILE …]

MODELS: a folder with colorization_deploy_v2.prototxt, colorization_release_v2.caffemodel and
pts_in_hull.npy. Prints the seconds for each file.
"""

import sys
import time
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE = 224
FILM_WIDTH = 500
FILM_RATE = 30
FILMS = {".mp4", ".mkv", ".mov", ".avi", ".webm", ".mpg", ".ogv"}
PUBLISHED_SCALE = 2.606


def load(models: Path) -> cv2.dnn.Net:
    """The network with the two tensors that its file does not hold."""
    net = cv2.dnn.readNetFromCaffe(
        str(models / "colorization_deploy_v2.prototxt"),
        str(models / "colorization_release_v2.caffemodel"),
    )
    points = np.load(models / "pts_in_hull.npy").T.reshape(2, 313, 1, 1)
    net.getLayer(net.getLayerId("class8_ab")).blobs = [points.astype(np.float32)]
    scale = np.full((1, 313), PUBLISHED_SCALE, np.float32)
    net.getLayer(net.getLayerId("conv8_313_rh")).blobs = [scale]
    return net


def colour(net: cv2.dnn.Net, picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The coloured picture, uint8 (H, W, 3) in B, G, R order, as the given one."""
    lab = cv2.cvtColor(picture.astype(np.float32) / 255, cv2.COLOR_BGR2LAB)
    lightness = cv2.split(cv2.resize(lab, (SIDE, SIDE)))[0] - 50
    net.setInput(cv2.dnn.blobFromImage(lightness))
    ab = net.forward()[0].transpose(1, 2, 0)
    ab = cv2.resize(ab, (picture.shape[1], picture.shape[0]))
    joined = np.concatenate([lab[:, :, :1], ab], axis=2)
    return (255 * np.clip(cv2.cvtColor(joined, cv2.COLOR_LAB2BGR), 0, 1)).astype(np.uint8)


def colour_photo(net: cv2.dnn.Net, source: Path, results: Path) -> None:
    cv2.imwrite(str(results / f"{source.stem}.jpg"), colour(net, cv2.imread(str(source))))


def colour_film(net: cv2.dnn.Net, source: Path, results: Path) -> None:
    frames = results / f"{source.stem}_frames"
    frames.mkdir(exist_ok=True)
    film, count = cv2.VideoCapture(str(source)), 0
    while True:
        more, frame = film.read()
        if not more:
            break
        height = round(frame.shape[0] * FILM_WIDTH / frame.shape[1])
        small = cv2.resize(frame, (FILM_WIDTH, height))
        cv2.imwrite(str(frames / f"{count:05d}.jpg"), colour(net, small))
        count += 1
    kind = cv2.VideoWriter.fourcc(*"MJPG")
    target = results / f"{source.stem}.avi"
    writer = cv2.VideoWriter(str(target), kind, FILM_RATE, (FILM_WIDTH, height))
    for number in range(count):
        writer.write(cv2.imread(str(frames / f"{number:05d}.jpg")))
    writer.release()


def main() -> None:
    models, results = Path(sys.argv[1]), Path(sys.argv[2])
    net = load(models)
    for source in map(Path, sys.argv[3:]):
        began = time.perf_counter()
        method = colour_film if source.suffix.lower() in FILMS else colour_photo
        method(net, source, results)
        print(f"{source.name}\t{time.perf_counter() - began:.3f}", flush=True)


if __name__ == "__main__":
    main()
