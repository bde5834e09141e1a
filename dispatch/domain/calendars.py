"""The working calendars of the county and of its subtrees: what is published, and the rows in which they differ."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, time, timedelta

from grid_model.hours import SEARCH, WorkingCalendar
from grid_model.tree import Tree

Spans = tuple[tuple[time, time], ...]
"""Opening and closing times of a working day, in order."""

MOST_SPANS = 6
"""So many spans a working day may have."""

BY_HAND = 0
"""Stands for the year of a notice where somebody said it by hand."""

_SPAN = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Day:
    """One day of a grid that breaks the week: people work, or they do not.

    ``notice`` is the year of the notice that says so, or ``BY_HAND``.
    """

    grid_id: int
    day: date
    working: bool
    note: str = ""
    notice: int = BY_HAND


@dataclass(frozen=True, slots=True)
class Hours:
    """The hours of a grid as they are written: ``08:30-12:00,14:30-17:30``, and ``21:00-08:00`` or as above it."""

    grid_id: int
    spans: str
    quiet: str | None = None


@dataclass(frozen=True, slots=True)
class Differences:
    """In what the calendars of grids differ from the published one.

    Of several rows for the same grid and day the last one holds; ``years`` are (grid, year) that are official.
    """

    days: tuple[Day, ...] = ()
    years: tuple[tuple[int, int], ...] = ()
    hours: tuple[Hours, ...] = ()


def layered(
    base: WorkingCalendar, differences: Differences, tree: Tree
) -> tuple[WorkingCalendar, dict[int, WorkingCalendar]]:
    """Return the county's calendar, and that of every grid below the root that differs from what lies above it.

    A grid has the calendar of the nearest grid above, changed by its own rows.

    Raises:
        ValueError: the hours of a grid cannot be read, or overlap.
    """
    days: dict[int, dict[date, bool]] = {}
    years: dict[int, set[int]] = {}
    for row in differences.days:
        days.setdefault(row.grid_id, {})[row.day] = row.working
    for grid_id, year in differences.years:
        years.setdefault(grid_id, set()).add(year)
    hours = {row.grid_id: row for row in differences.hours}
    found: dict[int, WorkingCalendar] = {}
    for grid_id in sorted(days.keys() | years.keys() | hours.keys(), key=tree.position):  # above comes first
        above = nearest(found, tree, grid_id) or base
        own = hours.get(grid_id)
        found[grid_id] = above.changed(
            days.get(grid_id, {}),
            years.get(grid_id, ()),
            None if own is None else read_spans(own.spans),
            None if own is None or own.quiet is None else read_quiet(own.quiet),
        )
    return found.pop(tree.root.id, base), found


def nearest(calendars: Mapping[int, WorkingCalendar], tree: Tree, grid_id: int) -> WorkingCalendar | None:
    """Return the calendar of the grid or of the nearest one above it that has one, or None."""
    return next((calendars[at] for at in tree.chain(grid_id) if at in calendars), None)


def must_work(calendar: WorkingCalendar, today: date) -> None:
    """Make sure that there is always working time from a year ago on, when the oldest open orders were filed.

    Raises:
        NoWorkingTime: somewhere 366 days go by without a working day.
    """
    last = max(calendar.overrides, default=today)
    for day in calendar.working_days(today - SEARCH):
        if day > last and day > today:
            return


def read_spans(text: str) -> Spans:
    """Read ``08:30-12:00,14:30-17:30``.

    Raises:
        ValueError: it is not written so, there are too many spans, or they do not follow each other.
    """
    spans = tuple(_pair(part) for part in text.split(","))
    edges = [edge for span in spans for edge in span]
    if len(spans) > MOST_SPANS or edges != sorted(set(edges)):
        raise ValueError(f"{text!r}: at most {MOST_SPANS} spans, one after the other")
    return spans


def read_quiet(text: str) -> tuple[time, time]:
    """Read ``21:00-08:00``; two equal times mean never.

    Raises:
        ValueError: it is not written so.
    """
    return _pair(text)


def written(*spans: tuple[time, time]) -> str:
    """Write spans as they are read."""
    return ",".join(f"{begin:%H:%M}-{end:%H:%M}" for begin, end in spans)


def month_days(first: date) -> tuple[date, ...]:
    """Return the days of the month that begins with ``first``."""
    days = (first + timedelta(days=n) for n in range(31))
    return tuple(day for day in days if day.month == first.month)


def _pair(text: str) -> tuple[time, time]:
    found = _SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not written as 08:30-12:00")
    return time.fromisoformat(found[1]), time.fromisoformat(found[2])
