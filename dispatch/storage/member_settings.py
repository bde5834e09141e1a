"""What members set for themselves in PostgreSQL: capacity, skills, hours, leaves."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

import orjson

from dispatch.domain.order import Order
from dispatch.domain.serving import ServiceHours, Span
from dispatch.storage import rows
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("member_settings")


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for a person: their own word, or what the county's sheet gave them; hours and quiet are theirs."""

    capacity: int
    skills: tuple[str, ...]
    service_hours: ServiceHours | None
    quiet: Span | None


@dataclass(frozen=True, slots=True)
class Change:
    """What a person sets anew: the fields named in ``given``, None for what is as it was before they set anything."""

    given: frozenset[str]
    capacity: int | None = None
    skills: tuple[str, ...] | None = None
    service_hours: ServiceHours | None = None
    quiet: Span | None = None


@dataclass(frozen=True, slots=True)
class Leave:
    """From the first day to the last, both included; ``applied_at`` is when it was acted on."""

    id: int
    first_day: date
    last_day: date
    created_at: datetime
    applied_at: datetime | None


@dataclass(frozen=True, slots=True)
class DueLeave:
    """A leave whose first day has come, and whose it is."""

    id: int
    person_id: int
    code: str
    last_day: date


@dataclass(frozen=True, slots=True)
class Away:
    """A leave that runs and was acted on, and whose it is."""

    id: int
    person_id: int
    code: str


def hours(text: str) -> ServiceHours:
    """Return the hours in a column ``service_hours``."""
    found = orjson.loads(text)
    return ServiceHours(_spans(found["working_days"]), _spans(found["days_off"]))


def _spans(found: list[list[str]]) -> tuple[Span, ...]:
    return tuple((time.fromisoformat(begin), time.fromisoformat(end)) for begin, end in found)


def _written(hours: ServiceHours | None) -> str | None:
    if hours is None:
        return None
    spans = {"working_days": hours.working_days, "days_off": hours.days_off}
    return rows.json({days: [[f"{a:%H:%M}", f"{b:%H:%M}"] for a, b in kept] for days, kept in spans.items()})


async def find(database: Database, person_id: int) -> Settings:
    """Return what holds for that person."""
    row = await database.fetchrow(SQL["find"], person_id)
    return Settings(
        row["capacity"],
        tuple(row["skills"]),
        None if row["service_hours"] is None else hours(row["service_hours"]),
        None if row["quiet_from"] is None else (row["quiet_from"], row["quiet_to"]),
    )


async def save(database: Database, person_id: int, change: Change, now: datetime) -> None:
    """Set anew what is given, and nothing else."""
    quiet_from, quiet_to = change.quiet or (None, None)
    await database.execute(
        SQL["save"],
        person_id,
        "capacity" in change.given,
        change.capacity,
        "skills" in change.given,
        None if change.skills is None else list(change.skills),
        "service_hours" in change.given,
        _written(change.service_hours),
        "quiet" in change.given,
        quiet_from,
        quiet_to,
        now,
    )


async def leaves(connection: Any, person_id: int, since: date) -> list[Leave]:
    """Return the leaves that end on ``since`` or later, the first one first."""
    return [Leave(*row) for row in await connection.fetch(SQL["leaves"], person_id, since)]


async def lock_person(connection: Any, person_id: int) -> None:
    """Let nobody else add leaves for that person until this transaction ends."""
    await connection.fetch(SQL["lock_person"], person_id)


async def add_leave(connection: Any, person_id: int, first_day: date, last_day: date, now: datetime) -> Leave:
    """Put a leave on record."""
    return Leave(*await connection.fetchrow(SQL["add_leave"], person_id, first_day, last_day, now))


async def end_leave(database: Database, person_id: int, leave_id: int, today: date) -> bool:
    """End a leave of that person's before ``today``; tell whether there was one that was not over."""
    return await database.fetchrow(SQL["end_leave"], person_id, leave_id, today) is not None


async def claim_leave(connection: Any, today: date, passed_over: Sequence[int]) -> DueLeave | None:
    """Lock and return a leave that has begun by ``today`` and was not applied, or None; not one of ``passed_over``."""
    row = await connection.fetchrow(SQL["claim_leave"], today, list(passed_over))
    return None if row is None else DueLeave(*row)


async def applied(connection: Any, leave_id: int, now: datetime) -> None:
    """Put on record that a leave was acted on."""
    await connection.execute(SQL["applied"], leave_id, now)


async def waiting_for(connection: Any, person_id: int, most: int) -> list[Order]:
    """Lock and return what that person handles and at most ``most`` orders offered to them, in the order of the keys.

    Raises:
        ValueError, KeyError: an order can't be read.
    """
    return [rows.order(row) for row in await connection.fetch(SQL["waiting_for"], person_id, most)]


async def away(database: Database, today: date, knowing: timedelta) -> list[Away]:
    """Return who is on leave and is still asked about orders by somebody who did not know of it.

    Args:
        database: where the leaves are.
        today: the county's day.
        knowing: so long after a leave was acted on everybody knows of it; the system, whose people are read before,
            never asks knowingly.
    """
    return [Away(*row) for row in await database.fetch(SQL["away"], today, knowing)]


async def left(
    connection: Any, leave_id: int, today: date, knowing: timedelta, after: tuple[int, int], most: int
) -> list[Order]:
    """Lock and return at most ``most`` of the orders ``away`` speaks of, of one leave, by keys after ``after``.

    Raises:
        ValueError, KeyError: an order can't be read.
    """
    found = await connection.fetch(SQL["left"], leave_id, today, knowing, *after, most)
    return [rows.order(row) for row in found]
