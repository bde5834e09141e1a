"""What waits for somebody beside who handles it: decisions, answers of a co-handler, residents to be asked."""

from typing import Any

from aiohttp import web

from dispatch.domain.vocabulary import Action, Matter
from dispatch.web.branch import order as orders
from dispatch.web.branch.forms import Forms, new_key
from dispatch.web.door import Page
from dispatch.web.visit import Visit


async def decisions(visit: Visit) -> web.Response:
    """Show what waits for one's decision, the first due first."""
    found = await visit.ask("GET", "/decisions", query=_asked(visit))
    for item in found["items"]:
        item.update(await _choices(visit, item["order"]))
    return _page(visit, "branch/decisions.html", found)


async def _choices(visit: Visit, order: dict[str, Any]) -> dict[str, Any]:
    """Return what may be decided; an order that was returned may also be sent on, first of all where it was meant."""
    actions = {Action(name) for name in order["actions"]}
    decides = [action for action in orders.DECIDING if action in actions]
    near: dict[str, Any] = {"grids": [], "units": [], "groups": []}
    if order["pending"] is not None and order["pending"]["matter"] == Matter.RETURN and Action.ROUTE in actions:
        decides.insert(0, Action.ROUTE)
        near = await orders.around(visit, order["grid"]["code"])
    forms = Forms(about=order["id"], given={"route": orders.onward(order)})
    return {"decides": decides, "near": near, "forms": forms}


async def assists(visit: Visit) -> web.Response:
    """Show what waits for the answer of one's unit."""
    found = await visit.ask("GET", "/assists", query=_asked(visit))
    for item in found["items"]:
        item["forms"] = Forms(about=f"{item['order']['id']}-{item['assist']}")
    return _page(visit, "branch/assists.html", found)


async def follow_ups(visit: Visit) -> web.Response:
    """Show which residents are to be asked how it went."""
    return _page(visit, "branch/follow_ups.html", await visit.ask("GET", "/follow-ups", query=_asked(visit)))


def _asked(visit: Visit) -> dict[str, Any]:
    return {"cursor": visit.request.query.get("cursor")}


def _page(visit: Visit, template: str, found: Any) -> web.Response:
    return visit.page(template, items=found["items"], next=found["next"], key=new_key, length=orders.length)


PAGES = (
    Page("GET", "/branch/decisions", decisions, login=True),
    Page("GET", "/branch/assists", assists, login=True),
    Page("GET", "/branch/follow-ups", follow_ups, login=True),
)
