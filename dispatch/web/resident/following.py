"""An order as its resident sees it: found by number and code, followed, and forgotten again on a shared phone."""

from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from typing import Any

from aiohttp import web

from dispatch.domain import errors, numbers
from dispatch.domain.errors import Refusal
from dispatch.http.endpoints import PICTURE
from dispatch.http.photos import HEADERS
from dispatch.web import cookies
from dispatch.web.door import Page
from dispatch.web.resident import telling
from dispatch.web.visit import NO_FAULTS, Faults, Visit

_CLOSED_TO = (errors.WrongQueryCode, errors.OrderNotFound, errors.NotYours)


def canonical(number: str) -> str:
    """Return the 15 digits of an order's number, however it was grouped.

    Raises:
        OrderNotFound: it can be no order's.
    """
    if numbers.parse(number) is None:
        raise errors.OrderNotFound
    return "".join(ch for ch in number if ch.isdigit())


def code_of(visit: Visit, number: str) -> str | None:
    """Return the query code of an order that this phone holds, or None."""
    return cookies.held(visit.request).get(number)


def as_resident(visit: Visit) -> Visit:
    """Return the same visit by nobody who is logged in: here the code alone counts, also on a member's own phone."""
    return replace(visit, bearer=None)


async def show(visit: Visit) -> web.Response:
    """Show an order, or ask for its code."""
    number = canonical(visit.path["id"])
    if number != visit.path["id"]:
        return visit.to(f"/o/{number}")
    return await page(visit, number)


async def page(
    visit: Visit, number: str, typed: Mapping[str, str] | None = None, faults: Faults = NO_FAULTS
) -> web.Response:
    """Return the page of an order, with the form that was not taken, if any; without its code, the form for that."""
    code = code_of(visit, number)
    if code is None:
        return _ask_code(visit, number, NO_FAULTS)
    try:
        told = await telling.told(as_resident(visit), number, code)
    except _CLOSED_TO as refusal:
        response = _ask_code(visit, number, visit.faults(refusal))
        cookies.release(response, visit.request, number)  # a code that opens nothing is not tried again and again
        return response
    asked = visit.request.query
    return visit.page(
        "resident/order.html",
        status=faults.status,
        **told,
        code=code,
        new=asked.get("new") == "1",
        done=asked.get("done", ""),
        form=typed or {},
        faults=faults,
    )


async def now(visit: Visit) -> web.Response:
    """Return the part of the page that moves, or nothing where the phone shows it already."""
    number = canonical(visit.path["id"])
    code = code_of(visit, number)
    if code is None:
        return web.Response(status=HTTPStatus.NO_CONTENT)
    nobody = as_resident(visit)
    order = await nobody.ask("GET", "/orders/{id}", id=number, query_code=code)
    if telling.mark(order, visit.now) == visit.request.query.get("seen"):
        return web.Response(status=HTTPStatus.NO_CONTENT)
    told = await telling.told(nobody, number, code, order)
    return visit.page("resident/order_live.html", **told, code=code, form={}, faults=NO_FAULTS)


async def photo(visit: Visit) -> web.Response:
    """Show a photo of the order to the phone that holds its code."""
    number = canonical(visit.path["id"])
    code = code_of(visit, number)
    if code is None:
        return _ask_code(visit, number, NO_FAULTS)
    picture: bytes = await as_resident(visit).ask(
        "GET", "/orders/{id}/photos/{photo}", id=number, photo=visit.path["photo"], query_code=code
    )
    return web.Response(body=picture, content_type=PICTURE, headers=HEADERS)


async def give_code(visit: Visit) -> web.Response:
    """Take the code of the order whose page was opened without it."""
    number = canonical(visit.path["id"])
    typed = await visit.form()
    try:
        return await _hold(visit, number, typed.get("code", ""))
    except Refusal as refusal:
        return _ask_code(visit, number, visit.faults(refusal, looking=True))


async def find(visit: Visit) -> web.Response:
    """Show where to type number and code, and what this phone holds."""
    return await _find(visit, {}, NO_FAULTS)


async def found(visit: Visit) -> web.Response:
    """Lead to the order with that number and code; else the number stays, and the code is typed again."""
    typed = await visit.form()
    try:
        return await _hold(visit, typed.get("number", ""), typed.get("code", ""))
    except Refusal as refusal:
        return await _find(visit, typed, visit.faults(refusal, looking=True))


async def forget(visit: Visit) -> web.Response:
    """Let this phone forget an order; the order itself goes on."""
    response = visit.to("/follow?forgotten=1")
    cookies.release(response, visit.request, canonical(visit.path["id"]))
    return response


async def _hold(visit: Visit, number: str, code: str) -> web.Response:
    """Hold the code if it opens the order, and lead there."""
    if numbers.parse(number) is None:
        zh = "单号不对，请核对；单号共 15 位数字，可以不写横线"
        raise errors.Invalid(errors.fault("number", zh, "this is no order's number: it has 15 digits"))
    if not code:
        raise errors.Invalid(errors.fault("code", "请填写 8 位查询码", "type the eight-digit code"))
    order = await as_resident(visit).ask("GET", "/orders/{id}", id=number, query_code=code)
    response = visit.to(f"/o/{order['id']}")
    cookies.hold(response, visit.request, order["id"], "".join(ch for ch in code if ch.isdigit()))
    return response


def _ask_code(visit: Visit, number: str, faults: Faults) -> web.Response:
    shown = numbers.grouped(number)
    return visit.page("resident/code.html", status=faults.status, number=number, shown=shown, faults=faults, form={})


async def _find(visit: Visit, typed: Mapping[str, Any], faults: Faults) -> web.Response:
    nobody, held, closed = as_resident(visit), [], []
    for number, code in cookies.held(visit.request).items():
        try:
            held.append(await nobody.ask("GET", "/orders/{id}", id=number, query_code=code))
        except _CLOSED_TO:
            closed.append(number)
        except errors.TooMany:
            held.append({"id": number, "number": numbers.grouped(number)})
    response = visit.page(
        "resident/follow.html",
        status=faults.status,
        form={"number": typed.get("number", "")},
        faults=faults,
        held=held,
        forgotten=visit.request.query.get("forgotten") == "1",
    )
    if closed:
        cookies.release(response, visit.request, *closed)
    return response


PAGES = (
    Page("GET", "/o/{id}", show),
    Page("GET", "/o/{id}/now", now),
    Page("GET", "/o/{id}/photo/{photo}", photo),
    Page("POST", "/o/{id}/code", give_code),
    Page("POST", "/o/{id}/forget", forget),
    Page("GET", "/follow", find),
    Page("POST", "/follow", found),
)
