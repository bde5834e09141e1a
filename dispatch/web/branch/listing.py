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
    grid = asked.get("grid") or (None if board is None else board["grid"]["code"])
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
        items=found["items"],
        following=None if found["next"] is None else str(visit.request.rel_url.update_query(cursor=found["next"])),
        narrowed=any(value for name, value in asked.items() if name not in {"branch", "cursor"}),
    )


async def _board(visit: Visit) -> Any:
    """Return the branch whose list it is; somebody without one sees all that they may see."""
    branch = visit.request.query.get("branch") or None
    try:
        return await visit.ask("GET", "/board", query={"branch": branch, "limit": 1})
    except errors.NotYours:
        if branch is not None:
            raise
        return None


PAGES = (Page("GET", "/branch/list", show, login=True),)
