"""TABLE 4: refusal -> status; one middleware turns every refusal into RFC 9457 problem+json."""

import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

log = structlog.get_logger()

STATUS: dict[type[Refusal], HTTPStatus] = {
    errors.BrokenBody: HTTPStatus.BAD_REQUEST,
    errors.Unauthenticated: HTTPStatus.UNAUTHORIZED,
    errors.WrongPassword: HTTPStatus.UNAUTHORIZED,
    errors.NotYours: HTTPStatus.FORBIDDEN,
    errors.WrongQueryCode: HTTPStatus.FORBIDDEN,
    errors.OrderNotFound: HTTPStatus.NOT_FOUND,
    errors.GridNotFound: HTTPStatus.NOT_FOUND,
    errors.EmergencyNotFound: HTTPStatus.NOT_FOUND,
    errors.LeaveNotFound: HTTPStatus.NOT_FOUND,
    errors.PersonNotFound: HTTPStatus.NOT_FOUND,
    errors.PhotoNotFound: HTTPStatus.NOT_FOUND,
    errors.ProjectNotFound: HTTPStatus.NOT_FOUND,
    errors.VersionNotFound: HTTPStatus.NOT_FOUND,
    errors.BodyTooSlow: HTTPStatus.REQUEST_TIMEOUT,
    errors.NotNow: HTTPStatus.CONFLICT,
    errors.Stale: HTTPStatus.CONFLICT,
    errors.PolicyMoved: HTTPStatus.CONFLICT,
    errors.ProjectClosed: HTTPStatus.CONFLICT,
    errors.StepsOpen: HTTPStatus.CONFLICT,
    errors.NoSteps: HTTPStatus.CONFLICT,
    errors.TreeBusy: HTTPStatus.CONFLICT,
    errors.VersionOver: HTTPStatus.CONFLICT,
    errors.TooManySteps: HTTPStatus.CONFLICT,
    errors.EmergencyOver: HTTPStatus.CONFLICT,
    errors.EmergencyOverlaps: HTTPStatus.CONFLICT,
    errors.NotInEmergency: HTTPStatus.CONFLICT,
    errors.BatchUnderWay: HTTPStatus.CONFLICT,
    errors.Taken: HTTPStatus.CONFLICT,
    errors.OfferEnded: HTTPStatus.CONFLICT,
    errors.WaitedBefore: HTTPStatus.CONFLICT,
    errors.AlreadyAsked: HTTPStatus.CONFLICT,
    errors.ReturnsBinding: HTTPStatus.CONFLICT,
    errors.NobodyAbove: HTTPStatus.CONFLICT,
    errors.ExtendedBefore: HTTPStatus.CONFLICT,
    errors.TooLateToExtend: HTTPStatus.CONFLICT,
    errors.ReviewPassed: HTTPStatus.CONFLICT,
    errors.AnswersOpen: HTTPStatus.CONFLICT,
    errors.NotMerged: HTTPStatus.CONFLICT,
    errors.NothingToAppeal: HTTPStatus.CONFLICT,
    errors.UrgedToday: HTTPStatus.CONFLICT,
    errors.TooLarge: HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    errors.WrongContentType: HTTPStatus.UNSUPPORTED_MEDIA_TYPE,
    errors.Invalid: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.NoWorkingDays: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.KeyReused: HTTPStatus.UNPROCESSABLE_ENTITY,
    errors.TooMany: HTTPStatus.TOO_MANY_REQUESTS,
    errors.NoCounty: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.NoRoom: HTTPStatus.SERVICE_UNAVAILABLE,
    errors.Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
}

RELOAD_S = 2
"""How long a process may take to read a changed county again, in seconds."""

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_TITLES = {
    HTTPStatus.NOT_FOUND: ("not_found", "没有这个地址", "there is nothing at this address"),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "method_not_allowed",
        "这个地址不支持此方法",
        "this address does not take that method",
    ),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("too_large", "内容太大，没有保存", "that is too large and was not saved"),
}


def language(request: web.Request) -> str:
    """Return 'en' where the client asks for English (``?lang=en`` or Accept-Language), otherwise 'zh'."""
    asked: str = request.query.get("lang") or request.headers.get("Accept-Language") or ""
    return "en" if asked.strip().lower().startswith("en") else "zh"


def problem(status: int, code: str, detail: str, extra: dict[str, Any]) -> web.Response:
    """Return a problem+json response."""
    body = {
        "type": f"/docs#problem-{code}",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": detail,
        "code": code,
        **extra,
    }
    return web.Response(status=status, body=orjson.dumps(body), content_type="application/problem+json")


def refused(refusal: Refusal, lang: str) -> web.Response:
    """Return the response for a refusal."""
    extra: dict[str, Any] = {}
    if isinstance(refusal, errors.Invalid):
        extra["errors"] = [{"field": fault["field"], "detail": fault[lang]} for fault in refusal.data["faults"]]
    for name in ("version", "state", "seconds"):
        if name in refusal.data:
            extra[name] = refusal.data[name]
    response = problem(STATUS[type(refusal)], refusal.code, refusal.text(lang), extra)
    if "seconds" in refusal.data:
        response.headers["Retry-After"] = str(refusal.data["seconds"])
    if isinstance(refusal, errors.Unauthenticated | errors.WrongPassword):
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer refusals and failures alike; a failure of ours is logged with a reference and told without details."""
    try:
        return await handler(request)
    except Refusal as refusal:
        return refused(refusal, language(request))
    except (UnknownGrid, UnknownBranch):  # the county has just changed, and this process reads it again right now
        return refused(errors.Unavailable(seconds=RELOAD_S), language(request))
    except web.HTTPException as error:
        status = HTTPStatus(error.status)
        if status < HTTPStatus.BAD_REQUEST:
            raise
        code, zh, en = _TITLES.get(status, ("http_error", status.phrase, status.phrase))
        response = problem(status, code, en if language(request) == "en" else zh, {})
        if "Allow" in error.headers:
            response.headers["Allow"] = error.headers["Allow"]
        return response
    except Exception:
        reference = secrets.token_hex(4)
        log.exception("internal_error", reference=reference, method=request.method, route=_route(request))
        zh = f"系统出了意外，没有保存任何改动。请稍后再试；如仍不行，请把编号 {reference} 告诉管理员。"
        en = f"Something failed on our side and nothing was changed. Try again; or tell an administrator: {reference}."
        return problem(
            HTTPStatus.INTERNAL_SERVER_ERROR,
            "internal",
            en if language(request) == "en" else zh,
            {"reference": reference},
        )


def _route(request: web.Request) -> str:
    resource = request.match_info.route.resource
    return "" if resource is None else resource.canonical  # the pattern, since a path can hold an order's number
