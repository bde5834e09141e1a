"""The branch's orders as a list that can be narrowed."""

from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.vocabulary import State
from dispatch.web.door import Page
from dispatch.web.resident import choosing
from dispatch.web.visit import Visit

LISTED = tuple(state for state in State if state is not State.NEW)
"""The states that an order in a list may have."""


async def show(visit: Visit) -> web.Response:
    """Show a page of the orders in the branch's part of the tree, newest first."""
    asked = visit.request.query
    board = await _board(visit)
    states = [one for one in asked.getall("state", []) if one in {state.value for state in State}]
    within = None if board is None else board["grid"]["code"]
    grid = asked.get("grid") or within
    found = await visit.ask(
        "GET",
        "/orders",
        query={
            "grid": grid,
            "state": ",".join(states) or None,
            "category": asked.get("category") or None,
            "overdue": asked.get("overdue") or None,
            "listed": asked.get("listed") or None,
            "kind": asked.get("kind") or None,
            "cursor": asked.get("cursor") or None,
        },
    )
    return visit.page(
        "branch/list.html",
        board=board,
        branch=asked.get("branch"),
        states=LISTED,
        chosen=states,
        form=asked,
        groups=await choosing.groups(visit),
        grids=await _grids(visit, within, asked.get("grid") or None),
        items=found["items"],
        following=None if found["next"] is None else str(visit.request.rel_url.update_query(cursor=found["next"])),
        narrowed=any(value for name, value in asked.items() if name not in {"branch", "cursor"}),
    )


async def _board(visit: Visit) -> Any:
    """Return the branch whose list it is; somebody with a role but without one sees all that they may see."""
    branch = visit.request.query.get("branch") or None
    try:
        return await visit.ask("GET", "/board", query={"branch": branch, "limit": 1})
    except errors.NotYours:
        if branch is not None or not visit.roles:
            raise
        return None


async def _grids(visit: Visit, within: str | None, chosen: str | None) -> list[dict[str, Any]]:
    """Return the grids that the list can be narrowed to.

    They are the way down to the chosen one, and what lies right below it; at first, what lies below the branch's own
    grid, or else all on which the reader has a role.
    """
    own = [within] if within else sorted({role["grid"]["code"] for role in (await visit.ask("GET", "/me"))["roles"]})
    if chosen is None and len(own) > 1:
        return [await visit.ask("GET", "/grids/{code}", code=code) for code in own]
    grid = await visit.ask("GET", "/grids/{code}", code=chosen or own[0])
    highest = next((place for place, one in enumerate(grid["chain"]) if one["code"] in own), 0)
    way = grid["chain"][: highest if len(own) == 1 else highest + 1][::-1]  # where it has but one, that is all of it
    below = (await visit.ask("GET", "/grids/{code}/children", code=grid["code"]))["items"]
    return [*way, *below]


PAGES = (Page("GET", "/branch/list", show, login=True),)
