"""我要点单: what it is about, then one page with the rest; nothing is asked that is not needed (DOMAIN §7)."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from dispatch.domain import advice, errors
from dispatch.domain.errors import Refusal
from dispatch.web import cookies
from dispatch.web.door import Page
from dispatch.web.resident import choosing
from dispatch.web.visit import NO_FAULTS, Faults, Visit


async def home(visit: Visit) -> web.Response:
    """Show the first page: danger, to file, to follow."""
    if not visit.service.has_county:
        return visit.page("resident/no_county.html")
    groups = await choosing.groups(visit)
    return visit.page(
        "resident/home.html",
        groups=groups,
        common=choosing.common(groups),
        grid=None,
        held=list(cookies.held(visit.request))[:3],
    )


async def at_the_door(visit: Visit) -> web.Response:
    """Show what one can file at the door whose code was scanned."""
    try:
        grid = await visit.ask("GET", "/grids/{code}", code=visit.path["code"])
    except errors.GridNotFound:
        return visit.page("resident/unknown_door.html", status=404)
    groups = await choosing.groups(visit)
    return visit.page("resident/home.html", groups=groups, common=choosing.common(groups), grid=grid, held=[])


async def form(visit: Visit) -> web.Response:
    """Show the form; without a category, or with one that is none, what to choose from."""
    asked = visit.request.query
    return await _form(visit, {"category": asked.get("category", ""), "place.grid": asked.get("grid", "")}, NO_FAULTS)


async def _form(visit: Visit, typed: Mapping[str, str], faults: Faults) -> web.Response:
    groups = await choosing.groups(visit)
    category = choosing.named(groups, typed.get("category", ""))
    grid = None
    if typed.get("place.grid"):
        try:
            grid = await visit.ask("GET", "/grids/{code}", code=typed["place.grid"])
        except errors.GridNotFound:
            typed = {**typed, "place.grid": ""}
    if category is None:
        return visit.page("resident/home.html", groups=groups, common=choosing.common(groups), grid=grid, held=[])
    return visit.page(
        "resident/file.html",
        status=faults.status,
        category=category,
        grid=grid,
        form=typed,
        faults=faults,
        advice=advice.advice(category["code"]),
        key=typed.get("key") or secrets.token_urlsafe(16),
    )


async def file(visit: Visit) -> web.Response:
    """File it; the page that follows shows the number, the code and the promise."""
    typed, files = await visit.form_with_files("photos")
    try:
        photos = await visit.keep_photos(files, typed.get("key") or None)
        filed = await visit.ask("POST", "/orders", body=body(typed, photos), key=typed.get("key") or None)
    except Refusal as refusal:
        return await _form(visit, typed, visit.faults(refusal))
    response = visit.to(f"/o/{filed['id']}?new=1")
    cookies.hold(response, visit.request, filed["id"], filed["query_code"])
    return response


def body(typed: Mapping[str, str], photos: Sequence[str]) -> dict[str, Any]:
    """Return what is sent for what was typed; a place is given in one way, the surest of those that were."""
    place: dict[str, Any] | None = None
    if typed.get("place.grid"):
        place = {"grid": typed["place.grid"]}
    elif typed.get("place.address"):
        place = {"address": typed["place.address"]}
    elif typed.get("place.lon") and typed.get("place.lat"):
        place = {"lon": _number(typed["place.lon"]), "lat": _number(typed["place.lat"])}
    return {
        "category": typed.get("category", ""),
        "text": typed.get("text", ""),
        "place": place,
        "photos": list(photos) or None,
        "contact": {
            "phone": typed.get("contact.phone", "").replace(" ", "").removeprefix("+86"),
            "name": typed.get("contact.name") or None,
            "house": typed.get("contact.house") or None,
        },
    }


def _number(text: str) -> float | str:
    """Return a number that a browser wrote; anything else is passed on, to be refused as it is."""
    try:
        return float(text)
    except ValueError:
        return text


PAGES = (
    Page("GET", "/", home),
    Page("GET", "/q/{code}", at_the_door),
    Page("GET", "/file", form),
    Page("POST", "/file", file),
)
