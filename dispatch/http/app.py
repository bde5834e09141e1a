"""The API: the endpoint rows as routes, and what stands around them."""

import asyncio
import time
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ValidationError

from dispatch.domain import errors
from dispatch.http import callers, health, metrics, uploads
from dispatch.http import errors as problems
from dispatch.http.endpoints import SERVICE, Call, Endpoint, Login, decoded, garbled, invalid, respond
from dispatch.http.table import ENDPOINTS
from dispatch.storage.people import Bearer
from dispatch.usecases import sessions
from dispatch.usecases.service import Service


def create_app(service: Service) -> web.Application:
    """Return the application over ``service``, which stays the caller's to close."""
    app = web.Application(middlewares=[measured, problems.problems], client_max_size=service.settings.body_limit)
    app[SERVICE] = service
    uploads.prepare(app)
    for endpoint in ENDPOINTS:
        app.router.add_route(endpoint.method, endpoint.path, _handler(endpoint))
    health.add_routes(app)
    return app


@web.middleware
async def measured(request: web.Request, handler: problems.Handler) -> web.StreamResponse:
    """Count each answer and its time under the route's pattern; no cache keeps what is somebody's own."""
    started = time.perf_counter()
    response = await handler(request)
    resource = request.match_info.route.resource
    route = "" if resource is None else resource.canonical
    metrics.answered(request.method, route, response.status, time.perf_counter() - started)
    if not response.prepared:
        headers = response.headers
        headers.setdefault("X-Content-Type-Options", "nosniff")
        headers.setdefault("Cache-Control", "no-store")
    return response


def _handler(endpoint: Endpoint) -> Any:
    unasked = _unasked(endpoint)

    async def handle(request: web.Request) -> web.StreamResponse:
        service = request.app[SERVICE]
        query = unasked if unasked is not None and not request.query_string else _query(endpoint, request)
        if endpoint.large is None:
            raw = await _body(endpoint, request)
            body = None if endpoint.body is None else decoded(endpoint.body, raw)
            now = service.now()
            token, bearer = await _identity(endpoint, request, service, now)
            actor = sessions.actor(bearer)
        else:
            now = service.now()
            token, bearer = await _identity(endpoint, request, service, now)
            actor = sessions.actor(bearer)
            endpoint.large.admit(actor, service.world)
            raw = await _body(endpoint, request)
            body = None if endpoint.body is None else await asyncio.to_thread(decoded, endpoint.body, raw)
        call = Call(
            service=service,
            now=now,
            actor=actor,
            bearer=bearer,
            path=request.match_info,
            body=body,
            raw=raw,
            query=query,
            lang=problems.language(request),
            query_code=request.headers.get("X-Query-Code") if endpoint.code_header else None,
            idempotency_key=request.headers.get("Idempotency-Key") if endpoint.key_header else None,
            token=token,
            address=callers.address(request, service.settings.trusted_proxies),
        )
        return respond(await endpoint.handle(call))

    return handle


def _unasked(endpoint: Endpoint) -> BaseModel | None:
    """Return the query of whoever asks for nothing particular, as most do, or None where something must be asked."""
    try:
        return endpoint.query()
    except ValidationError:
        return None


def _query(endpoint: Endpoint, request: web.Request) -> Any:
    given = request.query
    repeated = [name for name in given if len(given.getall(name)) > 1]
    if repeated:
        raise errors.Invalid(
            *(errors.fault(name, "重复填写", "given more than once") for name in dict.fromkeys(repeated))
        )
    try:
        return endpoint.query.model_validate(dict(given))
    except ValidationError as error:
        raise invalid(error) from error


async def _body(endpoint: Endpoint, request: web.Request) -> bytes:
    if endpoint.takes_picture:
        return await uploads.picture(request)
    if endpoint.body is None:
        return b""
    if request.content_type != "application/json" or (request.charset or "utf-8").lower() not in ("utf-8", "utf8"):
        raise errors.WrongContentType
    settings = request.app[SERVICE].settings
    limit, seconds = settings.body_limit, settings.body_seconds
    if endpoint.large is not None:
        limit, seconds = endpoint.large.most, seconds * uploads.SLOWLY
        request = request.clone(client_max_size=limit)
    if (request.content_length or 0) > limit:
        raise errors.TooLarge(limit=limit)
    try:
        if request.content.is_eof():  # it is all there, and nothing is waited for
            return await request.read()
        async with asyncio.timeout(seconds):
            return await request.read()
    except TimeoutError as late:
        raise errors.BodyTooSlow(limit=seconds) from late
    except web.HTTPRequestEntityTooLarge as large:
        raise errors.TooLarge(limit=limit) from large
    except web.RequestPayloadError as broken:
        raise garbled() from broken


async def _identity(
    endpoint: Endpoint, request: web.Request, service: Service, now: Any
) -> tuple[str | None, Bearer | None]:
    header = request.headers.get("Authorization")
    if endpoint.login is Login.NO or (header is None and endpoint.login is Login.OPTIONAL):
        return None, None
    scheme, _, token = (header or "").partition(" ")
    if scheme.lower() != "bearer":
        raise errors.Unauthenticated
    return token, await sessions.bearer(service, token, now)
