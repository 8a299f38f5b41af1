"""The weights of a Caffe network, read from the protobuf wire format.

A ``.caffemodel`` is one ``NetParameter`` message. What is read of it (numbers of the fields as in
Caffe's ``caffe.proto``; all others are skipped):

======================  ==========================================================
``NetParameter``        ``layer`` 100, or in files before 2015 ``layers`` 2
``LayerParameter``      ``name`` 1, ``blobs`` 7
``V1LayerParameter``    ``name`` 4, ``blobs`` 6
``BlobProto``           ``data`` 5, ``double_data`` 8, ``shape`` 7, or in old files
                        ``num`` 1, ``channels`` 2, ``height`` 3, ``width`` 4
``BlobShape``           ``dim`` 1
======================  ==========================================================

The wire format: https://protobuf.dev/programming-guides/encoding/
"""

import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from ...errors import ModelError

_VARINT, _EIGHT_BYTES, _LENGTH_DELIMITED, _FOUR_BYTES = 0, 1, 2, 5
_FIXED_SIZES = {_EIGHT_BYTES: 8, _FOUR_BYTES: 4}
# Numbers of (name, blobs) by the number of the field that holds the layer.
_LAYER_FIELDS = {100: (1, 7), 2: (4, 6)}
_LEGACY_SHAPE = (1, 2, 3, 4)
# More than "<": a caffemodel begins with a line feed and the length of the network's name.
_WEB_PAGE = re.compile(rb"\s*<(!doctype|html|head|\?xml)", re.IGNORECASE)
_REMEDY = "Download it again from where the model is published and compare its SHA-256."


class _MalformedError(Exception):
    """The bytes are not what the wire format or Caffe's messages allow."""


def read_caffemodel(path: Path) -> dict[str, list[NDArray[np.float32]]]:
    """The blobs of every layer that stores any: layer name to float32 arrays, in the file's order.

    The file is mapped, not read: beside the arrays themselves no memory is held. Raises
    ModelError if the file is missing, is something else, or ends too early.
    """
    try:
        content = memoryview(np.memmap(path, np.uint8, "r"))
    except (OSError, ValueError) as error:
        raise ModelError(f"The model file {path} cannot be read: {error}.", _REMEDY) from error
    _refuse_strangers(path, bytes(content[:512]))
    try:
        layers = _layers(content)
    except _MalformedError as error:
        raise ModelError(
            f"The model file {path} is truncated, damaged or not a caffemodel: {error}.", _REMEDY
        ) from error
    if not layers:
        raise ModelError(f"The model file {path} holds no layer with weights.", _REMEDY)
    return layers


def _refuse_strangers(path: Path, head: bytes) -> None:
    """Name the two things that people most often got instead of weights."""
    if head.startswith(b"version https://git-lfs"):
        raise ModelError(
            f"The model file {path} is a Git LFS pointer, not the weights themselves.",
            "Run `git lfs pull` where it came from.",
        )
    if _WEB_PAGE.match(head):
        raise ModelError(f"The model file {path} is a web page, not a caffemodel.", _REMEDY)


def _layers(content: memoryview) -> dict[str, list[NDArray[np.float32]]]:
    layers: dict[str, list[NDArray[np.float32]]] = {}
    for number, value in _fields(content):
        if number not in _LAYER_FIELDS:
            continue
        name_field, blobs_field = _LAYER_FIELDS[number]
        name, stored = "", []
        for inner, part in _fields(_message(value)):
            if inner == name_field:
                name = _text(part)
            elif inner == blobs_field:
                stored.append(_message(part))
        if stored:
            if name in layers:
                raise _MalformedError(f"two layers named {name!r} store weights")
            layers[name] = [_blob(blob, name) for blob in stored]
    return layers


def _blob(message: memoryview, layer: str) -> NDArray[np.float32]:
    legacy: dict[int, int] = {}
    shape: list[int] | None = None
    values = {5: [], 8: []}
    for number, value in _fields(message):
        if number in values:
            values[number].append(_message(value))
        elif number == 7:
            shape = _dimensions(_message(value))
        elif number in _LEGACY_SHAPE:
            legacy[number] = _whole(value)
    if shape is None:
        shape = [legacy.get(number, 1) for number in _LEGACY_SHAPE]
    # A float that was not packed is a chunk of its own, so that both forms are read alike.
    kind = "<f8" if values[8] else "<f4"
    data = np.frombuffer(_joined(values[8] or values[5], np.dtype(kind).itemsize), kind)
    if data.size != math.prod(shape):
        raise _MalformedError(
            f"a blob of the layer {layer!r} of shape {tuple(shape)} holds {data.size} numbers"
        )
    return data.astype(np.float32).reshape(shape)


def _joined(chunks: list[memoryview], size: int) -> memoryview | bytes:
    if any(len(chunk) % size for chunk in chunks):
        raise _MalformedError("a blob ends inside a number")
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def _dimensions(message: memoryview) -> list[int]:
    shape: list[int] = []
    for number, value in _fields(message):
        if number == 1 and isinstance(value, int):
            shape.append(value)
        elif number == 1:
            offset = 0
            while offset < len(value):
                dimension, offset = _varint(value, offset)
                shape.append(dimension)
    return shape


def _fields(message: memoryview) -> Iterator[tuple[int, int | memoryview]]:
    """Number and value of each field: a varint as int, all else as the bytes in the file."""
    offset = 0
    while offset < len(message):
        key, offset = _varint(message, offset)
        number, wire = key >> 3, key & 7
        if number == 0:
            raise _MalformedError("a field has the number 0")
        if wire == _VARINT:
            value, offset = _varint(message, offset)
            yield number, value
            continue
        if wire == _LENGTH_DELIMITED:
            size, offset = _varint(message, offset)
        elif wire in _FIXED_SIZES:
            size = _FIXED_SIZES[wire]
        else:
            raise _MalformedError(f"a field has the wire type {wire}")
        if size > len(message) - offset:
            raise _MalformedError(
                f"a field says {size} bytes where {len(message) - offset} are left"
            )
        yield number, message[offset : offset + size]
        offset += size


def _varint(message: memoryview, offset: int) -> tuple[int, int]:
    """A base-128 number of at most 64 bits, and the offset of what follows it."""
    value = 0
    for place in range(10):
        if offset + place >= len(message):
            raise _MalformedError("it ends inside a number")
        byte = message[offset + place]
        value |= (byte & 0x7F) << 7 * place
        if byte < 0x80:
            return value, offset + place + 1
    raise _MalformedError("a number has more than 64 bits")


def _message(value: int | memoryview) -> memoryview:
    if isinstance(value, int):
        raise _MalformedError("a number stands where a message is expected")
    return value


def _whole(value: int | memoryview) -> int:
    if not isinstance(value, int):
        raise _MalformedError("a message stands where a number is expected")
    return value


def _text(value: int | memoryview) -> str:
    try:
        return bytes(_message(value)).decode()
    except UnicodeDecodeError as error:
        raise _MalformedError("the name of a layer is not text") from error
