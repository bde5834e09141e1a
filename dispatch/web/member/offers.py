"""待接单: what is offered to me, why to me, and until when; accepted or declined in one tap."""

import secrets
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action, Clock, Party, Rung
from dispatch.web.door import Page
from dispatch.web.member.tabs import tabs, waiting
from dispatch.web.visit import NO_FAULTS, Faults, Visit

SHOWN = 20
"""How many offers a page shows, the most pressing; a member has seldom more than two or three."""

GROUNDS = ("near", "own_branch", "room")
"""What may speak for somebody besides their skills, as far as the way of an order tells it."""


async def offers(visit: Visit) -> web.Response:
    """Show what is offered to whoever is logged in."""
    return await _offers(visit, NO_FAULTS)


async def _offers(visit: Visit, faults: Faults, *, taken: bool = False) -> web.Response:
    found = await waiting(visit)
    skills = (await visit.ask("GET", "/me/settings"))["skills"] if found else []
    cards = [
        {"order": one, "why": await why_me(visit, one, skills), "key": secrets.token_urlsafe(16)}
        for one in found[:SHOWN]
    ]
    return visit.page(
        "member/offers.html",
        status=faults.status,
        cards=cards,
        more=len(found) - len(cards),
        faults=faults,
        taken=taken,
        done=visit.request.query.get("done"),
        **await tabs(visit, "offers", len(found)),
    )


async def why_me(visit: Visit, order: dict[str, Any], skills: list[str]) -> dict[str, Any]:
    """Return why an order is offered to its reader, as far as they may know: by whom, how, and what spoke for them.

    ``rung`` is None where a person chose; ``until`` is the end of the window, None where the clock of acceptance is.
    """
    events = (await visit.ask("GET", "/orders/{id}/events", id=order["id"]))["items"]
    offer = next((one for one in reversed(events) if one["action"] == Action.OFFER), None)
    by_system = offer is not None and offer["party"] == Party.SYSTEM
    rung = offer["data"].get("kind") if offer is not None and by_system else None
    grounds = ["skill"] if {order["category"], order["category"][:2]} & set(skills) else []
    if rung == Rung.DIRECT:
        grounds += await _grounds(visit, order)
    return {
        "rung": rung,
        "until": None if offer is None else offer["data"].get("clocks", {}).get(Clock.OFFER),
        "grounds": grounds,
    }


async def _grounds(visit: Visit, order: dict[str, Any]) -> list[str]:
    """Return what spoke for the one who was asked first: the best of those who were not left out."""
    way = await visit.ask("GET", "/orders/{id}/route", id=order["id"])
    ranked = way["offers"][-1]["ranked"] if way["offers"] else []
    first: dict[str, int] = next((one["points"] for one in ranked if one["left_out"] is None), {})
    return [ground for ground in GROUNDS if first.get(ground, 0) > 0]


async def accept(visit: Visit) -> web.Response:
    """Accept an order, and lead on to it; where somebody else was first, say so kindly and go on with the list.

    No version is sent: that another was asked meanwhile, or said no, is no reason to ask anybody to tap again.
    """
    form = await visit.form()
    try:
        await _answer(visit, {"action": Action.ACCEPT.value}, form.get("key"))
    except Refusal as refusal:
        return await _offers(visit, visit.faults(refusal), taken=True)
    return visit.to(f"/member/o/{visit.path['id']}?done=accept")


async def decline(visit: Visit) -> web.Response:
    """Decline an order, with a reason or without."""
    form = await visit.form()
    body = {"action": Action.DECLINE.value, "reason": form.get("reason") or None}
    try:
        await _answer(visit, body, form.get("key"))
    except Refusal as refusal:
        return await _offers(visit, visit.faults(refusal), taken=True)
    return visit.to("/member?done=decline")


async def _answer(visit: Visit, body: dict[str, Any], key: str | None) -> None:
    await visit.ask("POST", "/orders/{id}/actions", id=visit.path["id"], body=body, key=key or None)


PAGES = (
    Page("GET", "/member", offers, login=True),
    Page("POST", "/member/o/{id}/accept", accept, login=True),
    Page("POST", "/member/o/{id}/decline", decline, login=True),
)
