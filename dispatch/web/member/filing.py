"""代点单: a member or grid worker files for a household or for anybody, shown first what may be the same matter."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from aiohttp import web

from dispatch.domain import advice, errors
from dispatch.domain.behalf import FILERS, Channel
from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Urgency
from dispatch.web import pictures, wording
from dispatch.web.contacts import contact
from dispatch.web.door import Page
from dispatch.web.member.tabs import tabs
from dispatch.web.resident import choosing
from dispatch.web.visit import NO_FAULTS, Faults, Visit

HOUSEHOLDS = 100
"""How many households a list to choose from has; the others are on further pages."""


async def form(visit: Visit) -> web.Response:
    """Show the empty form."""
    _filer(visit)
    typed = {"category": visit.request.query.get("category", ""), "channel": Channel.VISIT.value}
    return await _form(visit, typed, NO_FAULTS)


async def _form(
    visit: Visit,
    typed: Mapping[str, str],
    faults: Faults,
    *,
    similar: Mapping[str, Any] | None = None,
    draft: Mapping[str, Any] | None = None,
) -> web.Response:
    groups = await choosing.groups(visit)
    common = choosing.common(groups)
    chosen = choosing.named(groups, typed.get("category", ""))
    if chosen is not None and chosen not in common:
        common = [chosen, *common]
    households = await _households(visit, typed.get("after") or visit.request.query.get("after"))
    kept, key = pictures.again(typed, faults)
    return visit.page(
        "member/file.html",
        status=faults.status,
        groups=groups,
        common=common,
        households=households,
        grids=await _grids(visit, typed),
        channels=[(one.value, wording.said(one, visit.lang)) for one in Channel],
        urgencies=[(one.value, wording.said(one, visit.lang)) for one in Urgency if one is not Urgency.COMPLEX],
        advice=None if chosen is None else advice.advice(chosen["code"]),
        form=kept,
        faults=faults,
        similar=similar,
        draft=draft,
        key=key,
        **await tabs(visit, "file"),
    )


async def file(visit: Visit) -> web.Response:
    """File it, unless there is something alike that was not shown yet; then show the number and the query code.

    Whoever only wants other households to choose from is shown the form with those. The page that says the code is the
    answer itself: a query code stands in no address.
    """
    typed, files = await visit.form_with_files(pictures.FIELD)
    typed, refused = await pictures.kept(visit, typed, files)
    if "more" in typed:
        faults = NO_FAULTS if refused is None else visit.faults(refused)
        return await _form(visit, {**typed, "after": typed["more"]}, faults)
    try:
        if refused is not None:
            raise refused
        if not typed.get("checked"):
            similar = await _similar(visit, typed)
            if similar is not None and similar["count"]:
                return await _form(visit, typed, NO_FAULTS, similar=similar)
        filed = await visit.ask("POST", "/orders", body=body(typed), key=typed.get("key") or None)
    except Refusal as refusal:
        return await _form(visit, typed, visit.faults(refusal))
    response = visit.page("member/filed.html", order=filed, **await tabs(visit, "file"))
    response.headers["Cache-Control"] = "no-store"
    return response


def body(typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what is sent for what was typed: where a household is chosen it lends its place and its number."""
    household = typed.get("household") or None
    reached = contact(typed)
    phone = reached["phone"] or None
    return {
        "category": typed.get("category") or None,
        "text": typed.get("text") or None,
        "place": _place(typed),
        "photos": pictures.ids(typed) or None,
        "contact": None if phone is None and household is not None else {**reached, "phone": phone},
        "urgency": typed.get("urgency") or None,
        "filed_for": {"household": household, "channel": typed.get("channel") or Channel.VISIT.value},
    }


def _place(typed: Mapping[str, str]) -> dict[str, str] | None:
    """Return the place in one way: an address says more than a grid."""
    if typed.get("place.address"):
        return {"address": typed["place.address"]}
    return {"grid": typed["place.grid"]} if typed.get("place.grid") else None


