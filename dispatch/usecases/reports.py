"""Reports on working together: who returned what and why, what is parked, followed up, appealed and not counted."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.access import outermost
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import AppealSubject, FollowUpWhy, ReturnReason, Role
from dispatch.domain.world import World
from dispatch.storage import reports
from dispatch.storage.reports import Line
from dispatch.usecases.acting import grid_named
from dispatch.usecases.references import branch_ref, grid_ref, label, numbered
from dispatch.usecases.service import Service

READERS = frozenset({Role.SECRETARY, Role.SUPERVISOR, Role.ADMINISTRATOR})
"""The roles in which reports are read."""

LONGEST = 366
"""Over how many days a report may go."""

USUAL = 30
"""Over how many days it goes where nobody says."""

MOST = 1000
"""How many lines a report has at most; whoever needs more asks for a shorter time."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Which report, from which day to which, both included, and below which grid."""

    report: str
    first: date | None
    last: date | None
    grid: str | None


async def report(service: Service, asked: Asked, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return a report on what the reader answers for: its lines, newest first, and how many of what.

    Raises:
        NotYours: the reader is no secretary, supervisor or administrator, or not for that grid.
        Invalid: no such grid, or too long a time.
    """
    world = service.world
    spans = _spans(asked.grid, actor, world)
    zone = world.calendar.zone
    last = asked.last or now.astimezone(zone).date()
    first = asked.first or last - timedelta(days=USUAL)
    if not first <= last or (last - first).days > LONGEST:
        raise errors.Invalid(
            errors.fault(
                "from", "起止日期须在一年之内，先后不能颠倒", "the days must lie within a year, the first first"
            )
        )
    since = datetime.combine(first, time(), zone)
    until = datetime.combine(last + timedelta(days=1), time(), zone)
    found = await reports.lines(service.database, asked.report, spans, since, until, MOST + 1)
    shown = found[:MOST]
    items = [{**_line(one, world), **_SHOWN[asked.report](one, world)} for one in shown]
    return {
        "report": asked.report,
        "from": first.isoformat(),
        "to": last.isoformat(),
        "counts": _counts(items, _COUNTED[asked.report]),
        "items": items,
        "more": len(found) > MOST,
    }


def _spans(grid: str | None, actor: Actor, world: World) -> tuple[tuple[int, int], ...]:
    own = [grant.grid_id for grant in actor.grants if grant.role in READERS]
    if not own:
        raise errors.NotYours
    if grid is None:
        return outermost(world.tree.interval(grid_id) for grid_id in own)
    asked = grid_named(grid, world.tree)
    if not any(world.tree.within(asked, grid_id) for grid_id in own):
        raise errors.NotYours
    return (world.tree.interval(asked),)


def _line(one: Line, world: World) -> dict[str, Any]:
    return {
        "number": numbered(one.region, one.order_id, world),
        "at": one.at.isoformat(),
        "category": one.category,
        "grid": grid_ref(one.grid_id, world),
        "by": one.actor,
    }


def _returned(one: Line, world: World) -> dict[str, Any]:
    by = one.data.get("affairs", {}).get("returned_by") or [None]
    decided = one.more["decided_at"]
    return {
        "branch": branch_ref(by[-1], world),
        "reason": one.data.get("reason_code"),
        "reason_label": label(ReturnReason(one.data["reason_code"])),
        "suggested": branch_ref(one.data.get("suggested"), world),
        "decision": one.more["decision"],
        "decided_at": None if decided is None else decided.isoformat(),
        "went_to": branch_ref(one.more["decided_branch"], world),
    }


def _appealed(one: Line, world: World) -> dict[str, Any]:
    decided, upheld = one.more["decided_at"], one.more["upheld"]
    pending = one.data.get("affairs", {}).get("pending", {})
    return {
        "branch": branch_ref(pending.get("branch"), world),
        "subject": one.data["subject"],
        "subject_label": label(AppealSubject(one.data["subject"])),
        "decided_at": None if decided is None else decided.isoformat(),
        "outcome": "waiting" if upheld is None else "excluded" if upheld else "counted",
    }


def _followed_up(one: Line, _world: World) -> dict[str, Any]:
    solved = one.data.get("solved")
    reached = bool(one.data.get("reached"))
    return {
        "why": one.data["why"],
        "why_label": label(FollowUpWhy(one.data["why"])),
        "reached": reached,
        "solved": solved,
        "outcome": "not_reached" if not reached else "solved" if solved else "not_solved",
    }


def _parked(one: Line, _world: World) -> dict[str, Any]:
    return {"until": one.data.get("until"), "outcome": "parked" if one.more["still"] else "taken_up"}


_SHOWN = {"returns": _returned, "appeals": _appealed, "follow_ups": _followed_up, "parked": _parked}
_COUNTED = {
    "returns": ("branch", "reason", "decision"),
    "appeals": ("branch", "subject", "outcome"),
    "follow_ups": ("why", "outcome"),
    "parked": ("category", "outcome"),
}
"""By what each report counts its lines."""


def _counts(items: Iterable[dict[str, Any]], by: Iterable[str]) -> dict[str, list[dict[str, Any]]]:
    """How many lines there are of each value, the most first."""
    counts: dict[str, list[dict[str, Any]]] = {}
    for field in by:
        values = Counter(_named(item[field]) for item in items)
        counts[field] = [
            {"value": value, "count": count}
            for value, count in sorted(values.items(), key=lambda one: (-one[1], one[0]))
        ]
    return counts


def _named(value: Any) -> str:
    if isinstance(value, dict):
        return str(value["name"])
    return "" if value is None else str(value)
