"""Looking ahead: every deadline of an order with its reasons, and what will happen to it if nobody does anything."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import deadlines as reasons
from dispatch.domain import forecast as ahead
from dispatch.domain.choosing import SHOWN, Chooser
from dispatch.domain.deadlines import Deadline, Term
from dispatch.domain.forecast import Step
from dispatch.domain.holding import branch_above
from dispatch.domain.order import Actor, Event, Order
from dispatch.domain.world import World
from dispatch.storage import orders
from dispatch.usecases.acting import dispatches
from dispatch.usecases.choosing import chooser
from dispatch.usecases.reading import seen
from dispatch.usecases.references import branch_ref, label
from dispatch.usecases.service import Service
from grid_model.explaining import Line

MINUTE = timedelta(minutes=1)


async def deadlines(service: Service, key: tuple[int, int], actor: Actor, now: datetime) -> list[dict[str, Any]]:
    """Return every deadline of an order, explained day by day; for whoever may see it.

    Raises:
        OrderNotFound, NotYours: as their names say.
    """
    order = (await seen(service, key, actor)).order
    found = reasons.deadlines(order, await _events(service, key), now, service.world)
    return [_deadline(one) for one in found]


async def forecast(service: Service, key: tuple[int, int], actor: Actor, now: datetime) -> dict[str, Any]:
    """Return what will happen to an order if nobody does anything; who is asked by code only for who dispatches it.

    Raises:
        OrderNotFound, NotYours: as their names say.
    """
    order = (await seen(service, key, actor)).order
    world = service.world
    choosing = await _choosing(service, order, now, world)
    found = ahead.forecast(order, await _events(service, key), choosing, now, world)
    by_code = dispatches(order, actor, service)
    zh, en = ahead.ASSUMED
    return {
        "at": now.isoformat(),
        "assumed": {"zh": zh, "en": en},
        "steps": [_step(one, world, by_code=by_code) for one in found.steps],
        "end": found.end.value,
        "end_label": label(found.end),
    }


async def _events(service: Service, key: tuple[int, int]) -> list[Event]:
    return [event for event, _, _ in await orders.events(service.database, *key)]


async def _choosing(service: Service, order: Order, now: datetime, world: World) -> Chooser:
    """Read whoever may be asked where the order is now, and wherever it rises to."""
    seats = _seats(order, world)
    return await chooser(service.database, seats, now, world, around=(order.id,))


def _seats(order: Order, world: World) -> Sequence[Order]:
    """The order as it would be held by each branch on its way up."""
    seats, branch = [order], branch_above(order.branch_id, order.category, world)
    while branch is not None:
        seats.append(replace(order, branch_id=branch))
        branch = branch_above(branch, order.category, world)
    return seats


def _deadline(one: Deadline) -> dict[str, Any]:
    return {
        "clock": one.clock.value,
        "clock_label": label(one.clock),
        "standing": one.standing.value,
        "standing_label": label(one.standing),
        "kept_at": _time(one.kept_at),
        "promise": _term(one.term),
        "now": None if one.now is None else _term(one.now),
        "warn_at": [at.isoformat() for at in one.warn_at],
        "earlier": [
            {
                "due": earlier.due.isoformat(),
                "changed_at": earlier.at.isoformat(),
                "why": earlier.why.value,
                "why_label": label(earlier.why),
            }
            for earlier in one.earlier
        ],
        "pauses": [
            {
                "from": rest.since.isoformat(),
                "until": _time(rest.until),
                "why_label": label(rest.what),
                "by": rest.by.value,
                "by_label": label(rest.by),
                "ended_by": None if rest.ended_by is None else rest.ended_by.value,
            }
            for rest in one.rests
        ],
    }


def _term(term: Term) -> dict[str, Any]:
    length = term.length
    return {
        "start": term.start.isoformat(),
        "length": None if length is None else str(length),
        "length_label": None if length is None else {"zh": length.label("zh"), "en": length.label("en")},
        "due": term.due.isoformat(),
        "provisional": term.provisional,
        "days": [_day(line) for line in term.days],
    }


def _day(line: Line) -> dict[str, Any]:
    return {
        "date": line.date.isoformat(),
        "working": line.working,
        "minutes": line.counted / MINUTE,
        "note": {"zh": line.note_zh, "en": line.note_en},
    }


def _step(step: Step, world: World, *, by_code: bool) -> dict[str, Any]:
    view: dict[str, Any] = {
        "at": step.at.isoformat(),
        "says": {"zh": step.zh, "en": step.en},
        "action": step.action.value,
        "action_label": label(step.action),
        "missed": None if step.missed is None else step.missed.value,
        "rung": None if step.rung is None else step.rung.value,
        "rung_label": None if step.rung is None else label(step.rung),
        "asked": step.asked,
        "until": _time(step.until),
        "state": step.state.value,
        "state_label": label(step.state),
        "branch": branch_ref(step.branch_id, world),
        "supervisor": branch_ref(step.supervisor_id, world),
        "level": step.level,
        "told": [
            {
                "hearer": one.hearing.value,
                "hearer_label": label(one.hearing),
                "count": one.count,
                "branch": branch_ref(one.branch_id, world),
            }
            for one in step.told
        ],
    }
    if by_code:
        view["members"] = list(step.members[:SHOWN])
    return view


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()
