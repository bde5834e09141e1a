"""The working calendar of the county or a subtree: shown by the month, and changed with all that hangs on it."""

import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.calendar import working_calendar
from dispatch.domain.calendar_file import FIRST_YEAR, LAST_YEAR, PublishedYear
from dispatch.domain.calendars import BY_HAND, Day, Differences, Hours, layered, month_days, must_work, nearest, written
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.storage import calendars, county_ledger, retimings
from dispatch.storage.database import Database
from grid_model.explaining import kind
from grid_model.hours import NoWorkingTime, WorkingCalendar
from grid_model.tree import Tree


@dataclass(frozen=True, slots=True)
class By:
    """Who changes a calendar (None: whoever has the machine) and when; ``looking``: everything is undone again."""

    actor_id: int | None
    at: datetime
    looking: bool = False


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change came to: the days that are different now, and those made by hand that an import leaves alone.

    ``found`` is what differs from the published calendar afterwards, for who only looks at a change.
    """

    days: tuple[date, ...] = ()
    kept: tuple[date, ...] = ()
    changed: bool = False
    found: Differences | None = None


class _LookedAtError(Exception):
    """Undoes a change that was only looked at."""


def administered(actor: Actor, tree: Tree, grid_id: int | None) -> int:
    """Return the grid an administrator means: the one given, or else the highest one they administer.

    Raises:
        NotYours: the actor is no administrator, or not of that grid or one above it.
    """
    own = sorted((grant.grid_id for grant in actor.grants if grant.role is Role.ADMINISTRATOR), key=tree.position)
    if not own or (grid_id is not None and not any(tree.within(grid_id, mine) for mine in own)):
        raise errors.NotYours
    return own[0] if grid_id is None else grid_id


def today(now: datetime) -> date:
    """Return the date on the county's clocks."""
    return working_calendar().local(now).date()


async def set_days(
    database: Database, tree: Tree, grid_id: int, days: Sequence[tuple[date, bool | None, str]], by: By
) -> Changed:
    """Say of days of a grid and all below it whether people work; None takes back what was said.

    Args:
        database: where the calendar is.
        tree: the county.
        grid_id: whose days.
        days: (day, working, note), each day once; the note is on the county's ledger too.
        by: who says so and when.

    Raises:
        Invalid: a day occurs twice, or lies beyond the years of a calendar.
        NoWorkingDays: a year would have no working day at all; nothing was changed.
    """
    _must_be_days([day for day, _, _ in days])
    async with _changing(database, tree, grid_id, by) as work:
        said = [Day(grid_id, day, working, note) for day, working, note in days if working is not None]
        found = await calendars.set_days(work.connection, grid_id, said)
        found += await calendars.unset_days(work.connection, grid_id, [day for day, on, _ in days if on is None])
        work.data = {
            "days": [
                {"day": day.isoformat(), "working": working, "note": note}
                for day, working, note in days
                if day in found
            ]
        }
        work.changed = bool(found)
    return Changed(tuple(sorted(found)), changed=work.changed, found=work.after)


async def import_year(database: Database, tree: Tree, grid_id: int, published: PublishedYear, by: By) -> Changed:
    """Make a published year the calendar of a grid and all below it, and official there.

    What was imported for that year before and is not in it any more goes; what was made by hand stays.

    Raises:
        NoWorkingDays: a year would have no working day at all; nothing was changed.
    """
    days = [Day(grid_id, day, working, published.names[day]) for day, working in published.days.items()]
    async with _changing(database, tree, grid_id, by) as work:
        by_hand = {row.day: row.working for row in work.before.days if row.grid_id == grid_id and row.notice == BY_HAND}
        found = await calendars.set_days(work.connection, grid_id, days, published.year)
        found += await calendars.forget_days(work.connection, grid_id, published.year, published.days)
        new = await calendars.set_year(work.connection, grid_id, published.year, published.papers)
        work.data = {
            "year": published.year,
            "papers": list(published.papers),
            "days": [{"day": day.isoformat(), "working": published.days.get(day)} for day in sorted(found)],
        }
        work.changed = new or bool(found)
    kept = sorted(day for day, working in published.days.items() if by_hand.get(day, working) != working)
    return Changed(tuple(sorted(found)), tuple(kept), work.changed, work.after)


async def set_hours(database: Database, tree: Tree, hours: Hours, by: By) -> Changed:
    """Give a grid and all below it hours of its own.

    Raises:
        NoWorkingDays: a year would have no working day at all; nothing was changed.
    """
    async with _changing(database, tree, hours.grid_id, by) as work:
        work.changed = await calendars.set_hours(work.connection, hours)
        work.data = {"hours": {"spans": hours.spans, "quiet": hours.quiet}}
    return Changed(changed=work.changed)


