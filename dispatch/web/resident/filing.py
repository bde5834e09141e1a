"""我要点单: what it is about, then one page with the rest; nothing is asked that is not needed (DOMAIN §7)."""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from dispatch.domain import advice, errors
from dispatch.domain.errors import Refusal
from dispatch.web import cookies, offline, pictures, placing
from dispatch.web.bodies import TooMuch
from dispatch.web.contacts import contact
from dispatch.web.door import Page
from dispatch.web.resident import choosing
from dispatch.web.resident.following import as_resident
from dispatch.web.visit import FORM_MOST, NO_FAULTS, Faults, Visit

NEWEST = 3
"""How many of the orders that a phone holds stand on the first page."""


async def home(visit: Visit) -> web.Response:
    """Show the first page: danger, to file, to follow."""
    if not visit.service.has_county:
        return visit.page("resident/no_county.html")
    return await _home(visit, None, list(cookies.held(visit.request)))


async def at_the_door(visit: Visit) -> web.Response:
    """Show what one can file at the door whose code was scanned."""
    try:
        grid = await visit.ask("GET", "/grids/{code}", code=visit.path["code"])
    except errors.GridNotFound:
        return visit.page("resident/unknown_door.html", status=404)
    return await _home(visit, grid, [])


async def _home(visit: Visit, grid: Mapping[str, Any] | None, held: Sequence[str]) -> web.Response:
    """Return the first page; one that says anything of whoever holds the phone is not stored there."""
    if offline.for_all(visit):
        visit, held = as_resident(visit), ()
    groups = await choosing.groups(visit)
    response = visit.page(
        "resident/home.html",
        groups=groups,
        common=choosing.common(groups),
        grid=grid,
        held=held[:NEWEST],
        many=len(held),
    )
    return response if held or visit.bearer is not None else offline.storable(response)


async def form(visit: Visit) -> web.Response:
    """Show the form, with what to choose from where the category is none; without a category, the first page."""
    asked = visit.request.query
    if not asked.get("category"):
        return await _home(visit, await _grid(visit, asked.get("grid", "")), [])
    return offline.storable(await _form(visit, _asked(visit), NO_FAULTS))


async def _form(
    visit: Visit, typed: Mapping[str, str], faults: Faults, doubt: placing.Doubt | None = None
) -> web.Response:
    groups = await choosing.groups(visit)
    category = choosing.named(groups, typed.get("category", ""))
    grid = await _grid(visit, typed.get("place.grid", ""))
    if grid is None:
        typed = {**typed, "place.grid": ""}
    kept, key = pictures.again(typed, faults)
    return visit.page(
        "resident/file.html",
        status=faults.status,
        category=category,
        choices=[(one["code"], one["name"]) for group in groups for one in group["items"]],
        grid=grid,
        form=kept,
        doubt=doubt,
        unsure=placing.UNSURE,
        faults=faults,
        advice=None if category is None else advice.advice(category["code"]),
        key=key,
        sent=typed.get("key", ""),
    )


async def _grid(visit: Visit, code: str) -> dict[str, Any] | None:
    """Return the grid whose code was scanned, None where there is none such."""
    if not code:
        return None
    try:
        found: dict[str, Any] = await visit.ask("GET", "/grids/{code}", code=code)
    except errors.GridNotFound:
        return None
    return found


async def file(visit: Visit) -> web.Response:
    """File it; the page that follows shows the number, the code and the promise.

    What is sent unattended, by a phone that had no network before, is filed as it was said: nobody is there to ask.

    Whoever is logged in on this phone, here they are a resident: so a request that is sent again, after somebody has
    logged in or out, is known by its key.
    """
    nobody, asked = as_resident(visit), None
    try:
        typed, files = await visit.form_with_files(pictures.FIELD)
    except TooMuch as large:
        typed = {**_asked(visit), **large.typed}
        return await _form(visit, typed, _too_large(visit, large), await placing.doubt(nobody, typed))
    typed, refused = await pictures.kept(nobody, typed, files)
    try:
        asked = await placing.doubt(nobody, typed)
        if refused is not None:
            raise refused
        if asked is not None and not (asked.chosen or typed.get("unattended")):
            return await _form(visit, typed, placing.faults(visit, asked), asked)
        sent = body(typed, placing.settled(typed, asked))
        filed = await nobody.ask("POST", "/orders", body=sent, key=typed.get("key") or None)
    except Refusal as refusal:
        return await _form(visit, typed, visit.faults(refusal), asked)
    response = visit.to(f"/o/{filed['id']}?new=1")
    cookies.hold(response, visit.request, filed["id"], filed["query_code"])
    return response


def _asked(visit: Visit) -> dict[str, str]:
    """Return what the address of a form says of it: all that is known where it could not be read."""
    asked = visit.request.query
    return {"category": asked.get("category", ""), "place.grid": asked.get("grid", "")}


def _too_large(visit: Visit, large: TooMuch) -> Faults:
    refusal = errors.TooLarge(limit=FORM_MOST)
    zh = "照片一共太大，都没有收到；您写的都还在。请少选几张，再提交"
    en = "the photos are too large together and none arrived; all you wrote is kept. Choose fewer and send it again"
    if large.too_long:
        zh = "写得太长，没有收到；别的都还在。请写短一些，再提交"
        en = "this is too long and did not arrive; all else is kept. Write less and send it again"
    said = en if visit.lang == "en" else zh
    return Faults(refusal.text(visit.lang), dict.fromkeys(large.too_long or {pictures.FIELD}, said), 413)


def body(typed: Mapping[str, str], place: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return what is sent for what was typed."""
    return {
        "category": typed.get("category", ""),
        "text": typed.get("text", ""),
        "place": place,
        "photos": pictures.ids(typed) or None,
        "contact": contact(typed),
    }


PAGES = (
    Page("GET", "/", home),
    Page("GET", "/q/{code}", at_the_door),
    Page("GET", "/file", form),
    Page("POST", "/file", file),
)
