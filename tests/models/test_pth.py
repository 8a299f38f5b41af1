"""Weights of PyTorch: read as they are, or an error with a reason; nothing in the file ever runs.

PyTorch 2.13 made ``weights/zip.pth`` and ``weights/legacy.pth``:

    base = torch.arange(12, dtype=torch.float32).reshape(3, 4) - 2.5
    state = OrderedDict(
        weight=base.T, bias=base[1:, 1], bfloat16=base[0].bfloat16(), half=base[0].half(),
        count=torch.tensor(7), used=base[0] > 0, parameter=torch.nn.Parameter(base[2]),
    )
    state._metadata = {"": {"version": 1}}
    for new, name in ((True, "zip.pth"), (False, "legacy.pth")):
        torch.save({"params": state}, name, _use_new_zipfile_serialization=new)
"""

import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from autochrome.errors import ModelError
from autochrome.models.convert.pth import LEGACY_MAGIC, LEGACY_VERSION, read_pth

from .seeded import FIXTURES

BASE = np.arange(12, dtype=np.float32).reshape(3, 4) - 2.5
STATE = {
    "weight": BASE.T,
    "bias": BASE[1:, 1],
    "bfloat16": BASE[0],
    "half": BASE[0].astype(np.float16),
    "count": np.array(7, np.int64),
    "used": BASE[0] > 0,
    "parameter": BASE[2],
}
CONTAINERS = ["zip", "legacy"]


class Hostile:
    """Its pickle, where it is loaded as usual, creates a file in the working directory."""

    def __reduce__(self):
        return open, ("executed", "w")


def write(path, container, content):
    """A file of PyTorch's whose weights' pickle is ``content`` (bytes); no storages."""
    if container == "zip":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("weights/data.pkl", content)
    elif container == "legacy":
        head = [LEGACY_MAGIC, LEGACY_VERSION, {"little_endian": True}]
        stream = b"".join(pickle.dumps(part, 2) for part in head)
        path.write_bytes(stream + content + pickle.dumps([], 2))
    else:
        path.write_bytes(content)
    return path


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize("name", STATE)
def test_a_tensor_is_what_pytorch_saved(container, name):
    found = read_pth(FIXTURES / f"{container}.pth")[name]
    assert found.dtype == STATE[name].dtype
    np.testing.assert_array_equal(found, STATE[name])


@pytest.mark.parametrize("container", CONTAINERS)
def test_there_is_nothing_but_the_tensors(container):
    assert list(read_pth(FIXTURES / f"{container}.pth")) == list(STATE)


@pytest.mark.parametrize("container", [*CONTAINERS, "pickle alone"])
def test_a_pickle_that_names_a_function_is_refused_and_not_run(tmp_path, monkeypatch, container):
    path = write(tmp_path / "hostile.pth", container, pickle.dumps({"weight": Hostile()}, 2))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    with pytest.raises(ModelError, match=r"hostile.pth was not read: .* names \S*\bopen\b"):
        read_pth(path)
    assert not list(here.iterdir())


def test_the_hostile_pickle_would_have_created_a_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    pickle.loads(pickle.dumps(Hostile(), 2)).close()
    assert (tmp_path / "executed").exists()


def test_no_name_of_the_unpickler_can_be_changed_by_a_pickle(tmp_path):
    path = tmp_path / "changing.pth"
    # GLOBAL torch._utils._rebuild_tensor_v2, then BUILD with {"__call__": 1}.
    content = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x08\x00\x00\x00__call__K\x01sb."
    with pytest.raises(ModelError, match="damaged"):
        read_pth(write(path, "zip", content))


@pytest.mark.parametrize("container", CONTAINERS)
@given(data=st.data())
def test_every_truncation_is_told(tmp_path_factory, container, data):
    whole = (FIXTURES / f"{container}.pth").read_bytes()
    path = tmp_path_factory.getbasetemp() / f"cut-{container}.pth"
    path.write_bytes(whole[: data.draw(st.integers(1, len(whole) - 1))])
    with pytest.raises(ModelError, match=f"cut-{container}.pth"):
        read_pth(path)


@pytest.mark.parametrize("container", CONTAINERS)
@given(data=st.data())
def test_a_changed_byte_gives_tensors_or_a_model_error(tmp_path_factory, container, data):
    changed = bytearray((FIXTURES / f"{container}.pth").read_bytes())
    changed[data.draw(st.integers(0, len(changed) - 1))] ^= data.draw(st.integers(1, 255))
    path = tmp_path_factory.getbasetemp() / f"changed-{container}.pth"
    path.write_bytes(changed)
    try:
        assert all(isinstance(tensor, np.ndarray) for tensor in read_pth(path).values())
    except ModelError as error:
        assert path.name in str(error)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "is empty"),
        (b"\n<!DOCTYPE html><html><body>404</body></html>", "a web page"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n", "Git-LFS pointer"),
        (b"caffe, perhaps", "begins with b'caffe, p'"),
    ],
)
def test_a_foreign_file_is_told_for_what_it_is(tmp_path, content, reason):
    path = tmp_path / "foreign.pth"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=f"foreign.pth is no PyTorch file of weights: .*{reason}"):
        read_pth(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(ModelError, match="none.pth cannot be read"):
        read_pth(tmp_path / "none.pth")


def test_a_zip_of_something_else_is_told(tmp_path):
    path = tmp_path / "other.pth"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "weights, soon")
    with pytest.raises(ModelError, match="other.pth is a zip, but not one of PyTorch"):
        read_pth(path)


@pytest.mark.parametrize("container", CONTAINERS)
@pytest.mark.parametrize(
    ("content", "fault"),
    [
        ([1, 2], "holds no dictionary of tensors"),
        ({}, "holds no dictionary of tensors"),
        ({"model": {"epoch": 3}}, "its entry 'epoch' is not a tensor"),
    ],
)
def test_what_is_no_state_dict_is_told(tmp_path, container, content, fault):
    path = write(tmp_path / "other.pth", container, pickle.dumps(content, 2))
    with pytest.raises(ModelError, match=f"other.pth:? {fault}"):
        read_pth(path)


@pytest.mark.parametrize(("offset", "length", "stride"), [(0, 3, 1), (1, 2, 1), (0, 2, 2)])
def test_a_tensor_that_reaches_beyond_its_numbers_is_named(tmp_path, offset, length, stride):
    path = tmp_path / "beyond.pth"
    storage = b"(X\x07\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpuK\x02tQ"
    window = b"K%c(K%ct(K%ct\x89N" % (offset, length, stride)
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + window + b"tR"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("weights/data.pkl", b"\x80\x02}X\1\0\0\0w" + tensor + b"s.")
        archive.writestr("weights/data/0", bytes(8))
    with pytest.raises(ModelError, match=r"beyond.pth: the tensor w reaches beyond its numbers"):
        read_pth(path)
