"""What a resident may do to their order: urge, add, rate, have it done again, withdraw."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action
from dispatch.web.door import Page
from dispatch.web.numbers import whole
from dispatch.web.resident import following
from dispatch.web.visit import Faults, Visit

FIELDS: Mapping[str, tuple[str, ...]] = {
    Action.URGE: ("text",),
    Action.NOTE: ("text",),
    Action.RATE: ("grade", "text"),
    Action.REOPEN: ("reason",),
    Action.WITHDRAW: ("reason",),
}
"""What each form asks for, by the names of the API; on the page each stands with its action before it."""

SEEN = frozenset({Action.RATE, Action.REOPEN, Action.WITHDRAW})
"""What is said of an order as it was seen, and asked again if it has moved on; a word or an urge fits any version."""


async def act(visit: Visit) -> web.Response:
    """Do it, and show the order as it then is; what is refused is shown with everything that was typed."""
    number, typed = following.canonical(visit.path["id"]), await visit.form()
    code = following.code_of(visit, number)
    if code is None:
        return await following.page(visit, number)
    action = typed.get("action", "")
    try:
        await following.as_resident(visit).ask(
            "POST",
            "/orders/{id}/actions",
            id=number,
            query_code=code,
            body=body(action, typed),
            key=typed.get("key") or None,
        )
    except Refusal as refusal:
        return await following.page(visit, number, typed, _beside(action, visit.faults(refusal)))
    return visit.to(f"/o/{number}?done={action}")


def body(action: str, typed: Mapping[str, str]) -> dict[str, Any]:
    """Return what is sent for what was typed in the form of an action."""
    sent: dict[str, Any] = {"action": action}
    for field in FIELDS.get(action, ()):
        sent[field] = typed.get(f"{action}.{field}") or None
    if action in SEEN:
        sent["version"] = whole(typed.get("version", ""))
    return sent


def _beside(action: str, faults: Faults) -> Faults:
    """Name the fields that are wrong as the forms of the page name them."""
    named = {f"{action}.{field.removeprefix(f'{action}.')}": text for field, text in faults.fields.items()}
    return Faults(faults.text, named, faults.status)


PAGES = (Page("POST", "/o/{id}", act),)
