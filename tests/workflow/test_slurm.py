"""On a real Slurm: the same bytes as locally, and a job that the scheduler killed is done again."""

import threading
import time

import pytest

from tests.slurm.one_node import OneNode, why_not
from tests.workflow.conftest import CUT

pytestmark = pytest.mark.skipif(bool(why_not()), reason=why_not())


# Its plugin looks for ended jobs after 2, 12, 22 … seconds, and on a busy machine seldom finds one.
LIMIT_SECONDS = 900


def cancel_the_first_job(node, ended, cancelled):
    while not ended.is_set():
        if running := node.jobs("RUNNING"):
            node.command("scancel", running[0])
            cancelled.append(running[0])
            return
        time.sleep(0.2)


def test_photographs_and_a_film_through_slurm_although_a_job_is_killed(whole, again, tmp_path):
    ended, cancelled = threading.Event(), []
    with OneNode(tmp_path / "slurm") as node:
        killer = threading.Thread(target=cancel_the_first_job, args=(node, ended, cancelled))
        killer.start()
        try:
            again.run(
                *("photos={batch_size: 3}", "failures=accept", CUT),
                *("--slurm-status-command", "squeue"),
                *("--slurm-init-seconds-before-status-checks", "2", "--latency-wait", "10"),
                profile="slurm",
                limit_seconds=LIMIT_SECONDS,
                **node.environment,
            )
        finally:
            ended.set()
            killer.join()
        assert cancelled and cancelled[0] in node.jobs("CANCELLED")
    assert sum(job.startswith("photos/") for job in again.jobs) > 2
    assert again.contents() == whole.contents()
