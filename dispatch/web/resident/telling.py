"""What the page of an order tells its resident, put in the order in which it is told."""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from dispatch.domain.vocabulary import MILESTONES, OPEN_STATES, Action, Clock
from dispatch.web.visit import Visit

SHOWN_ANEW_S = 600
"""After how many seconds a page that is left open is told anew though nothing was done: it says how long there is."""

_STANDSTILLS = (Action.PAUSE, Action.HOLD)
_PROMISED = (*MILESTONES, Clock.RATE)


async def told(visit: Visit, number: str, code: str, order: dict[str, Any] | None = None) -> dict[str, Any]:
    """Return all that the page of an order shows.

    Args:
        visit: of the resident, with nobody logged in.
        number: the order's.
        code: its query code.
        order: as it was just answered, None if it was not asked for yet.

    Raises:
        OrderNotFound, WrongQueryCode, TooMany: as their names say.
    """
    if order is None:
        order = await visit.ask("GET", "/orders/{id}", id=number, query_code=code)
    events = (await visit.ask("GET", "/orders/{id}/events", id=number, query_code=code))["items"]
    deadlines = (await visit.ask("GET", "/orders/{id}/deadlines", id=number, query_code=code))["items"]
    route = await visit.ask("GET", "/orders/{id}/route", id=number, query_code=code)
    forecast = None
    if order["state"] in OPEN_STATES:
        forecast = await visit.ask("GET", "/orders/{id}/forecast", id=number, query_code=code)
        forecast = {**forecast, "steps": [one for one in forecast["steps"] if one["action"] != Action.WARN]}
    return {
        "order": order,
        "mark": mark(order, visit.now),
        "steps": [{**event, "moved": list(moved(event))} for event in events],
        "waiting": waiting(order, events),
        "deadlines": [{**one, "before": before(one)} for one in deadlines if one["clock"] in _PROMISED],
        "route": route,
        "forecast": forecast,
        "key": secrets.token_urlsafe(16),
    }


def mark(order: Mapping[str, Any], now: datetime) -> str:
    """Return what a page shows of an order, so that the same is not sent again."""
    return f"{order['version']}.{int(now.timestamp()) // SHOWN_ANEW_S}"


def moved(event: Mapping[str, Any]) -> Iterable[tuple[str, str, str]]:
    """Yield each promise that an event changed: which, until when now, and until when before."""
    earlier = event["data"].get("promises_before") or {}
    for clock, at in (event["data"].get("promises") or {}).items():
        if clock in earlier and not _same(earlier[clock], at):
            yield clock, at, earlier[clock]


def before(deadline: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return what was promised last before the present promise, None where that was the same to the minute."""
    due = deadline["promise"]["due"]
    return next((one for one in reversed(deadline["earlier"]) if not _same(one["due"], due)), None)


def _same(one: str, other: str) -> bool:
    """Whether two times are told in the same words: a page tells no seconds."""
    return datetime.fromisoformat(one).replace(second=0, microsecond=0) == datetime.fromisoformat(other).replace(
        second=0, microsecond=0
    )


def waiting(order: Mapping[str, Any], events: Sequence[Mapping[str, Any]]) -> str | None:
    """Return why the clocks stand still at the moment: the action that stopped them, or None where they run."""
    if order["paused_at"] is None:
        return None
    return next((one["action"] for one in reversed(events) if one["action"] in _STANDSTILLS), None)
