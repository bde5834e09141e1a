"""批处理: one action on all the orders that were ticked, and what became of each."""

from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action
from dispatch.web import bodies
from dispatch.web.branch import order as orders
from dispatch.web.branch.forms import Forms, body, new_key, refused
from dispatch.web.door import Page
from dispatch.web.visit import Faults, Visit

MOST = 50
"""How many orders are looked at on one page; the list shows no more."""

TOGETHER = (
    Action.OFFER, Action.RECALL, Action.NOTE, Action.RETURN, Action.REDIRECT, Action.CLOSE, Action.REVIEW,
    Action.SUPERVISE, Action.WHISTLE, Action.ASK, Action.RESUME, Action.ROUTE, Action.ACCEPT, Action.CONTACT,
    Action.RESOLVE, *orders.DECIDING[:-1],
)  # fmt: skip
"""What makes sense for many at once; a resident's own word does not, nor a judgement of one appeal."""


async def choose(visit: Visit) -> web.Response:
    """Show the orders that were ticked, and what can be done to them."""
    return await _page(visit, visit.request.query.getall("o", []), Forms())


async def _page(visit: Visit, numbers: list[str], forms: Forms) -> web.Response:
    found, lost = await _found(visit, list(dict.fromkeys(numbers))[:MOST])
    counts = {action: sum(action in one["actions"] for one in found) for action in TOGETHER}
    near: dict[str, Any] = {"grids": [], "units": [], "groups": []}
    if found:
        near = await orders.around(visit, found[0]["grid"]["code"])
    return visit.page(
        "branch/batch.html",
        status=200 if forms.refused is None else forms.refused.faults.status,
        items=found,
        lost=lost,
        counts=counts,
        acts=[action for action in TOGETHER if counts[action]],
        forms=forms,
        key=new_key,
        length=orders.length,
        **near,
    )


async def _found(visit: Visit, numbers: list[str]) -> tuple[list[dict[str, Any]], list[str]]:
    """Return the orders with these numbers, and those that are not theirs to see."""
    found, lost = [], []
    for number in numbers:
        try:
            found.append(await visit.ask("GET", "/orders/{id}", id=number))
        except Refusal:
            lost.append(number)
    return found, lost


async def act(visit: Visit) -> web.Response:
    """Do it to each, and show what became of each."""
    posted = await bodies.posted(visit.request)
    typed = bodies.fields(posted)
    numbers = [str(one) for one in posted.getall("o", [])]
    try:
        asked = {"orders": numbers, "action": await body(visit, posted, next(iter(numbers), ""))}
        done = await visit.ask("POST", "/orders/batch", body=asked, key=typed.get("key") or None)
    except Refusal as refusal:
        faults = _without_prefix(visit.faults(refusal))
        return await _page(visit, numbers, Forms(await refused(visit, typed, faults)))
    failed = [one["id"] for one in done["items"] if not one["ok"]]
    return visit.page("branch/batched.html", done=done, failed=failed, action=Action(typed["action"]))


def _without_prefix(faults: Faults) -> Faults:
    """Return faults by the names of the form's own fields."""
    return Faults(
        faults.text, {name.removeprefix("action."): text for name, text in faults.fields.items()}, faults.status
    )


PAGES = (
    Page("GET", "/branch/batch", choose, login=True),
    Page("POST", "/branch/batch", act, login=True),
)
