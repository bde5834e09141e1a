"""What is shown of an order, its events and its way, and to whom: JSON-ready dicts, masked by the one predicate."""

from datetime import datetime
from typing import Any

import orjson

from dispatch.domain import access, acting, numbers
from dispatch.domain.advice import UNPLACED, advice
from dispatch.domain.choosing import LEFT_OUT
from dispatch.domain.kinds import stage, ways
from dispatch.domain.ledger import told
from dispatch.domain.order import Actor, Event, Order
from dispatch.domain.vocabulary import Action, Clock, Party, State
from dispatch.domain.world import World
from dispatch.storage.orders import Dossier
from dispatch.storage.rows import Known
from dispatch.usecases.affair_views import affairs_view, event_data
from dispatch.usecases.references import branch_ref, grid_ref, label, number_of
from grid_model.hours import crosses_provisional
from grid_model.matching import WEIGHTS, LeftOut


def order_view(
    dossier: Dossier, actor: Actor, now: datetime, world: World, *, contact: bool = False, place: bool = False
) -> dict[str, Any]:
    """Return an order as ``actor`` sees it, with what they may do next.

    The resident's contact is masked unless ``contact``, the place as given unless ``place``: only where a look is on
    record.
    """
    order = dossier.order
    digits = number_of(order, world)
    milestone = order.next_milestone
    category = world.categories.get(order.category)
    view: dict[str, Any] = {
        "id": digits,
        "number": numbers.grouped(digits),
        "kind": order.kind,
        "state": order.state._value_,
        "state_label": label(order.state),
        "category": order.category,
        "category_label": None if category is None else {"zh": category.name, "en": category.name_en},
        "text": dossier.text,
        "place": _place(dossier) if place else None,
        "grid": grid_ref(order.grid_id, world),
        "branch": branch_ref(order.branch_id, world),
        "supervisor": branch_ref(order.supervisor_id, world),
        "level": order.level,
        "listed": order.listed,
        "urgency": order.urgency._value_,
        "contact": contact_view(dossier, plain=contact),
        "filed_for_others": order.filed_by is not None and ways(order.kind).for_others,
        "filed_for": None,  # told by usecases.behalf, who looks it up
        "answer": dossier.answer,
        "grade": None if order.grade is None else order.grade.value,
        "reopened": order.reopened,
        "submitted_at": _time(order.submitted_at),
        "ended_at": _time(order.ended_at),
        "rung": order.rung,
        "asked": len(order.offered),
        "paused_at": _time(order.paused_at),
        "due": None if milestone is None else _due(order, *milestone, world),
        "promises": told(order.promises),
        "overdue": order.overdue(now),
        # one order takes another in when that one is merged: nothing to press here
        "actions": [a._value_ for a in acting.actions(order, actor, now, world) if a is not Action.ABSORB],
        "version": order.version,
    }
    called = stage(order.kind, order.state)
    if called is not None:
        view["stage"] = {"zh": called[0], "en": called[1]}
    inside = access.sees_internal(order, actor, world)
    view.update(affairs_view(order, now, world, inside=inside))
    if inside:
        view["assignee"] = dossier.assignee
    hint = advice(order.category, order.state) or (UNPLACED if order.state is State.RECEIVED else None)
    if hint is not None:
        view["advice"] = {"zh": hint[0], "en": hint[1]}
    return view


def _due(order: Order, clock: Clock, at: datetime, world: World) -> dict[str, Any]:
    """What is waited for; provisional where it rests on working days of a year that is not published yet."""
    rests = clock is Clock.ACCEPT and crosses_provisional(order.submitted_at, at, world.calendar_at(order.grid_id))
    return {"milestone": clock.value, "at": _time(at), "provisional": rests}


def _place(dossier: Dossier) -> Any:
    """The place as it was given: as telling as a house number, so not everybody sees it; the grid is for all."""
    return None if dossier.place is None else orjson.loads(dossier.place)


