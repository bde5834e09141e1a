"""The figures of a subtree and a time: the three rates, the milestones of 13710, trends, categories, and loads."""

from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from dispatch.domain import errors, rates
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import BranchKind
from dispatch.domain.world import World
from dispatch.storage import counters, statistics
from dispatch.usecases.counters import subtree
from dispatch.usecases.references import grid_ref, label
from dispatch.usecases.reports import LONGEST, USUAL
from dispatch.usecases.service import Service


@dataclass(frozen=True, slots=True)
class Asked:
    """Below which grid, and from which day to which, both included; None for what is usual."""

    grid: str | None
    first: date | None
    last: date | None


async def read(service: Service, asked: Asked, actor: Actor, now: datetime) -> dict[str, Any]:
    """Return the figures of the requests that were filed in that time below that grid.

    Raises:
        NotYours: the reader does not answer for that grid, or for none.
        Invalid: no such grid, or too long a time.
    """
    world = service.world
    grid = subtree(asked.grid, actor, world)
    zone = world.calendar.zone
    today = now.astimezone(zone).date()
    last = asked.last or today
    first = asked.first or min(last, today) - timedelta(days=USUAL - 1)
    if not first <= last or (last - first).days >= LONGEST:
        zh, en = "起止日期须在一年之内，先后不能颠倒", "the days must lie within a year, the first first"
        raise errors.Invalid(errors.fault("from", zh, en))
    since, until = (datetime.combine(day, time(), zone) for day in (first, last + timedelta(days=1)))
    span = world.tree.interval(grid)
    found = await statistics.figures(service.database, span, since, until)
    ended = await statistics.ended_by_day(service.database, span, since, until)
    return {
        "at": now.isoformat(),
        "grid": grid_ref(grid, world),
        "from": first.isoformat(),
        "to": last.isoformat(),
        **asdict(found.all),
        "ended": sum(ended.values()),
        "rates": [_rate(one) for one in rates.rates(found.counts)],
        "grades": {grade.value: count for grade, count in found.counts.grades.items()},
        "milestones": [
            {"milestone": clock.value, "milestone_label": label(clock), **asdict(one)}
            for clock, one in found.milestones.items()
        ],
        "days": [
            {"day": day.isoformat(), "filed": found.days.get(day, _NONE).filed, "ended": ended.get(day, 0)}
            for day in rates.days(first, last)
        ],
        "categories": _categories(found, world),
        "load": [asdict(band) for band in await _load(service, span, now)],
    }


_NONE = statistics.Filed()


def _rate(rate: rates.Rate) -> dict[str, Any]:
    return {
        "rate": rate.kind.value,
        "rate_label": label(rate.kind),
        "percent": rate.percent,
        "among": rate.among,
        "excluded": rate.excluded,
    }


def _categories(found: statistics.Figures, world: World) -> list[dict[str, Any]]:
    """What was asked for, the most frequent first."""
    ordered = sorted(found.categories.items(), key=lambda item: (-item[1].filed, item[0]))
    return [{"category": code, "category_label": _called(code, world), **asdict(one)} for code, one in ordered]


def _called(code: str, world: World) -> dict[str, str] | None:
    known = world.categories.get(code)
    return None if known is None else {"zh": known.name, "en": known.name_en or known.name}


async def _load(service: Service, span: tuple[int, int], now: datetime) -> tuple[rates.Band, ...]:
    """Return how the branches of that interval are laden now; a department's desk is none."""
    world = service.world
    inside = [
        one.id
        for one in world.branches
        if one.active and one.kind != BranchKind.DESK and span[0] <= world.tree.position(one.grid_id) < span[1]
    ]
    held = await counters.by_branch(service.database, inside, now)
    nothing = counters.NOTHING
    return rates.bands((one.open, one.overdue) for one in (held.get(branch, nothing) for branch in inside))
