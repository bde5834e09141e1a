"""People are found: by code, grid and role in the address, by phone in a form alone."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.web import numbers
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Faults, Visit

NO_PEOPLE: Mapping[str, Any] = {"items": [], "next": None}

_CONTROLS = {"code": "q"}
"""What a field of the search is called on the page, where that differs."""

_NO_NAMES = (
    "这里不能按姓名查；请填人员编码，或在“按手机号查”里填完整的手机号",
    "names can't be searched for; give the person's code, or their whole phone number in the form for it",
)


async def show(visit: Visit) -> web.Response:
    """Show who is found."""
    asked = visit.request.query
    form = {name: asked.get(name, "").strip() for name in ("q", "grid", "role", "after")}
    if not form["q"].isascii():  # somebody's name, most likely
        return _not_found(visit, form, errors.Invalid(errors.fault("code", *_NO_NAMES)))
    body = {"code": form["q"], "grid": form["grid"], "role": form["role"], "after": form["after"]}
    return await _found(visit, form, {name: value or None for name, value in body.items()})


async def by_phone(visit: Visit) -> web.Response:
    """Show who has a phone."""
    form = await visit.form()
    return await _found(visit, form, {"phone": numbers.phone(form.get("phone", ""))})


async def _found(visit: Visit, form: Mapping[str, str], body: Mapping[str, Any]) -> web.Response:
    try:
        people = await visit.ask("POST", "/people/search", body=body)
    except errors.Invalid as refusal:
        return _not_found(visit, form, refusal)
    return _page(visit, form, people, NO_FAULTS)


def _not_found(visit: Visit, form: Mapping[str, str], refusal: errors.Invalid) -> web.Response:
    faults = visit.faults(refusal, looking=True)
    fields = {_CONTROLS.get(name, name): text for name, text in faults.fields.items()}
    return _page(visit, form, NO_PEOPLE, replace(faults, fields=fields))


def _page(visit: Visit, form: Mapping[str, str], people: Mapping[str, Any], faults: Faults) -> web.Response:
    following = None
    if people["next"] is not None:
        following = str(visit.request.rel_url.update_query(after=people["next"]))
    return visit.page(
        "county/people.html", status=faults.status, form=form, people=people, faults=faults, following=following
    )


PAGES = (
    Page("GET", "/county/people", show, login=True),
    Page("POST", "/county/people", by_phone, login=True),
)