def photos_view(dossier: Dossier) -> list[dict[str, str]]:
    """Return the photos of an order, in the order they came; their pictures are fetched one by one."""
    return [{"id": one.id, "kind": one.kind.value} for one in dossier.photos]


def contact_view(dossier: Dossier, *, plain: bool) -> dict[str, Any]:
    """Return how the resident is reached, masked unless ``plain``."""
    name, phone, house = dossier.contact_name, dossier.contact_phone, dossier.house
    if plain:
        return {"name": name, "phone": phone, "house": house, "masked": False}
    return {
        "name": access.masked_name(name),
        "phone": access.masked_phone(phone),
        "house": "***" if house else None,
        "masked": True,
    }


def event_view(
    event: Event, actor: Known | None, assignee: Known | None, order: Order, reader: Actor, world: World
) -> dict[str, Any] | None:
    """Return an event as ``reader`` sees it, None where it is internal and they are not."""
    inside = access.sees_internal(order, reader, world)
    if event.data.get("internal") and not inside:
        return None
    view: dict[str, Any] = {
        "version": event.version,
        "at": _time(event.at),
        "due_at": _time(event.due_at),
        "action": event.action.value,
        "action_label": label(event.action),
        "party": event.party.value,
        "party_label": label(event.party),
        "from": event.from_state.value,
        "to": event.to_state.value,
        "level": event.level,
        "branch": branch_ref(event.branch_id, world),
        "texts": {name: text for name, text in event.texts.items() if inside or not name.startswith("internal")},
        "hash": event.hash.hex(),
    }
    if inside:
        for part, known in (("actor", actor), ("assignee", assignee)):
            view[part], view[f"{part}_name"] = (None, None) if known is None else known
    view["data"] = event_data(event, world, inside=inside)
    return view


def route_view(events: list[Event], world: World) -> dict[str, Any]:
    """Return why an order went where it went: the place, then each routing with its rule, steps and verdicts."""
    first = events[0]
    place = first.data.get("place", {})
    return {
        "place": {
            "rule": place.get("rule"),
            "grid": grid_ref(first.data["grid"], world, first.at),
            "candidates": [grid_ref(grid_id, world, first.at) for grid_id in place.get("candidates", ())],
        },
        "routings": [
            {
                "version": event.version,
                "at": _time(event.at),
                "action": event.action.value,
                "rule": event.data.get("rule"),
                "steps": [
                    {"grid": grid_ref(grid, world, event.at), "branch": branch_ref(branch, world), "verdict": verdict}
                    for grid, branch, verdict in event.data.get("steps", ())
                ],
                "branch": branch_ref(event.branch_id, world),
            }
            for event in events
            if event.action in (Action.ROUTE, Action.ESCALATE, Action.REOPEN, Action.REDIRECT)
        ],
        "offers": [
            {
                "version": event.version,
                "by": event.party.value,
                "rung": event.data.get("kind"),
                "asked": len(event.data.get("offered", ())),
                "candidates": event.data["candidates"],
                "left_out": event.data.get("left_out", {}),
                "ranked": [
                    {
                        "place": rank,
                        "points": _points(one),
                        "left_out": one["left_out"],
                        "left_out_label": left_out_label(one["left_out"]),
                    }
                    for rank, one in enumerate(event.data["ranked"], 1)
                ],
            }
            for event in events
            if event.party is Party.SYSTEM and "ranked" in event.data
        ],
    }


def _points(one: dict[str, Any]) -> dict[str, int]:
    """The points of each ground but one: who looks after a household is not told; the ledger leaves out noughts."""
    return {ground: one["points"].get(ground, 0) for ground in WEIGHTS if ground != "carer"}


def left_out_label(reason: str | None) -> dict[str, str] | None:
    """Return why a candidate is not asked, for people, or None for one who is."""
    if reason is None:
        return None
    zh, en = LEFT_OUT[LeftOut(reason)]
    return {"zh": zh, "en": en}


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
