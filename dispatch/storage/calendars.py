"""The calendars of the county and its subtrees in PostgreSQL: rows in which they differ from the published one."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from dispatch.domain.calendars import BY_HAND, Day, Differences, Hours
from dispatch.storage.queries import load

SQL = load("calendars")


async def find(connection: Any, grid_ids: Sequence[int] | None = None) -> Differences:
    """Return what differs at these grids, or anywhere; ``connection`` may be a Database."""
    asked = None if grid_ids is None else list(grid_ids)
    return Differences(
        days=tuple(Day(**row) for row in await connection.fetch(SQL["days"], asked)),
        years=tuple((row["grid_id"], row["year"]) for row in await connection.fetch(SQL["years"], asked)),
        hours=tuple(Hours(**row) for row in await connection.fetch(SQL["hours"], asked)),
    )


async def lock(connection: Any) -> None:
    """Wait until nobody else changes a calendar, and keep others waiting until the transaction ends."""
    await connection.execute(SQL["one_at_a_time"])


async def set_days(connection: Any, grid_id: int, days: Sequence[Day], notice: int = BY_HAND) -> list[date]:
    """Write these days of a grid as said by hand or by the notice of a year, and return those that were otherwise."""
    columns = ([one.day for one in days], [one.working for one in days], [one.note for one in days])
    return _days(await connection.fetch(SQL["set_days"], grid_id, *columns, notice))


async def unset_days(connection: Any, grid_id: int, days: Iterable[date]) -> list[date]:
    """Take back what was said by hand of these days of a grid, and return those of which something was."""
    return _days(await connection.fetch(SQL["unset_days"], grid_id, list(days)))


async def forget_days(connection: Any, grid_id: int, notice: int, but: Iterable[date]) -> list[date]:
    """Take back the days by the notice of a year but for those given, and return them."""
    return _days(await connection.fetch(SQL["forget_days"], grid_id, notice, list(but)))


async def set_year(connection: Any, grid_id: int, year: int, papers: Sequence[str]) -> bool:
    """Make a year of a grid official, and tell whether anything changed."""
    return await connection.fetchrow(SQL["set_year"], grid_id, year, list(papers)) is not None


async def set_hours(connection: Any, hours: Hours) -> bool:
    """Give a grid hours of its own, and tell whether anything changed."""
    return await connection.fetchrow(SQL["set_hours"], hours.grid_id, hours.spans, hours.quiet) is not None


async def unset_hours(connection: Any, grid_id: int) -> bool:
    """Give a grid the hours of what lies above it again, and tell whether it had its own."""
    return await connection.fetchrow(SQL["unset_hours"], grid_id) is not None


def _days(rows: Iterable[Any]) -> list[date]:
    return sorted(row["day"] for row in rows)
