"""A crash in a decoder costs one item and not the job. The children here really die."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from autochrome.errors import AutochromeError, ItemError
from autochrome.isolation import IsolatedWorker, ask_parent, run_isolated
from tests.conftest import REPOSITORY

_started_with = None


def start(value):
    global _started_with
    _started_with = value


def started_with():
    return _started_with


def kill_oneself(log: str) -> None:
    with open(log, "a") as file:
        file.write("x")
    os.kill(os.getpid(), signal.SIGSEGV)


def die_once(log: str) -> str:
    if not Path(log).exists():
        kill_oneself(log)
    return "done"


@pytest.fixture(scope="module")
def worker():
    with IsolatedWorker(start, ("ready",)) as worker:
        yield worker


def test_a_call_gives_what_the_function_gives(worker):
    assert worker.call(divmod, 7, 3) == (2, 1)


def test_the_work_is_done_in_another_process_that_is_kept(worker):
    assert worker.call(os.getpid) == worker.call(os.getpid) != os.getpid()


def test_an_error_in_the_child_is_raised_here(worker):
    with pytest.raises(ItemError, match="damaged"):
        worker.call(raise_item_error)


def raise_item_error():
    raise ItemError("a.jpg is damaged.", "Repair it.")


class AwkwardError(Exception):
    """One that is not made again from its words alone."""

    def __init__(self, first, second):
        super().__init__(f"{first} and {second}")


def raise_awkward_error():
    raise AwkwardError("this", "that")


def give_a_function():
    return lambda: None


@pytest.mark.parametrize(
    ("function", "told"), [(raise_awkward_error, "this and that"), (give_a_function, "lambda")]
)
def test_what_cannot_be_sent_is_told_in_words(worker, function, told):
    with pytest.raises(Exception, match=told):
        worker.call(function)
    assert worker.call(started_with) == "ready"


def test_arguments_that_cannot_be_sent_are_the_callers_error(worker):
    with pytest.raises(Exception, match="lambda"):
        worker.call(started_with, lambda: None)
    assert worker.call(started_with) == "ready"


def sum_of_answers(*questions):
    return sum(ask_parent("twice", question) for question in questions)


def test_a_child_may_ask_while_it_works(worker):
    answer = lambda kind, number: {"twice": 2 * number}[kind]  # noqa: E731
    assert worker.call(sum_of_answers, 1, 2, 3, answer=answer) == 12


def test_a_question_that_has_no_answer_is_an_error_in_the_child(worker):
    def answer(kind, number):
        raise ItemError(f"{kind} {number} is not known.")

    assert worker.call(caught, answer=answer) == "twice 1 is not known."
    with pytest.raises(ItemError, match="not known"):
        worker.call(sum_of_answers, 1, answer=answer)


def caught():
    try:
        ask_parent("twice", 1)
    except ItemError as error:
        return error.fault


def sleep_after_asking():
    ask_parent("twice", 1)
    time.sleep(600)


def test_a_call_that_takes_too_long_after_an_answer_is_ended_too(worker):
    with pytest.raises(ItemError, match="not done after"):
        worker.call(sleep_after_asking, timeout=0.5, answer=lambda *_: 2)


def die_after_asking():
    ask_parent("twice", 1)
    os._exit(3)


def test_a_child_that_dies_after_it_was_answered_is_tried_again(worker):
    asked = []
    with pytest.raises(ItemError, match="exit code 3"):
        worker.call(die_after_asking, answer=lambda *question: asked.append(question))
    assert asked == [("twice", 1)] * 2


def test_a_call_that_kills_the_child_twice_is_the_items_failure(worker, tmp_path):
    with pytest.raises(ItemError, match="SIGSEGV"):
        worker.call(kill_oneself, str(tmp_path / "log"))
    assert (tmp_path / "log").read_text() == "xx"


def test_a_call_that_kills_the_child_once_is_done_at_the_second_try(worker, tmp_path):
    assert worker.call(die_once, str(tmp_path / "log")) == "done"


def test_a_function_can_be_named_and_its_module_is_loaded_in_the_child_alone(worker):
    assert worker.call("this:d.get", "n") == "a"
    assert "this" not in sys.modules


def test_the_worker_lives_on_after_a_crash_and_is_initialised_again(worker, tmp_path):
    with pytest.raises(ItemError):
        worker.call(os._exit, 3)
    assert worker.call(started_with) == "ready"


def die_at_the_first_starts(log: str, number: int) -> None:
    with open(log, "a") as file:
        file.write("x")
    if Path(log).stat().st_size <= number:
        os._exit(1)


def test_a_child_that_dies_while_it_starts_is_no_try_of_the_item(tmp_path):
    log = str(tmp_path / "log")
    with IsolatedWorker(die_at_the_first_starts, (log, 2)) as worker:
        assert worker.call(die_once, str(tmp_path / "item")) == "done"
    assert Path(log).read_text() == "xxxx"


def test_children_that_never_start_are_the_runs_failure(tmp_path):
    with (
        IsolatedWorker(die_at_the_first_starts, (str(tmp_path / "log"), 1000)) as worker,
        pytest.raises(AutochromeError, match="cannot be started") as error,
    ):
        worker.call(os.getpid)
    assert not isinstance(error.value, ItemError)


def test_a_child_killed_while_it_waits_is_replaced():
    with IsolatedWorker() as worker:
        waiting = worker.call(os.getpid)
        os.kill(waiting, signal.SIGKILL)
        while is_running(waiting):
            time.sleep(0.01)
        assert worker.call(os.getpid) != waiting


_IMPORTS_SLOWLY = """
import sys, threading, time

