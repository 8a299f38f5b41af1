"""The right file, from wherever it can be had, or an error that says what happened where."""

import errno
import hashlib
import os
import random
import shutil
import socket
from collections import namedtuple
from concurrent.futures import ThreadPoolExecutor

import pytest

from autochrome.errors import ModelError
from autochrome.models import Folders, default_folders, fetch_model, find_model
from autochrome.models import transfer as transfer_module
from autochrome.models.registry import Model, ModelFile

from .mirror import Mirror, after, breaks_off, dead_address, file_place, status, whole

WEIGHTS = random.Random(1).randbytes(300_000)
SHA256 = hashlib.sha256(WEIGHTS).hexdigest()
OTHER = random.Random(2).randbytes(300_000)
HTML = b"<!DOCTYPE html><html><body>Not found</body></html>"
LFS_POINTER = (
    b"version https://git-lfs.github.com/spec/v1\noid sha256:" + b"0" * 64 + b"\nsize 128946764\n"
)


@pytest.fixture
def mirror(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,nowhere.invalid")
    monkeypatch.setattr(transfer_module, "PAUSE_SECONDS", 0)
    mirror = Mirror()
    yield mirror
    mirror.close()


@pytest.fixture
def folders(tmp_path):
    for name in ("incoming", "shared"):
        (tmp_path / name).mkdir()
    return Folders(*(tmp_path / name for name in ("store", "converted", "incoming", "shared")))


def model_of(*places, size=300_000, sha256=SHA256):
    file = ModelFile("net.caffemodel", size, sha256, places)
    return Model("net", None, sha256, (file,), "caffe", None, None)


def fetched(model, folders, **options):
    (path,) = fetch_model(model, folders, **options)
    return path.read_bytes()


def begin_part(folders, content):
    part = folders.store / "net/net.caffemodel.part"
    part.parent.mkdir(parents=True)
    part.write_bytes(content)


def test_a_file_is_fetched_through_redirects(mirror, folders):
    mirror.place("/weights", whole(WEIGHTS))
    mirror.place("/second", status(302, "/weights"))
    place = mirror.place("/first", status(301, "/second"))
    assert fetched(model_of(place), folders) == WEIGHTS


def test_nothing_is_left_beside_a_fetched_file_but_its_record_and_its_lock(mirror, folders):
    fetch_model(model_of(mirror.place("/weights", whole(WEIGHTS))), folders)
    assert sorted(path.name for path in (folders.store / "net").iterdir()) == [
        ".net.caffemodel.lock",
        "net.caffemodel",
        "net.caffemodel.json",
    ]


def test_a_second_call_asks_nobody(mirror, folders):
    model = model_of(mirror.place("/weights", whole(WEIGHTS)))
    fetch_model(model, folders)
    assert fetched(model, folders) == WEIGHTS
    assert len(mirror.requests) == 1


def test_a_damaged_file_in_the_store_is_fetched_anew(mirror, folders):
    model = model_of(mirror.place("/weights", whole(WEIGHTS)))
    (path,) = fetch_model(model, folders)
    path.write_bytes(OTHER)
    assert fetched(model, folders) == WEIGHTS


def test_a_file_in_the_store_that_was_only_touched_is_kept(mirror, folders):
    model = model_of(mirror.place("/weights", whole(WEIGHTS)))
    (path,) = fetch_model(model, folders)
    os.utime(path, ns=(1, 1))
    fetch_model(model, folders)
    assert len(mirror.requests) == 1


@pytest.mark.parametrize("code", [404, 500])
def test_the_next_place_is_tried_after_an_http_error(mirror, folders, code):
    dead = mirror.place("/dead", status(code))
    assert fetched(model_of(dead, mirror.place("/weights", whole(WEIGHTS))), folders) == WEIGHTS


def test_the_next_place_is_tried_after_a_refused_connection(mirror, folders):
    place = mirror.place("/weights", whole(WEIGHTS))
    assert fetched(model_of(f"{dead_address()}/weights", place), folders) == WEIGHTS


def test_a_host_without_an_address_is_told(mirror, folders, monkeypatch):
    def find_nobody(*_, **__):
        raise socket.gaierror(-3, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", find_nobody)
    with pytest.raises(ModelError, match=r"nowhere.invalid is not found \(is there a network"):
        fetch_model(model_of("http://nowhere.invalid/weights"), folders)


def test_a_broken_transfer_is_continued_where_it_broke_off(mirror, folders):
    place = mirror.place("/weights", breaks_off(WEIGHTS, 150_000))
    assert fetched(model_of(place), folders) == WEIGHTS
    first, second = mirror.ranges()
    assert first is None
    assert 0 < int(second.removeprefix("bytes=").removesuffix("-")) <= 150_000


def test_a_transfer_that_always_breaks_off_at_the_same_byte_is_given_up(mirror, folders):
    place = mirror.place("/weights", breaks_off(WEIGHTS, 150_000, times=99))
    with pytest.raises(ModelError, match=r"broken off after 1\d\d,\d\d\d of 300,000 bytes"):
        fetch_model(model_of(place), folders)
    assert len(mirror.requests) == transfer_module.TRIES


def test_an_earlier_runs_part_is_continued_at_another_place(mirror, folders):
    begin_part(folders, WEIGHTS[:100_000])
    assert fetched(model_of(mirror.place("/weights", whole(WEIGHTS))), folders) == WEIGHTS
    assert mirror.ranges() == ["bytes=100000-"]


def test_a_complete_part_needs_no_request(mirror, folders):
    begin_part(folders, WEIGHTS)
    assert fetched(model_of(mirror.place("/weights", whole(WEIGHTS))), folders) == WEIGHTS
    assert mirror.requests == []


@pytest.mark.parametrize("size", [100_000, 300_000, 300_001])
def test_a_part_of_another_file_is_thrown_away(mirror, folders, size):
    begin_part(folders, (OTHER + OTHER)[:size])
    assert fetched(model_of(mirror.place("/weights", whole(WEIGHTS))), folders) == WEIGHTS
    assert mirror.ranges()[-1] is None


def test_a_server_without_ranges_starts_anew(mirror, folders):
    place = mirror.place("/weights", breaks_off(WEIGHTS, 150_000, knows_ranges=False))
    assert fetched(model_of(place), folders) == WEIGHTS
    assert len(mirror.requests) == 2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (HTML, "an HTML page of 50 bytes"),
        (LFS_POINTER, "a Git LFS pointer of 1[0-9]+ bytes"),
        (b"", "an empty file"),
        (WEIGHTS[:-5], "truncated or another file: 299,995 of 300,000 bytes"),
        (WEIGHTS + b"more", "another file: 300,004 bytes, not 300,000"),
        (OTHER, f"another file: its SHA-256 is {hashlib.sha256(OTHER).hexdigest()}, not {SHA256}"),
    ],
)
def test_what_a_place_gave_instead_of_the_weights_is_told(mirror, folders, content, message):
    with pytest.raises(ModelError, match=message):
        fetch_model(model_of(mirror.place("/weights", whole(content))), folders)
    assert not (folders.store / "net/net.caffemodel").exists()


