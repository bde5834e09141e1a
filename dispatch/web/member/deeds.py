"""What members can do to an order by a form of its own: a row each, and the body that is sent for what was typed."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dispatch.domain.vocabulary import Action, Matter, State
from dispatch.web.numbers import whole


@dataclass(frozen=True, slots=True)
class Deed:
    """One form: the action it does, what it asks of the superior where it asks, and the fields it has.

    ``commutes``: it is as right after what others did meanwhile, so it goes with no version. ``photos``: some may come
    with it.
    """

    action: Action
    fields: tuple[str, ...] = ()
    matter: Matter | None = None
    commutes: bool = False
    photos: bool = False


DEEDS: Mapping[str, Deed] = {
    "contact": Deed(Action.CONTACT, ("how", "note"), commutes=True),
    "note": Deed(Action.NOTE, ("text", "internal"), commutes=True),
    "resolve": Deed(Action.RESOLVE, ("answer", "note"), photos=True),
    "extend": Deed(Action.ASK, ("amount", "reason"), Matter.EXTEND),
    "pause": Deed(Action.PAUSE, ("reason",)),
    "resume": Deed(Action.RESUME, ("reason",)),
    "whistle": Deed(Action.WHISTLE, ("unit", "text", "within", "required")),
    "complex": Deed(Action.ASK, ("reason",), Matter.COMPLEX),
    "park": Deed(Action.ASK, ("on", "reason"), Matter.PARK),
    "hold": Deed(Action.ASK, ("reason",), Matter.HOLD),
    "hand_back": Deed(Action.HAND_BACK, ("reason",)),
    "answer": Deed(Action.ANSWER, ("text", "assist"), commutes=True),
    "appeal": Deed(Action.APPEAL, ("subject", "reason")),
    "urge": Deed(Action.URGE, ("text",), commutes=True),
    "rate": Deed(Action.RATE, ("grade", "text")),
    "reopen": Deed(Action.REOPEN, ("reason",)),
    "withdraw": Deed(Action.WITHDRAW, ("reason",)),
}
"""By the last part of its address."""

ONE_TAP = frozenset({Action.ACCEPT, Action.DECLINE})
"""What is done by a button alone."""

AT_A_DESK = frozenset(Action) - ONE_TAP - {deed.action for deed in DEEDS.values()}
"""What branches and superiors do, at their own pages; nobody who only handles orders is offered any of it."""


def open_to(order: Mapping[str, Any]) -> list[str]:
    """Return the names of the deeds that its reader may do to an order now."""
    return [name for name, deed in DEEDS.items() if deed.action in order["actions"]]


def awaited(order: Mapping[str, Any], handler: str) -> list[dict[str, Any]]:
    """Return the calls to co-handle that ``handler``, by code, must have answered before they can resolve the order."""
    if order["state"] != State.ACCEPTED or order["assignee"] != handler:
        return []
    return [one for one in order["assists"] if one["required"] and not one["answered_at"] and not one["waived"]]


def body(deed: Deed, typed: Mapping[str, str], photos: Sequence[str] = ()) -> dict[str, Any]:
    """Return what is sent for what was typed, with the ids of the photos; None where nothing was."""
    found: dict[str, Any] = {"action": deed.action.value, "matter": deed.matter}
    if not deed.commutes:
        found["version"] = whole(typed.get("version", ""))
    for name in deed.fields:
        found[name] = _READ.get(name, _text)(typed.get(name, ""))
    if deed.action is Action.RESOLVE and found["answer"] is None:
        found["answer"] = _text(typed.get("phrase", ""))
    return found | ({"photos": list(photos)} if photos else {})


def _text(text: str) -> str | None:
    return text or None


def _ticked(text: str) -> bool:
    return text == "true"


_READ: Mapping[str, Callable[[str], Any]] = {"internal": _ticked, "required": _ticked, "assist": whole}
"""How a field is read that is no text."""
