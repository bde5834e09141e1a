"""The whole application: the API below, the pages over it."""

from http import HTTPStatus

from aiohttp import web

from dispatch.http import app as api
from dispatch.http.errors import Handler
from dispatch.usecases.service import Service
from dispatch.web import reference, routes, statics
from dispatch.web.command import live
from dispatch.web.door import add_pages
from dispatch.web.visit import Visit


def create_app(service: Service) -> web.Application:
    """Return the application over ``service``, which stays the caller's to close."""
    app = api.create_app(service)
    add_pages(app, routes.PAGES)
    live.prepare(app)
    reference.add_routes(app)
    app.router.add_get("/static/{name:.+}", statics.serve)
    app.middlewares.append(lost)
    return app


@web.middleware
async def lost(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer a wrong address in HTML where a browser asks; programs, and everything below /api, get problem+json."""
    try:
        return await handler(request)
    except web.HTTPNotFound:
        if request.path.startswith("/api/") or "text/html" not in request.headers.get("Accept", ""):
            raise
        visit = await Visit.of(request)
        return visit.page("lost.html", status=HTTPStatus.NOT_FOUND)
