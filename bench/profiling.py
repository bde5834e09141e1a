"""Profiles of the workers, taken from outside by py-spy while they are under load."""

import contextlib
import signal
import subprocess
import sysconfig
from collections.abc import Iterator
from pathlib import Path

from bench import cpu

RATE = 200
"""Samples a second; a sample stops the worker for less than a millisecond."""


@contextlib.contextmanager
def flames(path: Path) -> Iterator[None]:
    """Write a flame graph of one worker to ``path``; the figures of such a run are slower than they would be.

    Raises:
        RuntimeError: there is no worker, or py-spy could not look into it.
    """
    workers = cpu.workers()
    if not workers:
        raise RuntimeError("there is no worker to profile")
    path.parent.mkdir(parents=True, exist_ok=True)
    program = Path(sysconfig.get_path("scripts"), "py-spy")
    if not program.exists():
        raise RuntimeError(f"BENCH_PROFILE needs py-spy, which is not at {program}; make bench installs it")
    path.unlink(missing_ok=True)
    process = subprocess.Popen(
        [str(program), "record", "-p", str(workers[0].pid), "-r", str(RATE), "-d", "86400", "-o", str(path)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield
    finally:
        process.send_signal(signal.SIGINT)  # it writes what it has
        try:
            _, said = process.communicate(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            _, said = process.communicate()
    if process.returncode or not path.exists():
        raise RuntimeError(
            f"py-spy ended with {process.returncode} and without {path.name}; it must be allowed to trace other"
            f" processes (root, or CAP_SYS_PTRACE and kernel.yama.ptrace_scope=0): {said.strip()[-500:]}"
        )