slow = threading.Event()

def slowly(event, arguments):
    if event == "import" and arguments[0] == "cv2" and hasattr(sys, "OpenCV_LOADER"):
        slow.set()
        time.sleep(2)

from autochrome.isolation import IsolatedWorker

if __name__ == "__main__":
    sys.addaudithook(slowly)
    threading.Thread(target=__import__, args=("cv2",)).start()
    slow.wait()
    with IsolatedWorker() as worker:
        print(worker.call(divmod, 7, 3))
"""


def test_a_child_starts_well_while_opencv_loads_in_another_thread(tmp_path):
    script = tmp_path / "slow.py"
    script.write_text(_IMPORTS_SLOWLY)
    done = subprocess.run(
        [sys.executable, script],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
        timeout=120,
    )
    assert (done.stdout, done.stderr) == ("(2, 1)\n", "")


def test_a_call_that_takes_too_long_is_ended_and_named(worker):
    with pytest.raises(ItemError, match="not done after"):
        worker.call(time.sleep, 600, timeout=0.5)
    assert worker.call(started_with) == "ready"


def test_one_call_can_have_a_process_of_its_own():
    assert run_isolated(os.getpid) != os.getpid()


_PARENT = """
import os, sys, time
from autochrome.isolation import IsolatedWorker

print("the main module", flush=True)
if __name__ == "__main__":
    with IsolatedWorker() as worker:
        print(worker.call(os.getpid), flush=True)
        worker.call(time.sleep, 600)
"""


def test_a_child_ends_when_its_parent_is_killed_and_never_ran_its_main_module(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(_PARENT)
    parent = subprocess.Popen(
        [sys.executable, script],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(REPOSITORY)},
    )
    assert parent.stdout.readline() == "the main module\n"
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    for _ in range(100):
        if not is_running(child):
            return
        time.sleep(0.1)
    pytest.fail(f"process {child} outlived its parent")


def is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    state = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True
    )
    return state.stdout.strip() not in ("", "Z", "Zl")


def test_a_child_is_deaf_to_ctrl_c_and_the_parent_is_not():
    with IsolatedWorker() as worker:
        assert signal.SIGINT in worker.call(signal.pthread_sigmask, signal.SIG_BLOCK, [])
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])
