"""Doing something to one order, or merging others into it, from any of the branch's pages."""

from aiohttp import web
from yarl import URL

from dispatch.domain.errors import Refusal
from dispatch.web import bodies
from dispatch.web.branch import order as orders
from dispatch.web.branch.forms import Filled, Forms, body, refused
from dispatch.web.door import Page
from dispatch.web.inside import inside
from dispatch.web.visit import Visit


async def act(visit: Visit) -> web.Response:
    """Do it and go back; what is refused is shown again as it was typed, on the order's own page."""
    number, typed = visit.path["id"], await visit.form()
    try:
        asked = await body(visit, await bodies.posted(visit.request), number)
        await visit.ask("POST", "/orders/{id}/actions", id=number, body=asked, key=typed.get("key") or None)
    except Refusal as refusal:
        return await again(visit, number, await refused(visit, typed, visit.faults(refusal)))
    return visit.to(await _back(visit, number, typed.get("back"), typed.get("action", "")))


async def merge(visit: Visit) -> web.Response:
    """Merge orders into the one whose page it is."""
    number, typed = visit.path["id"], await visit.form()
    posted = await bodies.posted(visit.request)
    chosen = [str(one) for one in posted.getall("orders", [])]
    asked = {"lead": number, "orders": chosen, "reason": typed.get("reason") or None}
    try:
        await visit.ask("POST", "/merges", body=asked, key=typed.get("key") or None)
    except Refusal as refusal:
        return await again(visit, number, Filled("merges", typed, visit.faults(refusal)))
    return visit.to(await _back(visit, number, typed.get("back"), "merge"))


async def reveal(visit: Visit) -> web.Response:
    """Say why the resident's number is wanted; then the order shows it for a while, and they can see who looked."""
    number, typed = visit.path["id"], await visit.form()
    try:
        await visit.ask("POST", "/orders/{id}/contact-views", id=number, body={"reason": typed.get("reason") or None})
    except Refusal as refusal:
        return await again(visit, number, Filled("contact-view", typed, visit.faults(refusal)))
    return visit.to(inside(typed.get("back"), f"/branch/o/{number}"))


async def back(visit: Visit) -> web.Response:
    """Lead to the order's page whoever asks again for the address that a form was sent to."""
    return visit.to(f"/branch/o/{visit.path['id']}")


async def again(visit: Visit, number: str, filled: Filled) -> web.Response:
    """Show an order's page with what was refused; where the order is not theirs to see, only why."""
    found = await orders.whole(visit, number, Forms(filled))
    return visit.page(
        "branch/order.html",
        status=filled.faults.status,
        back=filled.typed.get("back") or f"/branch/o/{number}",
        **found,
    )


async def _back(visit: Visit, number: str, back: str | None, done: str) -> str:
    """Return where to go after something was done: an order that has left one's sight has no page any more."""
    address = URL(inside(back, f"/branch/o/{number}"))
    if address.path.startswith("/branch/o/"):
        try:
            await visit.ask("GET", "/orders/{id}", id=number)
        except Refusal:
            address = URL("/branch")
    return str(address.update_query(did=done))


PAGES = (
    Page("GET", "/branch/o/{id}/act", back, login=True),
    Page("GET", "/branch/o/{id}/merge", back, login=True),
    Page("GET", "/branch/o/{id}/contact-view", back, login=True),
    Page("POST", "/branch/o/{id}/contact-view", reveal, login=True),
    Page("POST", "/branch/o/{id}/act", act, login=True),
    Page("POST", "/branch/o/{id}/merge", merge, login=True),
)