def test_a_wrong_file_that_was_not_continued_is_not_fetched_twice(mirror, folders):
    with pytest.raises(ModelError):
        fetch_model(model_of(mirror.place("/weights", whole(OTHER))), folders)
    assert len(mirror.requests) == 1


def test_no_redirect_leads_to_a_local_file(mirror, folders, tmp_path):
    (tmp_path / "weights").write_bytes(WEIGHTS)
    place = mirror.place("/weights", status(302, file_place(tmp_path / "weights")))
    with pytest.raises(ModelError, match="an address that is neither http nor https"):
        fetch_model(model_of(place), folders)


def test_a_place_may_be_a_local_file(folders, tmp_path):
    source = tmp_path / "a folder, with ünusual # names"
    source.write_bytes(WEIGHTS)
    assert fetched(model_of(file_place(source)), folders) == WEIGHTS


@pytest.mark.parametrize("folder", ["incoming", "shared"])
def test_a_file_at_hand_is_known_by_its_hash_whatever_its_name(mirror, folders, folder):
    folder = getattr(folders, folder) / "from Anna"
    folder.mkdir()
    (folder / "download (3).bin").write_bytes(WEIGHTS)
    (folder / "a wrong one.bin").write_bytes(OTHER)
    assert fetched(model_of(mirror.place("/weights", whole(WEIGHTS))), folders) == WEIGHTS
    assert mirror.requests == []
    assert (folder / "download (3).bin").read_bytes() == WEIGHTS


def test_a_file_at_hand_is_copied_where_it_cannot_be_linked(folders, monkeypatch):
    def refuse(*_):
        raise PermissionError

    (folders.incoming / "net.bin").write_bytes(WEIGHTS)
    monkeypatch.setattr(os, "link", refuse)
    assert fetched(model_of(), folders) == WEIGHTS


def test_files_at_hand_of_another_size_are_not_hashed(folders, monkeypatch):
    def hash_nothing(path):
        raise AssertionError(path)

    (folders.incoming / "holiday.mkv").write_bytes(b"large")
    monkeypatch.setattr("autochrome.models.fetch.sha256_file", hash_nothing)
    with pytest.raises(ModelError, match="could not be had"):
        fetch_model(model_of(), folders)