async def unset_hours(database: Database, tree: Tree, grid_id: int, by: By) -> Changed:
    """Give a grid the hours of what lies above it again."""
    async with _changing(database, tree, grid_id, by) as work:
        work.changed = await calendars.unset_hours(work.connection, grid_id)
        work.data = {"hours": None}
    return Changed(changed=work.changed)


async def month(database: Database, tree: Tree, grid_id: int, first: date) -> dict[str, Any]:
    """Return a month of a grid's calendar, day by day, with where each day was changed and why.

    Args:
        database: where the calendar is.
        tree: the county.
        grid_id: whose calendar.
        first: the first day of the month.
    """
    chain = tree.chain(grid_id)
    found = await calendars.find(database, chain)
    calendar = _calendar(found, tree, grid_id)
    own: dict[date, Day] = {}
    for row in sorted(found.days, key=lambda row: tree.position(row.grid_id)):  # the nearest has the last word
        own[row.day] = row
    return {
        "grid": _ref(tree, grid_id),
        "month": f"{first:%Y-%m}",
        "official": calendar.official(first.year),
        "spans": written(*calendar.spans),
        "quiet": written(calendar.quiet),
        "days": [_day(day, calendar, own.get(day), tree) for day in month_days(first)],
    }


def _day(day: date, calendar: WorkingCalendar, own: Day | None, tree: Tree) -> dict[str, Any]:
    zh, en = kind(day, calendar)
    return {
        "date": day.isoformat(),
        "weekday": day.isoweekday(),
        "working": calendar.is_working_day(day),
        "kind": {"zh": zh, "en": en},
        "note": own.note if own is not None and own.note else None,
        "set_by": None if own is None else _ref(tree, own.grid_id),
    }


def _ref(tree: Tree, grid_id: int) -> dict[str, str]:
    grid = tree.grid(grid_id)
    return {"code": grid.code, "name": grid.name, "path": tree.path(grid_id)}


@dataclass(slots=True)
class _Change:
    """A change under way inside its transaction: what there was, whether anything differs now, and for the ledger."""

    connection: Any
    before: Differences
    changed: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    after: Differences | None = None


@asynccontextmanager
async def _changing(database: Database, tree: Tree, grid_id: int, by: By) -> AsyncIterator[_Change]:
    """Change rows, then see that people still work, have open deadlines computed again and put it on record; or none.

    Raises:
        NoWorkingDays: people would not; nothing was changed.
    """
    with contextlib.suppress(_LookedAtError):
        async with database.transaction() as connection:
            await calendars.lock(connection)
            work = _Change(connection, await calendars.find(connection))
            yield work
            if not work.changed:
                return
            work.after = await calendars.find(connection)
            _must_work(work.after, tree, grid_id, by.at)
            if by.looking:
                raise _LookedAtError
            await retimings.ask(connection, grid_id, Subject.CALENDAR.value, by.at)
            await county_ledger.record(connection, Entry(by.at, by.actor_id, Subject.CALENDAR, grid_id, work.data))


def _must_work(found: Differences, tree: Tree, grid_id: int, now: datetime) -> None:
    county, others = layered(working_calendar(), found, tree)
    within = (calendar for at, calendar in others.items() if tree.within(at, grid_id))
    for calendar in (nearest(others, tree, grid_id) or county, *within):
        try:
            must_work(calendar, today(now))
        except NoWorkingTime as none:
            raise errors.NoWorkingDays from none


def _calendar(found: Differences, tree: Tree, grid_id: int) -> WorkingCalendar:
    county, others = layered(working_calendar(), found, tree)
    return nearest(others, tree, grid_id) or county


def _must_be_days(days: Sequence[date]) -> None:
    faults = [
        errors.fault(f"days.{number}.date", f"{day} 重复出现", f"{day} occurs twice")
        for number, day in enumerate(days)
        if day in days[:number]
    ] + [
        errors.fault(
            f"days.{number}.date",
            f"年份应在 {FIRST_YEAR}–{LAST_YEAR} 之间",
            f"the year must be from {FIRST_YEAR} to {LAST_YEAR}",
        )
        for number, day in enumerate(days)
        if not FIRST_YEAR <= day.year <= LAST_YEAR
    ]
    if faults:
        raise errors.Invalid(*faults)
