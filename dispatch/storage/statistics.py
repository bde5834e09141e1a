"""What became of the requests of a time and a part of the tree, counted by the database."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dispatch.domain.rates import Counts, Milestone
from dispatch.domain.vocabulary import MILESTONES, Clock, Grade
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("statistics")


@dataclass(frozen=True, slots=True)
class Filed:
    """How many were filed, how many of them are open still, and of how many a promise was ever missed."""

    filed: int = 0
    open: int = 0
    missed: int = 0


@dataclass(frozen=True, slots=True)
class Figures:
    """What became of all requests that were filed in that time: together, by category, and by the day of filing."""

    all: Filed
    counts: Counts
    milestones: Mapping[Clock, Milestone]
    categories: Mapping[str, Filed] = field(default_factory=dict)
    days: Mapping[date, Filed] = field(default_factory=dict)


async def figures(database: Database, span: tuple[int, int], since: datetime, until: datetime) -> Figures:
    """Return the figures of the requests filed from ``since`` until before ``until`` in that interval of the tree."""
    rows = await database.fetch(SQL["figures"], *span, since, until)
    together = next(row for row in rows if row["day"] is None and row["category"] is None)
    return Figures(
        all=_filed(together),
        counts=Counts(
            contacted=together["contacted"],
            late=together["late"],
            overdue_excluded=together["overdue_excluded"],
            answered=together["answered"],
            solved=together["solved"],
            grades={grade: together[grade.value] for grade in Grade},
            grades_excluded=together["grades_excluded"],
        ),
        milestones={clock: _milestone(together, clock) for clock in MILESTONES},
        categories={row["category"]: _filed(row) for row in rows if row["category"] is not None},
        days={row["day"]: _filed(row) for row in rows if row["day"] is not None},
    )


def _filed(row: Any) -> Filed:
    return Filed(row["filed"], row["open"], row["missed"])


def _milestone(row: Any, clock: Clock) -> Milestone:
    kept, missed, waiting = (row[f"{clock.value}_{word}"] for word in ("kept", "missed", "open"))
    return Milestone(kept, missed, waiting, row["filed"] - kept - missed - waiting)


async def ended_by_day(
    database: Database, span: tuple[int, int], since: datetime, until: datetime
) -> Mapping[date, int]:
    """Return how many requests ended on each day of that time, whenever they were filed."""
    rows = await database.fetch(SQL["ended_by_day"], *span, since, until)
    return {row["day"]: row["ended"] for row in rows}
