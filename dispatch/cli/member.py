"""A process of the family that ``serve`` starts: a worker, or the scheduler beside the workers."""

import asyncio
import contextlib
import dataclasses
import os
import socket
import sys

from dispatch import logs
from dispatch.cli import ticking
from dispatch.cli.workers import READY, stop_when_orphaned
from dispatch.settings import Settings
from dispatch.web import serve as web


def worker(host: str, port: int, lifeline: int) -> None:
    """Serve on a shared port until whoever holds the other end of ``lifeline`` is gone."""
    settings = dataclasses.replace(Settings.read(), host=host, port=port)
    logs.configure()
    with contextlib.closing(web.bound(settings.host, settings.port, shared=True)) as taken:
        web.load()
        url = _told()
        if url:
            web.run(_work(settings, url, taken, lifeline))


def scheduler(lifeline: int) -> None:
    """Run the scheduler until whoever holds the other end of ``lifeline`` is gone."""
    settings = Settings.read()
    logs.configure()
    ticking.load()
    url = _told()
    if url:
        web.run(_ticks(settings, url, lifeline))


def _told() -> str:
    """Return the database that the parent names once it is ready; nothing where the parent is gone before."""
    return sys.stdin.readline().strip()


async def _work(settings: Settings, url: str, taken: socket.socket, lifeline: int) -> None:
    await web.serve(settings, url, taken, _until_orphaned(lifeline), started=_ready)


async def _ticks(settings: Settings, url: str, lifeline: int) -> None:
    await ticking.alone(settings, url, _until_orphaned(lifeline), started=_ready)


def _until_orphaned(lifeline: int) -> asyncio.Event:
    stop = web.stop_at_signals()
    stop_when_orphaned(lifeline, stop)
    return stop


async def _ready() -> None:
    os.write(1, READY)
