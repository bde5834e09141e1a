"""The bar at the foot of every page of members and grid workers: what each tab counts, and who has which."""

from typing import Any

from dispatch.domain.behalf import FILERS
from dispatch.domain.vocabulary import State
from dispatch.web.visit import Visit

MOST = 100
"""How many orders are fetched at once: nobody handles more than a few at a time, and a page shows no more."""


async def waiting(visit: Visit) -> list[dict[str, Any]]:
    """Return what is offered to whoever is logged in, by name or to several, the most pressing first."""
    return await mine(visit, State.OFFERED)


async def mine(visit: Visit, *states: State) -> list[dict[str, Any]]:
    """Return the orders in those states that are theirs, the first due first; what has no deadline comes last."""
    asked = {"assignee": "me", "state": ",".join(states), "limit": MOST}
    found: list[dict[str, Any]] = (await visit.ask("GET", "/orders", query=asked))["items"]
    return sorted(found, key=lambda one: (one["due"] is None, one["due"] and one["due"]["at"]))


async def tabs(visit: Visit, here: str, count: int | None = None) -> dict[str, Any]:
    """Return what the bar shows: the tab somebody is at, how much is offered to them, and whether they may file."""
    return {
        "tab": here,
        "waiting": len(await waiting(visit)) if count is None else count,
        "may_file": bool(visit.roles & FILERS),
    }
