"""Whatever lies where an original should be, reading it comes to an end, and its end says why."""

import fcntl
import hashlib
import os
import signal
import socket
import threading

import pytest

from autochrome.archive import copy_source, hash_source, open_source, sources
from autochrome.errors import ItemError

KERNELS = ["/proc/kmsg", "/proc/self/stat"]


def pipe(path):
    os.mkfifo(path)


def a_socket(path):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(str(path))


def zeros(path):
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "kind"),
    [(pipe, "a pipe"), (a_socket, "a socket"), (zeros, "a device"), (os.mkdir, "a folder")],
)
def test_what_is_no_file_is_refused_and_not_waited_for(tmp_path, make, kind):
    path = tmp_path / "a.jpg"
    make(path)
    with pytest.raises(ItemError, match=f"not a file but {kind}"):
        open_source(path)
    with pytest.raises(ItemError, match=f"not a file but {kind}"):
        hash_source(path)


@pytest.mark.parametrize("path", KERNELS)
def test_a_file_of_the_kernels_that_says_it_is_empty_is_not_read(path):
    if not os.access(path, os.R_OK):
        pytest.skip("not here, or not for this user")
    assert hash_source(path) == hashlib.sha256().hexdigest()


@pytest.mark.skipif(not os.access("/proc/kcore", os.R_OK), reason="not here, or not for this user")
def test_the_kernels_memory_is_refused():
    with pytest.raises(ItemError, match="not a file but a part of the system"):
        open_source("/proc/kcore")


@pytest.mark.parametrize("size", [0, 1, sources._BLOCK_BYTES, sources._BLOCK_BYTES * 2 + 7])
def test_files_are_hashed_and_copied_whole(tmp_path, size):
    path, to = tmp_path / "a", tmp_path / "b"
    path.write_bytes(os.urandom(size))
    wanted = hashlib.sha256(path.read_bytes()).hexdigest()
    assert hash_source(path) == copy_source(path, to) == wanted
    assert to.read_bytes() == path.read_bytes()


@pytest.mark.parametrize("size", [10, sources._BLOCK_BYTES * 3])
def test_a_file_that_grows_or_shrinks_while_it_is_read_is_refused(tmp_path, monkeypatch, size):
    path = tmp_path / "a"
    path.write_bytes(bytes(sources._BLOCK_BYTES * 2))

    def disturbed(_seconds, read, *args):
        return read(lambda: os.truncate(path, size), *args)

    monkeypatch.setattr(sources, "unless_stuck", disturbed)
    with pytest.raises(ItemError, match="changed while it was read"):
        hash_source(path)


def test_a_file_that_does_not_end_is_read_to_where_it_ended(tmp_path, monkeypatch):
    path = tmp_path / "a"
    path.write_bytes(bytes(10))
    steps = []

    def disturbed(_seconds, read, *args):
        def step():
            steps.append(path.stat().st_size)
            with path.open("ab") as file:
                file.write(bytes(sources._BLOCK_BYTES))

        return read(step, *args)

    monkeypatch.setattr(sources, "unless_stuck", disturbed)
    with pytest.raises(ItemError, match="changed while it was read"):
        hash_source(path)
    assert steps == [10]


def test_a_read_of_which_nothing_comes_is_given_up():
    ours, theirs = os.pipe()
    try:
        with pytest.raises(ItemError, match="Nothing came of it") as error:
            sources.unless_stuck(0.01, lambda _step: os.read(ours, 1))
        assert error.value.remedy
    finally:
        os.close(theirs)


def test_a_read_that_is_slow_is_not_given_up(monkeypatch):
    turn, parked = threading.Semaphore(0), threading.Semaphore(0)

    class Patient(threading.Thread):
        """One turn of the reader passes in every wait for it."""

        def join(self, timeout=None):
            turn.release()
            parked.acquire()
            if not turns:
                super().join()

    turns = [1, 2, 3]

    def read(step):
        while turns:
            turn.acquire()
            turns.pop()
            step()
            parked.release()
        return "read"

    monkeypatch.setattr(sources.threading, "Thread", Patient)
    assert sources.unless_stuck(1, read) == "read"


def test_a_file_that_is_gone_is_told_as_usual(tmp_path):
    with pytest.raises(FileNotFoundError):
        hash_source(tmp_path / "nowhere")


def test_a_server_that_does_not_answer_is_told_from_a_read_that_is_given_up():
    def silent(_step):
        raise TimeoutError("the server does not answer")

    with pytest.raises(TimeoutError):
        sources.unless_stuck(60, silent)


@pytest.mark.skipif(not hasattr(fcntl, "F_SETLEASE"), reason="there are no leases here")
def test_a_file_that_another_process_has_leased_is_waited_for(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"leased")
    holder = os.open(path, os.O_RDWR)

    def let_go(*_):
        fcntl.fcntl(holder, fcntl.F_SETLEASE, fcntl.F_UNLCK)

    before = signal.signal(signal.SIGIO, let_go)
    try:
        try:
            fcntl.fcntl(holder, fcntl.F_SETLEASE, fcntl.F_WRLCK)
        except OSError:
            pytest.skip("this file system has no leases")
        assert hash_source(path) == hashlib.sha256(b"leased").hexdigest()
    finally:
        os.close(holder)
        signal.signal(signal.SIGIO, before)
