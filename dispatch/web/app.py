"""The whole application: the API below, the pages over it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from http import HTTPStatus

import structlog
from aiohttp import web

from dispatch.domain import errors
from dispatch.http import app as api
from dispatch.http.errors import Handler
from dispatch.usecases import checked_files
from dispatch.usecases.service import Service
from dispatch.web import reference, routes, statics, streams
from dispatch.web.door import add_pages
from dispatch.web.visit import Visit

log = structlog.get_logger()

FORGET_S = 60.0
"""How often it is seen whether files that were checked have been kept for long enough."""


def create_app(service: Service) -> web.Application:
    """Return the application over ``service``, which stays the caller's to close."""
    app = api.create_app(service)
    add_pages(app, routes.PAGES)
    streams.prepare(app)
    reference.add_routes(app)
    app.router.add_get("/static/{name:.+}", statics.serve)
    app.middlewares.append(lost)
    app.cleanup_ctx.append(_forgetting)
    return app


async def _forgetting(_app: web.Application) -> AsyncIterator[None]:
    """Forget files that were checked and never brought in, as long as the application runs.

    They lie on the machine of the web process, so no other process can do it.
    """
    task = asyncio.create_task(_forget())
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def _forget() -> None:
    while True:
        try:
            await asyncio.to_thread(checked_files.forget_old)
        except OSError:
            log.exception("checked_files_not_forgotten")
        await asyncio.sleep(FORGET_S)


@web.middleware
async def lost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a wrong address, or a form's that is opened, in HTML where a browser asks.

    Programs, and everything below /api, get problem+json.
    """
    try:
        return await handler(request)
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed) as error:
        if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
            raise
        try:
            visit = await Visit.of(request)
        except errors.Unavailable:  # nobody is known now, but what is wrong with the address is
            visit = Visit.of_nobody(request)
        response = visit.page("lost.html", status=error.status, form_only=error.status != HTTPStatus.NOT_FOUND)
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
