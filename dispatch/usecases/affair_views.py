"""What is shown of what is rare about an order: decisions that are waited for, co-handlers, what was merged.

The resident sees what is waited for and until when, and the plan of what is parked; never why the house asked, nor who
was called and what they said (DOMAIN §7).
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dispatch.domain import access
from dispatch.domain.affairs import Assist, FollowUp, Pending
from dispatch.domain.order import Actor, Event, Order
from dispatch.domain.vocabulary import Action, Clock, Matter, State
from dispatch.domain.world import World
from dispatch.storage import together
from dispatch.storage.together import Said
from dispatch.usecases.references import branch_ref, label, numbered
from dispatch.usecases.service import Service


def affairs_view(order: Order, now: datetime, world: World, *, inside: bool) -> dict[str, Any]:
    """Return what an order's view says of its affairs; the texts are told by ``tell``, who looks them up."""
    affairs, clocks = order.affairs, order.clocks
    return {
        "pending": None if affairs.pending is None else _pending(affairs.pending, clocks, world, inside=inside),
        "assists": [_assist(one, now, world) for one in affairs.assists] if inside else [],
        "returns": affairs.returns,
        "extensions": affairs.extensions,
        "parked_until": _time(clocks.get(Clock.REVIEW)) if order.state is State.PARKED else None,
        "plan": None,
        "merged_into": None if affairs.merged is None else numbered(order.region, affairs.merged.into, world),
        "absorbed": [numbered(order.region, one.order, world) for one in affairs.absorbed] if inside else [],
        "follow_up": _follow_up(affairs.follow_up) if inside and affairs.follow_up is not None else None,
        "grades": list(affairs.graded),
        "excluded": [subject.value for subject in affairs.excluded],
        "urged_at": _time(affairs.urged_at),
        "supervise_by": _time(clocks.get(Clock.SUPERVISE)),
    }


def _pending(pending: Pending, clocks: Any, world: World, *, inside: bool) -> dict[str, Any]:
    return {
        "matter": pending.matter.value,
        "label": label(pending.matter),
        "decider": branch_ref(pending.decider, world),
        "branch": branch_ref(pending.branch, world),
        "asked_at": _time(pending.at),
        "amount": pending.amount,
        "until": _time(pending.until),
        "subject": None if pending.subject is None or not inside else pending.subject.value,
        "reason_code": None,
        "reason": None,
        "suggested": branch_ref(pending.suggested, world) if inside else None,
        "category": pending.category if inside else None,
        "due": _time(clocks.get(Clock.DECIDE)),
    }


def _assist(one: Assist, now: datetime, world: World) -> dict[str, Any]:
    return {
        "number": one.number,
        "unit": branch_ref(one.branch, world),
        "required": one.required,
        "asked_at": _time(one.at),
        "due": _time(one.due),
        "late": (one.answered_at or now) > one.due and one.waived_by is None,
        "answered_at": _time(one.answered_at),
        "waived": one.waived_by is not None,
        "wanted": None,
        "answer": None,
    }


def _follow_up(wanted: FollowUp) -> dict[str, Any]:
    return {"why": wanted.why.value, "label": label(wanted.why), "at": _time(wanted.at), "tries": wanted.tries}


async def tell(service: Service, shown: Sequence[tuple[Order, dict[str, Any]]], actor: Actor) -> None:
    """Write into the view of each order what was said where it was returned, asked for, called or answered."""
    rare = [(order, view) for order, view in shown if _has_texts(order)]
    if not rare:
        return
    found = await together.said(service.database, [(order.region, order.id) for order, _ in rare])
    for order, view in rare:
        words = found.get((order.region, order.id), [])
        view["plan"] = _plan(order, words)
        if access.sees_internal(order, actor, service.world):
            _tell_why(order, view, words)
            _tell_assists(view, words)


def _has_texts(order: Order) -> bool:
    return order.affairs.pending is not None or bool(order.affairs.assists) or order.state is State.PARKED


def _plan(order: Order, words: Sequence[Said]) -> str | None:
    """The plan of an order that is parked, or asked to be."""
    if order.state is not State.PARKED and not order.affairs.asked_for(Matter.PARK):
        return None
    return next((one.texts.get("plan") for one in reversed(words) if one.matter is Matter.PARK), None)


def _tell_why(order: Order, view: dict[str, Any], words: Sequence[Said]) -> None:
    pending = order.affairs.pending
    if pending is None:
        return
    asked = next((one for one in reversed(words) if one.matter is pending.matter), None)
    if asked is not None:
        view["pending"]["reason_code"] = None if asked.reason_code is None else asked.reason_code.value
        view["pending"]["reason"] = asked.texts.get("internal_reason") or asked.texts.get("plan")


def _tell_assists(view: dict[str, Any], words: Sequence[Said]) -> None:
    texts = {(one.action, one.assist): one.texts for one in words if one.assist is not None}
    for assist in view["assists"]:
        assist["wanted"] = texts.get((Action.WHISTLE, assist["number"]), {}).get("internal_text")
        assist["answer"] = texts.get((Action.ANSWER, assist["number"]), {}).get("internal_answer")


HIDDEN = ("ranked", "candidates", "left_out", "affairs", "tell", "photos")
"""What of an event's data nobody is shown here: who looks after which household, and what the order's view tells."""

PUBLIC = (
    "missed", "grade", "promises", "promises_before", "how", "urgency", "category", "because", "rule", "filed_for",
    "matter", "amount", "until", "into", "upholds", "decided", "reached", "solved", "satisfied",
)  # fmt: skip
"""What of an event's data the resident sees too."""

PRIVATE: dict[Action, tuple[str, ...]] = {
    Action.DECLINE: ("because",),  # that a member is on leave is nothing for them
    Action.RETURN: ("category",),
    Action.WHISTLE: ("until",),
    Action.SUPERVISE: ("because",),
}
"""What of that the resident does not see after all."""

_BRANCHES = ("unit", "suggested", "supervisor")
_ORDERS = ("into", "absorbed", "released", "merged_into")


def event_data(event: Event, world: World, *, inside: bool) -> dict[str, Any]:
    """Return what is shown of an event's data: branches by their codes, orders by their numbers."""
    private = PRIVATE.get(event.action, ())
    told = {
        key: value
        for key, value in event.data.items()
        if (key not in HIDDEN if inside else key in PUBLIC and key not in private)
    }
    for key in _BRANCHES:
        if told.get(key) is not None:
            told[key] = (branch_ref(told[key], world) or {}).get("id")
    for key in _ORDERS:
        if told.get(key) is not None:
            told[key] = numbered(event.region, told[key], world)
    return told


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
