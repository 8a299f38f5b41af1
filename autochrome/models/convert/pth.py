"""PyTorch's files of weights (``.pth``, ``.bin``) to numpy, without PyTorch and its pickles.

A ``.pth`` holds a pickle, and a pickle can name any function of any module and call it. Here the
pickle is read by an unpickler that knows eleven names, all of them stand-ins without a memory of
their own; any other name ends the reading with an error. The numbers lie beside the pickle:

- since PyTorch 1.6 in a zip, uncompressed: ``NAME/data.pkl``, ``NAME/data/KEY`` for each storage,
  and ``NAME/byteorder`` ("little" where it is missing);
- before, in one stream: three pickles (a magic number, a version, the machine), the pickle of the
  weights, a pickle with the list of storages' keys, and for each of them its length (int64) and
  its numbers, little-endian whatever the machine.

Source: ``torch/serialization.py`` and ``torch/_utils.py`` of PyTorch 2.13.
"""

import io
import os
import pickle
import struct
import zipfile
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import numpy as np
from numpy.lib.stride_tricks import as_strided
from numpy.typing import NDArray

from ...errors import ModelError, reason_of

ZIP_MAGIC = b"PK\x03\x04"
PICKLE_MAGIC = b"\x80"
LEGACY_MAGIC = 0x1950A86A20F9469CFC6C
LEGACY_VERSION = 1001

# Under which key a checkpoint keeps its weights; the first that is there counts.
WRAPPERS = ("params", "state_dict", "model")

FETCH_AGAIN = "Fetch it again from the place that publishes it."
STATE_DICT_ALONE = "A file of weights alone is needed, as torch.save(model.state_dict()) writes it."


class _StorageType(NamedTuple):
    """Stands for ``torch.FloatStorage`` and its like; bfloat16 is kept as its 16 bits."""

    dtype: str
    is_bfloat16: bool = False


class _Storage(NamedTuple):
    """A run of numbers that lies elsewhere in the file."""

    key: str
    kind: _StorageType
    length: int


class _Tensor(NamedTuple):
    """A window on a storage; offset and strides in numbers, not bytes."""

    storage: _Storage
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]


class _RebuildTensor:
    """Stands for ``torch._utils._rebuild_tensor_v2``; has no attribute that a pickle could set."""

    __slots__ = ()

    def __call__(
        self, storage: _Storage, offset: int, shape: Any, strides: Any, *_: Any
    ) -> _Tensor:
        return _Tensor(storage, offset, tuple(shape), tuple(strides))


class _RebuildParameter:
    """Stands for ``torch._utils._rebuild_parameter``: the tensor itself."""

    __slots__ = ()

    def __call__(self, tensor: _Tensor, *_: Any) -> _Tensor:
        return tensor


class _StateDict(dict):
    """Stands for ``OrderedDict``; forgets what PyTorch hangs on it (``_metadata``)."""

    __slots__ = ()

    def __setstate__(self, state: Any) -> None:
        pass


ALLOWED: dict[tuple[str, str], Any] = {
    ("collections", "OrderedDict"): _StateDict,
    ("torch._utils", "_rebuild_tensor_v2"): _RebuildTensor(),
    ("torch._utils", "_rebuild_parameter"): _RebuildParameter(),
    ("torch", "DoubleStorage"): _StorageType("f8"),
    ("torch", "FloatStorage"): _StorageType("f4"),
    ("torch", "HalfStorage"): _StorageType("f2"),
    ("torch", "BFloat16Storage"): _StorageType("u2", is_bfloat16=True),
    ("torch", "LongStorage"): _StorageType("i8"),
    ("torch", "IntStorage"): _StorageType("i4"),
    ("torch", "ByteStorage"): _StorageType("u1"),
    ("torch", "BoolStorage"): _StorageType("?"),
}


class _Unpickler(pickle.Unpickler):
    """Reads one pickle; nothing that it names is looked up, imported or called.

    ``storages`` are those it has met, by key.
    """

    def __init__(self, file: Any, path: Path):
        super().__init__(file, encoding="utf-8")
        self._path = path
        self.storages: dict[str, _Storage] = {}

    def find_class(self, module: str, name: str) -> Any:
        try:
            return ALLOWED[module, name]
        except KeyError:
            raise ModelError(
                f"{self._path} was not read: its pickle names {module}.{name}, "
                "which is more than weights and could run code.",
                STATE_DICT_ALONE,
            ) from None

    def persistent_load(self, saved: Any) -> _Storage:
        match saved:
            case ("storage", _StorageType() as kind, str(key), _, int(length), *view) if not any(
                view
            ):
                return self.storages.setdefault(key, _Storage(key, kind, length))
        raise ModelError(f"{self._path} holds a storage of an unknown kind.", STATE_DICT_ALONE)


