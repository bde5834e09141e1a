"""The addresses of the pages: a row each, and what stands around all of them."""

import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import quote

import structlog
from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web import cookies
from dispatch.web.same_site import from_elsewhere
from dispatch.web.texts import LANGUAGES
from dispatch.web.visit import FORM_MOST, HEADERS, Visit
from grid_model.routing import UnknownBranch
from grid_model.tree import UnknownGrid

log = structlog.get_logger()

Handle = Callable[[Visit], Awaitable[web.StreamResponse]]


@dataclass(frozen=True, slots=True)
class Page:
    """One row: method and address, what makes the page, and whether one must be logged in."""

    method: str
    path: str
    handle: Handle
    login: bool = False


def add_pages(app: web.Application, pages: tuple[Page, ...]) -> None:
    """Route each row."""
    for page in pages:
        app.router.add_route(page.method, page.path, _handler(page))


def _handler(page: Page) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        visit = Visit.of_nobody(request)
        try:
            visit = await Visit.of(request)
            response = await _answered(page, visit)
        except web.HTTPRequestEntityTooLarge:
            return refused(visit, errors.TooLarge(limit=FORM_MOST))
        except web.HTTPException:
            raise
        except Refusal as refusal:  # the database is away, and nobody knows who it is
            return refused(visit, refusal)
        except Exception:
            reference = secrets.token_hex(4)
            log.exception("page_failed", reference=reference, route=page.path)
            return visit.page("failed.html", status=HTTPStatus.INTERNAL_SERVER_ERROR, reference=reference)
        if request.query.get("lang") in LANGUAGES and not response.prepared:
            cookies.put(response, request, cookies.LANG, request.query["lang"], cookies.YEAR_S)
        return response

    return handle


async def _answered(page: Page, visit: Visit) -> web.StreamResponse:
    """Return what a page answers, and where it refuses, the page that says so."""
    if from_elsewhere(visit.request):
        return visit.page("elsewhere.html", status=HTTPStatus.FORBIDDEN)
    try:
        if page.login:
            visit.logged_in()
        return await page.handle(visit)
    except errors.Unauthenticated:
        return _to_log_in(visit)
    except Refusal as refusal:
        return refused(visit, refusal)
    except (UnknownGrid, UnknownBranch):  # the county has just changed, and this process reads it again right now
        return refused(visit, errors.Unavailable(seconds=2))


def refused(visit: Visit, refusal: Refusal) -> web.Response:
    """Return the page that says what happened, what was kept, and what to do next."""
    faults = visit.faults(refusal)
    only_seen = isinstance(refusal, errors.NotYours) and visit.only_looks
    response = visit.page("refused.html", status=faults.status, faults=faults, only_seen=only_seen)
    if "seconds" in refusal.data:
        response.headers["Retry-After"] = str(refusal.data["seconds"])
    return response


def _to_log_in(visit: Visit) -> web.Response:
    """Lead to the page to log in at; the whole page, where a script asks for a part of one."""
    if "HX-Request" in visit.request.headers:
        address = f"/login?next={quote(visit.shown_on())}"
        return web.Response(status=HTTPStatus.UNAUTHORIZED, headers={"HX-Redirect": address, **HEADERS})
    return visit.to(f"/login?next={quote(_back(visit.request))}")


def _back(request: web.Request) -> str:
    """Return where somebody goes after logging in: where they were, or came from with a form."""
    return request.path_qs if request.method == "GET" else request.path
