"""The board of a branch: what presses, by column, each order to be opened beside it."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Role
from dispatch.usecases.board import LOOKED_ON_BY, SERVED_BY
from dispatch.web.branch import live
from dispatch.web.branch import order as orders
from dispatch.web.branch.forms import new_key
from dispatch.web.door import Page
from dispatch.web.visit import Visit

CARDS = 20
"""How many orders a column shows; the rest stand in the list."""

WHERE: Mapping[str, str] = {
    "waiting": "state=received&state=routed",
    "offered": "state=offered",
    "handled": "state=accepted",
    "due_today": "state=received&state=routed&state=offered&state=accepted",
    "overdue": "overdue=true",
}
"""How the list is narrowed to what stands in a column, as far as it can be."""


async def show(visit: Visit) -> web.StreamResponse:
    """Show a board; to whom has none of their own, the boards they may look at."""
    try:
        found = await _board(visit)
    except errors.NotYours:
        if visit.request.query.get("branch") or not visit.roles & LOOKED_ON_BY:
            raise
        return visit.to("/branch/boards")
    opened = visit.request.query.get("open")
    panel = None if opened is None else await _panel(visit, opened)
    values = {
        "board": found,
        "branch": visit.request.query.get("branch"),
        "where": WHERE,
        "panel": panel is not None,
        "looks_on": bool(visit.roles & LOOKED_ON_BY),
        "key": new_key,
    }
    return visit.page("branch/board.html", **(values | (panel or {})))


async def columns(visit: Visit) -> web.Response:
    """Show the columns alone, for a board that is open to be kept fresh."""
    return visit.page(
        "branch/columns.html", board=await _board(visit), branch=visit.request.query.get("branch"), where=WHERE
    )


async def boards(visit: Visit) -> web.Response:
    """Show which boards somebody may open: their own, and those of the branches below that hold anything."""
    me = await visit.ask("GET", "/me")
    own = {role["branch"]["id"]: role["branch"] for role in me["roles"] if _served(role)}
    looks_on = bool(visit.roles & LOOKED_ON_BY)
    if not looks_on:
        return visit.page("branch/boards.html", own=own.values(), below=None, grid=None, way=[], inside=[])
    asked = visit.request.query.get("grid")
    below = await visit.ask("GET", "/counters", query={"grid": asked, "by": "branch"})
    grid = await visit.ask("GET", "/grids/{code}", code=below["grid"]["code"])
    inside = (await visit.ask("GET", "/grids/{code}/children", code=grid["code"]))["items"]
    over = {role["grid"]["code"] for role in me["roles"] if Role(role["role"]) in LOOKED_ON_BY}
    highest = max((place for place, one in enumerate(grid["chain"]) if one["code"] in over), default=0)
    way = grid["chain"][highest::-1]
    return visit.page("branch/boards.html", own=own.values(), below=below, grid=grid, way=way, inside=inside)


def _served(role: Mapping[str, Any]) -> bool:
    return role["branch"] is not None and Role(role["role"]) in SERVED_BY


async def _board(visit: Visit) -> Any:
    return await visit.ask("GET", "/board", query={"branch": visit.request.query.get("branch") or None, "limit": CARDS})


async def _panel(visit: Visit, number: str) -> dict[str, Any]:
    """Return what stands in the panel, or why nothing does: an order may have left one's sight by what was done."""
    try:
        return await orders.short(visit, number)
    except Refusal as refusal:
        return {"order": None, "why": visit.faults(refusal).text}


PAGES = (
    Page("GET", "/branch", show, login=True),
    Page("GET", "/branch/columns", columns, login=True),
    Page("GET", "/branch/live", live.live, login=True),
    Page("GET", "/branch/boards", boards, login=True),
)
