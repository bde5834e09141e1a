"""办理中: what I handle, the most pressing first, and what waits for my unit's answer as a co-handler."""

from aiohttp import web

from dispatch.domain.vocabulary import State
from dispatch.web.door import Page
from dispatch.web.member.tabs import MOST, mine, tabs
from dispatch.web.visit import Visit


async def handled(visit: Visit) -> web.Response:
    """Show what whoever is logged in handles, what of theirs is parked, and to what their unit was called."""
    found = await mine(visit, State.ACCEPTED, State.PARKED)
    return visit.page(
        "member/mine.html",
        handled=[one for one in found if one["state"] == State.ACCEPTED],
        parked=[one for one in found if one["state"] == State.PARKED],
        called=(await visit.ask("GET", "/assists", query={"limit": MOST}))["items"],
        done=visit.request.query.get("done"),
        **await tabs(visit, "mine"),
    )


PAGES = (Page("GET", "/member/mine", handled, login=True),)
