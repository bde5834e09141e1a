"""One person: their roles, given and ended, their password, and whether they are let in."""

import secrets
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Faults, Visit

_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Letters and digits that nobody takes for another when they are read out."""


async def show(visit: Visit) -> web.Response:
    """Show somebody."""
    person = await visit.ask("GET", "/people/{code}", code=visit.path["code"])
    return _page(visit, person)


async def do(visit: Visit) -> web.Response:
    """Change a role, the password or the account."""
    form = await visit.form()
    deed = _DEEDS.get(form.get("do", ""))
    if deed is None:
        return visit.to(visit.request.rel_url.raw_path)
    try:
        return await deed(visit, visit.path["code"], form)
    except errors.PersonNotFound:
        raise
    except Refusal as refusal:
        person = await visit.ask("GET", "/people/{code}", code=visit.path["code"])
        return _page(visit, person, form, visit.faults(refusal))


async def _give(visit: Visit, code: str, form: Mapping[str, str]) -> web.Response:
    names = ("role", "grid", "branch", "from", "to")
    body = {name: form.get(name) or None for name in names}
    await visit.ask("POST", "/people/{code}/roles", body=body, code=code)
    return visit.to(f"/county/people/{code}?did=given")


async def _end(visit: Visit, code: str, form: Mapping[str, str]) -> web.Response:
    body = {"to": form.get("to") or None}
    path = "/people/{code}/roles/{number}/end"
    left = await visit.ask("POST", path, body=body, code=code, number=form.get("number", ""))
    return _page(visit, left, did="ended")  # without this role the person may be out of sight


async def _password(visit: Visit, code: str, form: Mapping[str, str]) -> web.Response:
    fresh = form.get("password") or "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3))
    person = await visit.ask("PUT", "/people/{code}/password", body={"password": fresh}, code=code)
    return _page(visit, person, did="password", fresh=None if form.get("password") else fresh)


async def _active(visit: Visit, code: str, form: Mapping[str, str]) -> web.Response:
    active = form.get("active") == "true"
    done = await visit.ask("PUT", "/people/{code}/active", body={"active": active}, code=code)
    return _page(visit, done["person"], did="enabled" if active else "disabled", orders=done["orders"])


_DEEDS = {"give": _give, "end": _end, "password": _password, "active": _active}


def _page(
    visit: Visit, person: Any, form: Mapping[str, str] | None = None, faults: Faults = NO_FAULTS, **more: Any
) -> web.Response:
    values = {"did": visit.request.query.get("did"), "fresh": None, "orders": 0, **more}
    return visit.page(
        "county/person.html", status=faults.status, person=person, form=form or {}, faults=faults, **values
    )


PAGES = (
    Page("GET", "/county/people/{code}", show, login=True),
    Page("POST", "/county/people/{code}", do, login=True),
)
