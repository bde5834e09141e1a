"""The service's processes: everything in one, a parent with workers, a worker, the scheduler alone."""

import asyncio
import contextlib
import dataclasses
import os
import socket
from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from dispatch import logs
from dispatch.cli import banner
from dispatch.cli.preparing import prepare
from dispatch.cli.terminal import say, tell, warn
from dispatch.cli.workers import READY, Workers, stop_when_orphaned
from dispatch.http import serve as web
from dispatch.running import CannotRunError
from dispatch.settings import Settings

WATCH_S = 2.0
"""How often the embedded server is looked after."""

Revive = Callable[[], bool] | None
"""Starts the embedded server again if it was killed; None where the server is not ours."""


def serve(host: str | None, port: int | None, *, workers: int, scheduler: bool, demo: bool) -> None:
    """Prepare the database and serve until told to stop; the embedded server stops last."""
    settings = _settings(host, port)
    logs.configure()
    with contextlib.closing(web.bound(settings.host, settings.port)) as taken, _database(settings) as (url, revive):
        prepared = asyncio.run(prepare(settings, url, demo=demo))
        hello = banner.Hello(settings, prepared)
        if workers == 1:
            web.run(_one(settings, url, taken, _tick if scheduler else None, revive, hello))
        else:
            taken.close()
            # Held as well as shared, so that the port stays ours while a worker is being replaced.
            with contextlib.closing(web.bound(settings.host, settings.port, shared=True)):
                family = Workers(_arguments(settings), _environment(url), scheduler=scheduler)
                asyncio.run(_many(family, workers, settings, revive, hello))
    tell("已停止，数据保留。", "Stopped; the data is kept.")


async def _one(
    settings: Settings,
    url: str,
    taken: socket.socket,
    companion: web.Companion | None,
    revive: Revive,
    hello: banner.Hello,
) -> None:
    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        await web.serve(settings, url, taken, stop, companion=companion, started=lambda: _greet(settings, hello))


async def _many(family: Workers, count: int, settings: Settings, revive: Revive, hello: banner.Hello) -> None:
    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        await family.run(count, stop, lambda: _greet(settings, hello))


def _say_stopping() -> None:
    tell("正在停止……", "Stopping…")


async def _greet(settings: Settings, hello: banner.Hello) -> None:
    if await web.answering(web.address(settings.host, settings.port)):
        hello.print()
    else:
        warn("服务没有应答 /healthz，请看上面的日志。", "The service does not answer /healthz; see the log above.")


@contextlib.asynccontextmanager
async def _looked_after(revive: Revive) -> AsyncIterator[None]:
    """Start the embedded server again whenever somebody kills it."""
    if revive is None:
        yield
        return
    watching = asyncio.create_task(_watch(revive))
    try:
        yield
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def _watch(revive: Callable[[], bool]) -> None:
    while True:
        await asyncio.sleep(WATCH_S)
        try:
            if await asyncio.to_thread(revive):
                warn("内嵌的 PostgreSQL 意外停止，已重新启动。", "The embedded PostgreSQL had stopped; it runs again.")
        except CannotRunError as error:
            warn(error.zh, error.en)


@contextlib.contextmanager
def _database(settings: Settings) -> Iterator[tuple[str, Revive]]:
    if settings.database_url is not None:
        yield settings.database_url, None
        return
    from dispatch.embedded import Embedded  # noqa: PLC0415 - not where a server is named

    say("正在启动内嵌的 PostgreSQL……", "Starting the embedded PostgreSQL…")
    held = Embedded(settings.data_dir)
    try:
        yield held.url, held.revive
    finally:
        held.close()


async def _tick(service: Any, stop: asyncio.Event) -> None:
    from scheduler.clock import run as tick  # noqa: PLC0415 - not with --no-scheduler

    await tick(service, stop)


def _settings(host: str | None, port: int | None) -> Settings:
    settings = Settings.read()
    return dataclasses.replace(settings, host=host or settings.host, port=port or settings.port)


def _arguments(settings: Settings) -> list[str]:
    return ["--host", settings.host, "--port", str(settings.port)]


def _environment(url: str) -> dict[str, str]:
    # The address holds the database's password, so it goes where `ps` does not show it.
    return {**os.environ, "DISPATCH_DATABASE_URL": url}


def worker(host: str | None, port: int | None, lifeline: int, *, scheduler: bool) -> None:
    """Serve on a shared port until whoever holds the other end of ``lifeline`` is gone."""
    settings = _settings(host, port)
    logs.configure()
    if settings.database_url is None:
        raise CannotRunError("_worker 由 serve 启动，不能单独运行。", "_worker is started by serve, never alone.")
    with contextlib.closing(web.bound(settings.host, settings.port, shared=True)) as taken:
        web.run(_work(settings, settings.database_url, taken, _tick if scheduler else None, lifeline))


async def _work(
    settings: Settings, url: str, taken: socket.socket, companion: web.Companion | None, lifeline: int
) -> None:
    stop = web.stop_at_signals()
    stop_when_orphaned(lifeline, stop)

    async def started() -> None:
        os.write(1, READY)

    await web.serve(settings, url, taken, stop, companion=companion, started=started)


def scheduler() -> None:
    """Run the scheduler alone until told to stop."""
    settings = Settings.read()
    logs.configure()
    with _database(settings) as (url, revive):
        prepared = asyncio.run(prepare(settings, url, demo=False, set_clock=False))
        banner.say_clock(prepared.clock)
        web.run(_ticking(settings, url, revive))
    tell("已停止，数据保留。", "Stopped; the data is kept.")


async def _ticking(settings: Settings, url: str, revive: Revive) -> None:
    from dispatch.usecases.service import Service  # noqa: PLC0415 - heavy

    stop = web.stop_at_signals(_say_stopping)
    async with _looked_after(revive):
        service = await Service.open(settings, url, connections=4)
        try:
            say("就绪 / ready: 定时任务正在运行", "ready: the scheduler runs")
            await web.accompany(_tick, service, stop)
        finally:
            await service.close()