def test_the_error_names_every_place_and_what_to_do_by_hand(mirror, folders):
    (folders.incoming / "net.caffemodel").write_bytes(HTML)
    dead = dead_address()
    places = [f"{dead}/a", mirror.place("/b", status(404)), mirror.place("/c", whole(LFS_POINTER))]
    with pytest.raises(ModelError) as raised:
        fetch_model(model_of(*places), folders)
    assert raised.value.fault.splitlines() == [
        "net.caffemodel of the model net could not be had:",
        f"  {folders.incoming / 'net.caffemodel'}: an HTML page of 50 bytes, not the file",
        f"  {dead}/a: connection refused",
        f"  {mirror.address}/b: HTTP 404 Not Found",
        f"  {mirror.address}/c: a Git LFS pointer of {len(LFS_POINTER)} bytes, not the file that "
        "it stands for",
    ]
    assert raised.value.remedy == (
        f"Download it by hand (net.caffemodel, 300,000 bytes, SHA-256 {SHA256}), put it, under "
        f"any name, into {folders.incoming}, and run the same command again."
    )


def test_an_unknown_hash_is_refused_before_anybody_is_asked(mirror, folders):
    model = model_of(mirror.place("/weights", whole(WEIGHTS)), size=None, sha256=None)
    with pytest.raises(ModelError, match="nobody published the SHA-256.*accept_unknown_models"):
        fetch_model(model, folders)
    assert mirror.requests == []


def test_an_accepted_file_is_the_only_right_one_from_then_on(mirror, folders):
    model = model_of(mirror.place("/weights", whole(WEIGHTS)), size=None, sha256=None)
    (path,) = fetch_model(model, folders, accept_unknown=True)
    assert fetched(model, folders) == WEIGHTS
    path.write_bytes(OTHER)
    mirror.place("/weights", whole(OTHER))
    for _ in range(2):
        with pytest.raises(ModelError, match=f"not {SHA256}"):
            fetch_model(model, folders, accept_unknown=True)


def test_a_file_of_unknown_hash_is_known_by_its_name(folders):
    (folders.incoming / "another.bin").write_bytes(OTHER)
    (folders.incoming / "net.caffemodel").write_bytes(WEIGHTS)
    model = model_of(size=None, sha256=None)
    assert fetched(model, folders, accept_unknown=True) == WEIGHTS


def test_an_html_page_is_not_accepted_as_a_file_of_unknown_hash(mirror, folders):
    model = model_of(mirror.place("/weights", whole(HTML)), size=None, sha256=None)
    with pytest.raises(ModelError, match="an HTML page"):
        fetch_model(model, folders, accept_unknown=True)


def test_a_file_of_unknown_hash_is_never_continued(mirror, folders):
    begin_part(folders, OTHER[:1000])
    place = mirror.place("/weights", breaks_off(WEIGHTS, 150_000))
    model = model_of(place, size=None, sha256=None)
    assert fetched(model, folders, accept_unknown=True) == WEIGHTS
    assert mirror.ranges() == [None, None]


def test_a_full_disk_is_told_before_anything_is_written(mirror, folders, monkeypatch):
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage(1, 1, 1000))
    with pytest.raises(ModelError, match=r"no room for net.caffemodel \(300,000 bytes\)"):
        fetch_model(model_of(mirror.place("/weights", whole(WEIGHTS))), folders)


def test_a_disk_that_fills_up_is_told(mirror, folders, monkeypatch):
    def full(path, mode):
        if mode == "wb":
            raise OSError(errno.ENOSPC, "No space left on device")
        return open(path, mode)

    monkeypatch.setattr(transfer_module, "open", full, raising=False)
    with pytest.raises(ModelError, match="There is no room for net.caffemodel"):
        fetch_model(model_of(mirror.place("/weights", whole(WEIGHTS))), folders)


def test_progress_is_told_in_bytes(mirror, folders):
    told = []
    model = model_of(mirror.place("/weights", whole(WEIGHTS)))
    fetch_model(model, folders, progress=lambda done, total: told.append((done, total)))
    assert told == sorted(told)
    assert told[-1] == (len(WEIGHTS), len(WEIGHTS))


def test_two_who_fetch_at_once_fetch_a_file_once(mirror, folders):
    model = model_of(mirror.place("/weights", after(0.3, whole(WEIGHTS))))
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(fetched, model, folders) for _ in range(2)]
    assert [one.result() for one in both] == [WEIGHTS, WEIGHTS]
    assert len(mirror.requests) == 1


def test_an_embedded_model_is_not_fetched(folders):
    compact = find_model("compact")
    assert fetch_model(compact, folders) == [compact.path]


def test_the_environment_names_the_shared_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("AUTOCHROME_MODEL_FOLDER", str(tmp_path))
    assert default_folders().shared == tmp_path