async def _similar(visit: Visit, typed: Mapping[str, str]) -> dict[str, Any] | None:
    """Return what may be about the same matter, None where it can't be said yet: filing will say what is wrong."""
    place = _place(typed)
    if place is None and typed.get("household"):
        found = await _households(visit, typed.get("after"))
        homes = {one["code"]: one["grid"]["code"] for one in found["items"]}
        place = {"grid": homes[typed["household"]]} if typed["household"] in homes else None
    asked = {"category": typed.get("category", ""), "text": typed.get("text", ""), "place": place}
    try:
        found_alike: dict[str, Any] = await visit.ask("POST", "/similar", body=asked)
    except Refusal:
        return None
    return found_alike


async def _households(visit: Visit, after: str | None) -> dict[str, Any]:
    """Return a page of the households to choose from, those that the filer looks after first."""
    query = {"limit": HOUSEHOLDS, "cursor": after or None}
    try:
        found: dict[str, Any] = await visit.ask("GET", "/me/households", query=query)
    except errors.Invalid:
        found = await visit.ask("GET", "/me/households", query={"limit": HOUSEHOLDS})
    own: list[dict[str, Any]] = []
    if not after:
        own = (await visit.ask("GET", "/me/households", query={"mine": "true", "limit": HOUSEHOLDS}))["items"]
    others = [one for one in found["items"] if not one["mine"]]
    return {"own": own, "others": others, "items": [*own, *others], "next": found["next"], "after": after or ""}


async def _grids(visit: Visit, typed: Mapping[str, str]) -> list[tuple[str, str]]:
    """Return the grids to choose from: those where the filer serves, and the one that was chosen or guessed."""
    found = {one["grid"]["code"]: one["grid"]["path"] for one in (await visit.ask("GET", "/me"))["roles"]}
    guessed = typed.get("place.grid")
    if guessed and guessed not in found:
        with suppress(errors.GridNotFound):
            found[guessed] = (await visit.ask("GET", "/grids/{code}", code=guessed))["path"]
    return list(found.items())


async def paste(visit: Visit) -> web.Response:
    """Show where a chat message is pasted."""
    _filer(visit)
    return visit.page("member/paste.html", form={}, faults=NO_FAULTS, **await tabs(visit, "file"))


async def pasted(visit: Visit) -> web.Response:
    """Show the form filled in as far as the message says, for somebody to check and file."""
    typed = await visit.form()
    try:
        draft = await visit.ask("POST", "/drafts", body={"text": typed.get("text") or None})
    except Refusal as refusal:
        faults = visit.faults(refusal)
        return visit.page(
            "member/paste.html", status=faults.status, form=typed, faults=faults, **await tabs(visit, "file")
        )
    return await _form(visit, _typed(draft["submit"]), NO_FAULTS, draft=draft)


def _typed(submit: Mapping[str, Any]) -> dict[str, str]:
    """Return the body that a draft proposes, as the fields of the form."""
    place, contact, filed_for = submit.get("place", {}), submit.get("contact", {}), submit["filed_for"]
    return {
        "category": submit.get("category", ""),
        "text": submit.get("text", ""),
        "urgency": submit.get("urgency", ""),
        "household": filed_for.get("household", ""),
        "channel": filed_for["channel"],
        **{f"place.{name}": value for name, value in place.items()},
        **{f"contact.{name}": value for name, value in contact.items()},
    }


def _filer(visit: Visit) -> None:
    """Refuse somebody who files for nobody, before they type anything."""
    if not visit.roles & FILERS:
        raise errors.NotYours


PAGES = (
    Page("GET", "/member/file", form, login=True),
    Page("POST", "/member/file", file, login=True),
    Page("GET", "/member/paste", paste, login=True),
    Page("POST", "/member/paste", pasted, login=True),
)
