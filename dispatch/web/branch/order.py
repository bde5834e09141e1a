"""One order as its branch sees it: what is known, whom it could be given to, and everything that may be done."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action
from dispatch.web import people, wording
from dispatch.web.branch.forms import Forms, new_key
from dispatch.web.door import Page
from dispatch.web.grids import chain
from dispatch.web.resident import choosing
from dispatch.web.units import told_apart
from dispatch.web.visit import Visit
from grid_model.durations import Duration

DECIDING = (Action.EXTEND, Action.COMPLEX, Action.PARK, Action.HOLD, Action.REFUSE, Action.JUDGE)
"""What decides on a request; it stands with what was asked."""

APART = frozenset({Action.OFFER, Action.MERGE, Action.ANSWER, Action.WAIVE, *DECIDING})
"""What has a part of the page to itself."""

ORDERED = (
    Action.ACCEPT, Action.DECLINE, Action.CONTACT, Action.RESOLVE, Action.RECALL, Action.NOTE, Action.CLOSE,
    Action.REVIEW, Action.RETURN, Action.WHISTLE, Action.ASK, Action.ROUTE, Action.REDIRECT, Action.SUPERVISE,
    Action.FOLLOW_UP, Action.RESUME, Action.PAUSE, Action.HAND_BACK, Action.RATE, Action.APPEAL, Action.UNMERGE,
    Action.URGE, Action.REOPEN, Action.WITHDRAW,
)  # fmt: skip
"""The rest, the common first; each is a form that unfolds."""

PLACED = frozenset({Action.ROUTE, Action.RETURN, Action.WHISTLE})
"""What names a grid, a unit or a category."""


def length(text: str, lang: str) -> str:
    """Return a duration such as 2d in words."""
    return Duration.parse(text).label("en" if lang == "en" else "zh")


async def short(visit: Visit, number: str, forms: Forms | None = None) -> dict[str, Any]:
    """Return what one needs to act on an order."""
    order = await visit.ask("GET", "/orders/{id}", id=number)
    events = (await visit.ask("GET", "/orders/{id}/events", id=number))["items"]
    actions = {Action(name) for name in order["actions"]}
    found: dict[str, Any] = {
        "order": order,
        "events": events,
        "names": people.named(events),
        "candidates": [],
        "similar": [],
        "parts": [],
        "units": [],
        "grids": [],
        "groups": [],
        "forms": replace(forms or Forms(), given={"route": onward(order)}),
        "acts": [action for action in ORDERED if action in actions],
        "decides": [action for action in DECIDING if action in actions],
        "key": new_key,
        "length": length,
    }
    if Action.OFFER in actions:
        found["candidates"] = (await visit.ask("GET", "/orders/{id}/candidates", id=number))["items"]
    if Action.MERGE in actions:
        found["similar"] = (await visit.ask("GET", "/orders/{id}/similar", id=number))["items"]
    if order["absorbed"]:
        found["parts"] = (await visit.ask("GET", "/orders/{id}/merged", id=number))["items"]
    if actions & PLACED:
        found.update(await around(visit, order["grid"]["code"]))
    return found


def onward(order: Mapping[str, Any]) -> dict[str, str]:
    """Return where an order goes if it is routed as whoever returned it suggested, and otherwise where it lies."""
    meant = order["pending"] or {}
    unit, category = meant.get("suggested"), meant.get("category")
    return {
        "grid": order["grid"]["code"],
        **({} if unit is None else {"unit": unit["id"]}),
        **({} if category is None else {"category": category}),
    }


async def around(visit: Visit, code: str) -> dict[str, Any]:
    """Return what lies around a grid: itself and all above it, what is below and beside it, and the units on these."""
    above = await chain(visit, code)
    near = [*above]
    for one in above[:2]:
        below = (await visit.ask("GET", "/grids/{code}/children", code=one["code"]))["items"]
        near += [child for child in below if child["code"] != code]
    return {
        "grids": [(grid["code"], f"{grid['name']} · {wording.level(grid['level_name'], visit.lang)}") for grid in near],
        "units": told_apart([(branch["id"], branch["name"]) for grid in above for branch in grid["branches"]]),
        "groups": await choosing.groups(visit),
    }


async def whole(visit: Visit, number: str, forms: Forms | None = None) -> dict[str, Any]:
    """Return all that is known of an order."""
    found = await short(visit, number, forms)
    names = ("deadlines", "forecast", "route")
    asked = (visit.ask("GET", f"/orders/{{id}}/{name}", id=number) for name in names)
    return {**found, **dict(zip(names, await asyncio.gather(*asked), strict=True))}


async def show(visit: Visit) -> web.Response:
    """Show the page of an order."""
    number = visit.path["id"]
    return visit.page("branch/order.html", back=f"/branch/o/{number}", **await whole(visit, number))


async def panel(visit: Visit) -> web.Response:
    """Show an order beside the board."""
    board, number = visit.request.query.get("branch"), visit.path["id"]
    back = f"/branch?open={number}" + ("" if not board else f"&branch={board}")
    try:
        return visit.page("branch/panel.html", back=back, **await short(visit, number))
    except Refusal as refusal:
        return visit.page("branch/panel.html", order=None, why=visit.faults(refusal).text)


PAGES = (
    Page("GET", "/branch/o/{id}", show, login=True),
    Page("GET", "/branch/o/{id}/panel", panel, login=True),
)
