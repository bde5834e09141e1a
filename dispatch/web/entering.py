"""Logging in and out at a browser, and the switches of language and size."""

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Role
from dispatch.web import cookies
from dispatch.web.door import Page
from dispatch.web.homes import first_page
from dispatch.web.inside import inside
from dispatch.web.visit import NO_FAULTS, Visit


async def enter(visit: Visit) -> web.Response:
    """Show the page to log in at."""
    if visit.bearer is not None:
        return visit.to(inside(visit.request.query.get("next"), first_page(visit.roles)))
    return visit.page("login.html", form={}, faults=NO_FAULTS, next=visit.request.query.get("next", ""))


async def entered(visit: Visit) -> web.Response:
    """Log in, and lead on to where somebody wanted to go, or to the page of their role."""
    form = await visit.form()
    body = {"phone": form.get("phone", ""), "password": form.get("password", "")}
    try:
        session = await visit.ask("POST", "/sessions", body=body)
    except Refusal as refusal:
        faults = visit.faults(refusal)
        form = {"phone": form.get("phone", "")}
        return visit.page(
            "login.html", status=faults.status, form=form, faults=faults, next=visit.request.query.get("next", "")
        )
    roles = frozenset(Role(one["role"]) for one in session["roles"])
    response = visit.to(inside(visit.request.query.get("next"), first_page(roles)))
    cookies.put(response, visit.request, cookies.SESSION, session["token"], None)
    return response


async def leave(visit: Visit) -> web.Response:
    """Log out."""
    if visit.bearer is not None:
        await visit.ask("DELETE", "/sessions")
    response = visit.to("/")
    cookies.drop(response, cookies.SESSION)
    return response


async def size(visit: Visit) -> web.Response:
    """Switch between ordinary and large type, and stay where one was."""
    form = await visit.form()
    response = visit.to(inside(form.get("back"), "/"))
    cookies.put(response, visit.request, cookies.ELDER, "0" if visit.elder else "1", cookies.YEAR_S)
    return response


PAGES = (
    Page("GET", "/login", enter),
    Page("POST", "/login", entered),
    Page("POST", "/logout", leave),
    Page("POST", "/size", size),
)
