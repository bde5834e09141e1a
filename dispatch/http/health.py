"""Alive, ready, and how busy."""

import asyncio
from datetime import timedelta
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.http import metrics
from dispatch.http.endpoints import SERVICE, Reply, respond
from dispatch.storage import county, migrations
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service

LATE = timedelta(seconds=15)
"""A scheduler whose last good sweep is so long ago is taken for dead."""

ANSWER_S = 2.5
"""How long the database may take for all of it; who asks has seldom more patience than three seconds."""


def add_routes(app: web.Application) -> None:
    """Add the addresses that machines watch."""
    app.router.add_get("/healthz", alive)
    app.router.add_get("/readyz", ready)
    app.router.add_get("/metrics", figures)


async def alive(_request: web.Request) -> web.Response:
    """Say that the process answers."""
    return respond(Reply(200, {"status": "ok"}))


async def ready(request: web.Request) -> web.Response:
    """Say whether requests can be served, and if not, why."""
    service = request.app[SERVICE]
    checks = await _in_time(service)
    good = all(check["ok"] for check in checks.values())
    status = {"status": "ready" if good else "not_ready", "checks": checks, "clock": _clock(service)}
    return respond(Reply(200 if good else 503, status))


_AWAY = {"database": {"ok": False, "zh": "连不上数据库", "en": "the database does not answer"}}


async def _in_time(service: Service) -> dict[str, dict[str, Any]]:
    checking = asyncio.create_task(_checks(service))
    done, _ = await asyncio.wait({checking}, timeout=ANSWER_S)
    if done:
        return checking.result()
    checking.cancel()  # and not waited for: a database that hangs takes its time over that, too
    return _AWAY


async def _checks(service: Service) -> dict[str, dict[str, Any]]:
    try:
        missing = await migrations.pending(service.database)
        beat = await county.last_beat(service.database, county.SCHEDULER) if not missing else None
    except errors.Unavailable:
        return _AWAY
    fresh = beat is not None and wall_now() - beat < LATE
    return {
        "database": {"ok": True},
        "migrations": {"ok": not missing, "missing": missing},
        "county": {"ok": service.has_county},
        "scheduler": {"ok": fresh, "last_tick": None if beat is None else beat.isoformat()},
    }


def _clock(service: Service) -> dict[str, Any]:
    return {"rate": service.clock.rate, "plain": service.clock.plain, "now": service.now().isoformat()}


async def figures(request: web.Request) -> web.Response:
    """Give the figures for Prometheus."""
    try:
        alarms = await county.alarms(request.app[SERVICE].database)
    except errors.Unavailable:
        alarms = None  # the figures of the process itself are wanted most when the database is away
    return web.Response(
        body=metrics.exposition(alarms), headers={"Content-Type": "text/plain; version=0.0.4; charset=utf-8"}
    )
