"""Several processes of one service: started, watched, started again when they die, and stopped together.

All of them hold the reading end of one pipe. Its writing end is the parent's alone, so they read its end when the
parent stops, and just as well when it is killed: nobody is orphaned, and no signal is needed.

They are started before the database is ready, and load their modules meanwhile; the first line of their standard input
tells them where it is.
"""

import asyncio
import contextlib
import os
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from dispatch.cli.terminal import warn

READY = b"ready\n"
"""What a process writes to its standard output once it does its work."""

GRACE_S = 7.0
"""How long processes may take to finish; more than serve's own limits together."""

_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _HEALTHY_S = 0.5, 10.0, 30.0


@dataclass(frozen=True, slots=True)
class _Member:
    """One of the family: what it is called, and the command that it runs."""

    zh: str
    en: str
    command: tuple[str, ...]


class Family:
    """The processes of one service: workers on one port, and the scheduler beside them where there is one."""

    def __init__(self, count: int, host: str, port: int, *, scheduler: bool) -> None:
        """Say who belongs to it; nothing is started.

        Args:
            count: how many workers.
            host: where they serve.
            port: the port they share.
            scheduler: with a process for the scheduler, whose sweeps would make requests wait in a worker.
        """
        serving = ("_worker", "--host", host, "--port", str(port))
        self._members = [_Member(f"工作进程 {number}", f"worker {number}", serving) for number in range(count)]
        if scheduler:
            self._members.append(_Member("定时任务", "the scheduler", ("_scheduler",)))
        self._first: list[asyncio.subprocess.Process] = []
        self._url = ""
        self._stopping = False

    def __enter__(self) -> Self:
        self._reading, self._writing = os.pipe()
        self._metrics = tempfile.TemporaryDirectory(prefix="grid-dispatch-metrics-")
        return self

    def __exit__(self, *_: object) -> None:
        self._release()
        os.close(self._reading)
        self._metrics.cleanup()

    def _release(self) -> None:
        if self._writing >= 0:
            os.close(self._writing)
            self._writing = -1

    async def begin(self) -> None:
        """Start everybody; they wait for ``run``, in the same loop, to tell them the database."""
        for member in self._members:
            self._first.append(await self._spawn(member))

    async def abandon(self) -> None:
        """End those who were started and never told a database; they have begun nothing."""
        while self._first:
            process = self._first.pop()
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def run(self, url: str, stop: asyncio.Event, started: Callable[[], Awaitable[None]]) -> None:
        """Keep everybody running on the database ``url`` until ``stop``; ``started`` is awaited when all are ready."""
        self._url = url
        ready = [asyncio.Event() for _ in self._members]
        first, self._first = self._first, []
        keeping = [asyncio.create_task(self._keep(*each)) for each in zip(self._members, first, ready, strict=True)]
        saying = asyncio.create_task(_say(ready, started))
        await stop.wait()
        self._stopping = True
        saying.cancel()
        self._release()
        _, late = await asyncio.wait(keeping, timeout=GRACE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(saying, *keeping, return_exceptions=True)

    async def _keep(self, member: _Member, process: asyncio.subprocess.Process, ready: asyncio.Event) -> None:
        """Have a member run, again and again; the pause grows while it dies young."""
        pause = _FIRST_PAUSE_S
        clock = asyncio.get_running_loop().time
        while True:
            began = clock()
            code = await self._accompany(process, ready)
            _bury(process.pid, self._metrics.name)
            if self._stopping:
                return
            pause = _FIRST_PAUSE_S if clock() - began > _HEALTHY_S else min(pause * 2, _LONGEST_PAUSE_S)
            warn(
                f"{member.zh}（进程号 {process.pid}）意外退出（代码 {code}），{pause:g} 秒后重新启动。",
                f"{member.en} (process {process.pid}) ended with code {code}; starting it again in {pause:g} s.",
            )
            again = await self._again(member, pause)
            if again is None:
                return
            process = again

    async def _again(self, member: _Member, pause: float) -> asyncio.subprocess.Process | None:
        """Start a member again after a pause, and try until that is possible; None once all are to stop."""
        while True:
            await asyncio.sleep(pause)
            if self._stopping:
                return None
            try:
                return await self._spawn(member)
            except OSError as error:
                pause = min(pause * 2, _LONGEST_PAUSE_S)
                warn(
                    f"{member.zh}无法启动（{error.strerror}），{pause:g} 秒后再试。",
                    f"{member.en} can't be started ({error.strerror}); trying again in {pause:g} s.",
                )

    async def _accompany(self, process: asyncio.subprocess.Process, ready: asyncio.Event) -> int:
        """Tell a process the database, and return with which code it ended."""
        told, said = process.stdin, process.stdout
        try:
            # The address holds the database's password, so it goes where `ps` does not show it.
            told.write(f"{self._url}\n".encode())  # type: ignore[union-attr] # it is a pipe
            told.close()  # type: ignore[union-attr]
            if await said.readline() == READY:  # type: ignore[union-attr]
                ready.set()
            return await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
            raise

    async def _spawn(self, member: _Member) -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "dispatch", *member.command, "--lifeline", str(self._reading)),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": self._metrics.name},
            pass_fds=(self._reading,),
            start_new_session=True,  # Ctrl-C is for the parent, who stops them in order
        )


async def _say(ready: list[asyncio.Event], started: Callable[[], Awaitable[None]]) -> None:
    for event in ready:
        await event.wait()
    await started()


def _bury(pid: int, metrics: str) -> None:
    """Drop the gauges that only a living process has."""
    for file in Path(metrics).glob(f"gauge_live*_{pid}.db"):
        file.unlink(missing_ok=True)


def stop_when_orphaned(lifeline: int, stop: asyncio.Event) -> None:
    """Set ``stop`` once nobody holds the other end of the pipe any more."""
    loop = asyncio.get_running_loop()

    def ended() -> None:
        loop.remove_reader(lifeline)
        stop.set()

    loop.add_reader(lifeline, ended)
