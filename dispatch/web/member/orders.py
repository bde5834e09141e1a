"""One order at a member's phone: what is asked, until when and why, how to reach the resident, what to do next."""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action, Grade
from dispatch.http.endpoints import PICTURE
from dispatch.http.photos import HEADERS
from dispatch.web import people, pictures, units, wording
from dispatch.web.door import Page
from dispatch.web.member import deeds
from dispatch.web.member.deeds import DEEDS, Deed
from dispatch.web.member.offers import why_me
from dispatch.web.member.tabs import tabs
from dispatch.web.visit import NO_FAULTS, Faults, Visit

LEAVES = frozenset({"hand_back", "resolve"})
"""After these the order is not on one's hands any more, and the list is shown."""


async def show(visit: Visit) -> web.Response:
    """Show one order."""
    return await _order(visit, NO_FAULTS)


async def _order(visit: Visit, faults: Faults) -> web.Response:
    number = visit.path["id"]
    order = await visit.ask("GET", "/orders/{id}", id=number)
    events = (await visit.ask("GET", "/orders/{id}/events", id=number))["items"]
    skills = (await visit.ask("GET", "/me/settings"))["skills"] if Action.ACCEPT in order["actions"] else []
    response = visit.page(
        "member/order.html",
        status=faults.status,
        order=order,
        deeds=deeds.open_to(order),
        deadlines=(await visit.ask("GET", "/orders/{id}/deadlines", id=number))["items"],
        events=events,
        names=people.named(events),
        why=await why_me(visit, order, skills) if Action.ACCEPT in order["actions"] else None,
        awaited=deeds.awaited(order, visit.logged_in().code),
        at_a_desk=bool(deeds.AT_A_DESK & set(order["actions"])),
        code=visit.logged_in().code,
        key=secrets.token_urlsafe(16),
        faults=faults,
        done=visit.request.query.get("done"),
        **await tabs(visit, "mine" if Action.ACCEPT not in order["actions"] else "offers"),
    )
    response.headers["Cache-Control"] = "no-store"  # it may show how somebody is reached
    return response


async def reveal(visit: Visit) -> web.Response:
    """Say why the resident's number is wanted; then the order shows it for a while, and they can see who looked."""
    typed, number = await visit.form(), visit.path["id"]
    try:
        await visit.ask("POST", "/orders/{id}/contact-views", id=number, body={"reason": typed.get("reason") or None})
    except Refusal as refusal:
        return await _order(visit, visit.faults(refusal))
    return visit.to(f"/member/o/{number}#reach")


async def photo(visit: Visit) -> web.Response:
    """Show a photo of the order to whoever may see it."""
    number, ident = visit.path["id"], visit.path["photo"]
    picture: bytes = await visit.ask("GET", "/orders/{id}/photos/{photo}", id=number, photo=ident)
    return web.Response(body=picture, content_type=PICTURE, headers=HEADERS)


async def form(visit: Visit) -> web.Response:
    """Show the form of a deed; one that can't be done now leads back to the order, which says what is waited for."""
    deed = _deed(visit)
    order = await visit.ask("GET", "/orders/{id}", id=visit.path["id"])
    if deed.action not in order["actions"]:
        why = deed.action is Action.RESOLVE and deeds.awaited(order, visit.logged_in().code)
        return visit.to(f"/member/o/{visit.path['id']}{'#awaited' if why else ''}")
    return await _form(visit, order, {}, NO_FAULTS)


async def _form(visit: Visit, order: dict[str, Any], typed: Mapping[str, str], faults: Faults) -> web.Response:
    name = visit.path["deed"]
    own = None if order["branch"] is None else order["branch"]["id"]
    around = units.told_apart(await units.near(visit, order["id"])) if name == "whistle" else []
    return visit.page(
        "member/deed.html",
        status=faults.status,
        deed=name,
        order=order,
        units=[called for code, called in around if code != own],
        calls=_calls(order),
        grades=[(grade.value, wording.said(grade, visit.lang)) for grade in Grade],
        form=typed,
        faults=faults,
        key=secrets.token_urlsafe(16),
        **await tabs(visit, "mine"),
    )


async def do(visit: Visit) -> web.Response:
    """Do it, and lead on to the order, or to the list where it is on one's hands no more."""
    deed, number, name = _deed(visit), visit.path["id"], visit.path["deed"]
    typed, files = await visit.form_with_files("photos") if deed.photos else (await visit.form(), [])
    try:
        typed = await pictures.keep(visit, typed, files)
        sent = deeds.body(deed, typed, pictures.ids(typed))
        if sent.get("unit"):
            sent["unit"] = units.chosen(sent["unit"], await units.near(visit, number))
        await visit.ask("POST", "/orders/{id}/actions", id=number, body=sent, key=typed.get("key") or None)
    except Refusal as refusal:
        order = await visit.ask("GET", "/orders/{id}", id=number)
        return await _form(visit, order, typed, visit.faults(refusal))
    return visit.to(f"/member/mine?done={name}" if name in LEAVES else f"/member/o/{number}?done={name}")


def _deed(visit: Visit) -> Deed:
    found = DEEDS.get(visit.path["deed"])
    if found is None:
        raise web.HTTPNotFound
    return found


def _calls(order: dict[str, Any]) -> list[tuple[str, str]]:
    """Return the calls to co-handle that wait for an answer, as what to choose from."""
    waited = (one for one in order["assists"] if one["answered_at"] is None and not one["waived"])
    return [(str(one["number"]), one["unit"]["name"]) for one in waited]


PAGES = (
    Page("GET", "/member/o/{id}", show, login=True),
    Page("POST", "/member/o/{id}/contact-view", reveal, login=True),
    Page("GET", "/member/o/{id}/photo/{photo}", photo, login=True),
    Page("GET", "/member/o/{id}/{deed}", form, login=True),
    Page("POST", "/member/o/{id}/{deed}", do, login=True),
)
