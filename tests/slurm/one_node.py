"""A Slurm of one node on this machine's loopback, started and stopped by a test.

Its daemons come from Debian's packages ``slurm-wlm`` and ``munge``, and run as root, since they
start jobs as the user who submits them.
"""

import os
import shutil
import socket
import subprocess
import time
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scancel")
_SECONDS = 60
# Where jobs' own commands look: what names another place does not reach them.
_PLACE = Path("/etc/slurm/slurm.conf")
_CONFIGURATION = """
ClusterName=one
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
SchedulerParameters=sched_interval=1,bf_interval=1
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ReturnToService=2
MinJobAge=3600
MailProg=/bin/true
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=12000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def why_not() -> str:
    """Why no Slurm can be started here; "" if it can."""
    missing = [name for name in PROGRAMS if shutil.which(name, path=_path()) is None]
    if missing:
        return f"Slurm is not installed (apt-get install slurm-wlm munge): no {missing[0]}"
    if os.geteuid() != 0:
        return "Slurm's daemons start jobs only as root"
    return f"This machine has a Slurm of its own ({_PLACE})" if _PLACE.exists() else ""


class OneNode:
    """The running Slurm; ``environment`` is what its commands need. Use as a context manager."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.environment = {"PATH": _path()}
        self._daemons: list[subprocess.Popen] = []

    def __enter__(self) -> "OneNode":
        try:
            self._start_all()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _start_all(self) -> None:
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        host = socket.gethostname().partition(".")[0]
        text = _CONFIGURATION.format(host=host, folder=self.folder, ports=_free_ports(2))
        _PLACE.parent.mkdir(exist_ok=True)
        _PLACE.write_text(text)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        self.folder.chmod(0o755)
        self._start(
            *("munged", "--foreground", "--force", f"--key-file={key}"),
            *(f"--{name}-file={self.folder}/munge.{name}" for name in ("pid", "seed", "log")),
            f"--socket={self.folder}/munge.socket",
        )
        self._wait(lambda: (self.folder / "munge.socket").exists())
        self._start("slurmctld", "-D")
        self._start("slurmd", "-D")
        self._wait(lambda: "idle" in self.command("sinfo", "--noheader", "--format=%T"))

    def __exit__(self, *exception) -> None:
        if _PLACE.exists():
            self.command("scancel", "--me", "--full")
            _PLACE.unlink()
        for daemon in reversed(self._daemons):
            daemon.terminate()
        for daemon in self._daemons:
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()

    def command(self, *words: str) -> str:
        """What one of Slurm's commands prints; "" if it fails."""
        done = subprocess.run(
            words, env=os.environ | self.environment, capture_output=True, text=True, timeout=30
        )
        return done.stdout.strip() if done.returncode == 0 else ""

    def jobs(self, *states: str) -> list[str]:
        """Ids of the jobs in one of these states."""
        return self.command(
            "squeue", "--noheader", "--array", "--format=%A", f"--states={','.join(states)}"
        ).split()

    def _start(self, *words: str) -> None:
        log = (self.folder / f"{words[0]}.out").open("wb")
        self._daemons.append(
            subprocess.Popen(
                words, env=os.environ | self.environment, stdout=log, stderr=log, cwd=self.folder
            )
        )

    def _wait(self, is_ready) -> None:
        deadline = time.monotonic() + _SECONDS
        while not is_ready():
            assert time.monotonic() < deadline, "".join(
                path.read_text(errors="replace") for path in self.folder.glob("*.out")
            )
            time.sleep(0.2)


def _path() -> str:
    return f"{os.environ['PATH']}:/usr/sbin:/sbin"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [s.getsockname()[1] for s in sockets]
    for s in sockets:
        s.close()
    return ports