def read_pth(path: Path) -> dict[str, NDArray[Any]]:
    """The tensors of a PyTorch state dict, by name, as read-only arrays of native byte order.

    Weights under ``params``, ``state_dict`` or ``model`` are found there. bfloat16 comes as
    float32, the other types as they are. The file's numbers are read once; arrays share them.

    Raises ModelError that names the file: it cannot be read, is truncated, is a web page or a
    Git-LFS pointer, is of another format, holds something that is no tensor, or its pickle names
    anything else than weights need (also that name then). No code of the file is ever run.
    """
    try:
        with path.open("rb") as file:
            head = file.read(64)
            file.seek(0)
            if head.startswith(ZIP_MAGIC):
                return _read_zip(path, file)
            if head.startswith(PICKLE_MAGIC):
                return _read_legacy(path, file)
    except ModelError:
        raise
    except OSError as error:
        raise ModelError(f"{path} cannot be read: {reason_of(error)}.", FETCH_AGAIN) from error
    except Exception as error:
        # A damaged pickle or zip can raise nearly anything.
        raise ModelError(
            f"{path} is truncated or damaged: {reason_of(error)}.", FETCH_AGAIN
        ) from error
    raise ModelError(f"{path} is no PyTorch file of weights: {_foreign(head)}.", FETCH_AGAIN)


def _foreign(head: bytes) -> str:
    if not head:
        return "it is empty"
    if head.lstrip().startswith(b"<"):
        return "it is a web page"
    if head.startswith(b"version https://git-lfs"):
        return "it is a Git-LFS pointer, a text that stands for the file"
    return f"it begins with {head[:8]!r}"


def _read_zip(path: Path, file: BinaryIO) -> dict[str, NDArray[Any]]:
    with zipfile.ZipFile(file) as archive:
        pickles = [name for name in archive.namelist() if name.endswith("/data.pkl")]
        if len(pickles) != 1:
            raise ModelError(f"{path} is a zip, but not one of PyTorch.", FETCH_AGAIN)
        folder = pickles[0].removesuffix("data.pkl")

        def read(name: str) -> bytes:
            info = archive.getinfo(folder + name)
            if info.compress_type != zipfile.ZIP_STORED:
                raise ModelError(f"{path} is a compressed zip: not one of PyTorch.", FETCH_AGAIN)
            return archive.read(info)

        tensors = _tensors(path, _Unpickler(io.BytesIO(read("data.pkl")), path).load())
        has_order = folder + "byteorder" in archive.namelist()
        order = ">" if has_order and read("byteorder").strip() == b"big" else "<"
        storages = {
            storage.key: _numbers(storage, read(f"data/{storage.key}"), order)
            for storage in {tensor.storage for tensor in tensors.values()}
        }
    return {name: _window(path, name, tensor, storages) for name, tensor in tensors.items()}


def _read_legacy(path: Path, file: BinaryIO) -> dict[str, NDArray[Any]]:
    magic, version = (_Unpickler(file, path).load() for _ in range(2))
    if (magic, version) != (LEGACY_MAGIC, LEGACY_VERSION):
        raise ModelError(f"{path} is a pickle, but no PyTorch file of weights.", FETCH_AGAIN)
    _Unpickler(file, path).load()
    weights = _Unpickler(file, path)
    tensors = _tensors(path, weights.load())
    storages = {}
    for key in _Unpickler(file, path).load():
        (length,) = struct.unpack("<q", file.read(8))
        storage = weights.storages[key]
        size = length * np.dtype(storage.kind.dtype).itemsize
        if not 0 <= size <= os.fstat(file.fileno()).st_size - file.tell():
            raise EOFError(f"storage {key} is cut off")
        storages[key] = _numbers(storage, file.read(size), "<")
    return {name: _window(path, name, tensor, storages) for name, tensor in tensors.items()}


def _tensors(path: Path, content: Any) -> dict[str, _Tensor]:
    """The state dict in what a pickle held: itself or under one of WRAPPERS."""
    if isinstance(content, dict):
        inner = (content[key] for key in WRAPPERS if isinstance(content.get(key), dict))
        content = next(inner, content)
    if not isinstance(content, dict) or not content:
        raise ModelError(f"{path} holds no dictionary of tensors.", STATE_DICT_ALONE)
    for name, value in content.items():
        if not (isinstance(name, str) and isinstance(value, _Tensor)):
            raise ModelError(f"{path}: its entry {name!r} is not a tensor.", STATE_DICT_ALONE)
    return dict(content)


def _numbers(storage: _Storage, data: bytes, order: str) -> NDArray[Any]:
    """The numbers of one storage, native; too few bytes are a ValueError (numpy's)."""
    dtype = np.dtype(storage.kind.dtype)
    numbers = np.frombuffer(data, dtype.newbyteorder(order), storage.length)
    numbers = numbers.astype(dtype, copy=False)
    if storage.kind.is_bfloat16:
        numbers = (numbers.astype(np.uint32) << 16).view(np.float32)
    return numbers


def _window(
    path: Path, name: str, tensor: _Tensor, storages: dict[str, NDArray[Any]]
) -> NDArray[Any]:
    """The array of one tensor, once it is sure that it lies inside its storage."""
    numbers = storages[tensor.storage.key]
    steps = list(zip(tensor.shape, tensor.strides, strict=True))
    last = tensor.offset + sum((length - 1) * stride for length, stride in steps)
    if min((tensor.offset, *tensor.shape, *tensor.strides)) < 0 or (
        0 not in tensor.shape and last >= len(numbers)
    ):
        raise ModelError(f"{path}: the tensor {name} reaches beyond its numbers.", FETCH_AGAIN)
    strides = [stride * numbers.itemsize for stride in tensor.strides]
    if 0 in tensor.shape:
        return np.empty(tensor.shape, numbers.dtype)
    return as_strided(numbers[tensor.offset :], tensor.shape, strides, writeable=False)
