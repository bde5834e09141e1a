"""Emergencies in PostgreSQL: declared, begun, ended and restored, each step once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

import asyncpg

from dispatch.domain.emergency import Emergency
from dispatch.domain.homing import Served
from dispatch.domain.order import Grant
from dispatch.domain.vocabulary import Role
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("emergencies")

PATIENCE_MS = 3_000
"""The longest a walk waits for an order that somebody else has locked, in milliseconds."""


class Over(NamedTuple):
    """An emergency that was restored: its grid, whether it had ``begun``, and whether its rules ever ``held``."""

    grid_id: int
    begun: bool
    held: bool


class Concerned(NamedTuple):
    """An order that an emergency has to do with; ``aside`` is one that failed and is left alone for a while."""

    region: int
    id: int
    aside: bool


class LockedError(RuntimeError):
    """Somebody else has locked an order for longer than a walk waits."""


@dataclass(frozen=True, slots=True)
class Clash:
    """An emergency that stands in the way of another."""

    id: int
    grid: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class Declared:
    """An emergency on its way into storage."""

    region: int
    grid_id: int
    starts_at: datetime
    ends_at: datetime
    reason: str
    declared_at: datetime
    declared_by: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An emergency as it is on record, locked."""

    id: int
    region: int
    grid_id: int
    starts_at: datetime
    ends_at: datetime
    declared_by: int
    restored_at: datetime | None


async def known(connection: Any) -> tuple[Emergency, ...]:
    """Return every emergency there ever was, the newest first; ``connection`` may be a Database."""
    return tuple(Emergency(*row) for row in await connection.fetch(SQL["all"]))


async def lock(connection: Any) -> None:
    """Wait until nobody else declares, extends or ends an emergency, and keep others waiting until the commit."""
    await connection.execute(SQL["lock"])


async def clash(
    connection: Any, interval: tuple[int, int], starts_at: datetime, ends_at: datetime, besides: int | None
) -> Clash | None:
    """Return an emergency of a nested subtree at the same time, other than ``besides``, or None."""
    row = await connection.fetchrow(SQL["clashing"], *interval, starts_at, ends_at, besides)
    return None if row is None else Clash(*row)


async def add(connection: Any, new: Declared) -> int:
    """Put a new emergency on record, and return its id."""
    row = (new.region, new.grid_id, new.starts_at, new.ends_at, new.reason, new.declared_at, new.declared_by)
    added: int = await connection.fetchval(SQL["add"], *row)
    return added


async def add_branches(connection: Any, emergency: int, branches: Sequence[tuple[str, str, int]]) -> dict[str, int]:
    """Make temporary branches (code, name, grid), not active yet; return their ids by code."""
    columns = [[one[at] for one in branches] for at in range(3)]
    return dict(await connection.fetch(SQL["add_branches"], emergency, *columns))


async def add_members(connection: Any, emergency: int, members: Sequence[tuple[int, Role, int]]) -> None:
    """Put on record who serves while the emergency holds: (person, role, branch)."""
    people = [person for person, _, _ in members]
    roles, branches = [role.value for _, role, _ in members], [branch for _, _, branch in members]
    await connection.execute(SQL["add_members"], emergency, people, roles, branches)


async def people(connection: Any, codes: Iterable[str]) -> dict[str, int]:
    """Return the ids of those of the codes who may serve."""
    return dict(await connection.fetch(SQL["people"], sorted(set(codes))))


async def under_way(database: Database, now: datetime) -> list[tuple[int, str]]:
    """Return every emergency with a step to be taken, and which: 'begin', 'restore' or 'home'."""
    return [(row["id"], row["step"]) for row in await database.fetch(SQL["under_way"], now)]


async def find(connection: Any, emergency: int) -> Kept | None:
    """Lock and return an emergency."""
    row = await connection.fetchrow(SQL["find"], emergency)
    return None if row is None else Kept(**{name: row[name] for name in Kept.__slots__})


async def begin(connection: Any, emergency: int, now: datetime, today: date) -> int | None:
    """Begin an emergency: its branches are active, its members have their roles; return its grid.

    None where another was first, or its time has not come.
    """
    grid: int | None = await connection.fetchval(SQL["begin"], emergency, now, today)
    return grid


async def restore(connection: Any, emergency: int, now: datetime) -> Over | None:
    """Take back what was made for an emergency that is over.

    None where another was first, or it is not over.
    """
    row = await connection.fetchrow(SQL["restore"], emergency, now)
    return None if row is None else Over(row["grid_id"], row["begun"], row["held"])


async def end_at(connection: Any, emergency: int, at: datetime, by: int | None) -> None:
    """Let an emergency end at another time; ``by`` is who ended it before its time."""
    await connection.execute(SQL["end_at"], emergency, at, by)


async def walked(connection: Any, emergency: int, before: int, now: datetime) -> None:
    """Put on record that its orders were looked through once more, after ``before`` times, and none is left behind."""
    await connection.execute(SQL["walked"], emergency, before, now)


async def again(connection: Any, emergency: int, before: int, at: datetime) -> None:
    """Have its orders looked through again from ``at`` on: some are left behind."""
    await connection.execute(SQL["again"], emergency, before, at)


async def walks(connection: Any, emergency: int) -> int | None:
    """Return how often its orders were looked through; None where it is not restored."""
    row = await connection.fetchrow(SQL["walks"], emergency)
    return None if row is None else int(row["homed"])


async def made(connection: Any, emergency: int) -> frozenset[int]:
    """Return the temporary branches of an emergency."""
    return frozenset(row["id"] for row in await connection.fetch(SQL["made"], emergency))


async def served(connection: Any, emergency: int, today: date) -> dict[int, Served]:
    """Return everybody who was to serve through an emergency, with those roles and the ones they hold without it."""
    through, keep = defaultdict[int, list[Grant]](list), defaultdict[int, list[Grant]](list)
    for row in await connection.fetch(SQL["served"], emergency, today):
        grant = Grant(Role(row["role"]), row["grid_id"], row["branch_id"])
        (through if row["through"] else keep)[row["person_id"]].append(grant)
    return {person: Served(tuple(grants), tuple(keep[person])) for person, grants in through.items()}


async def held(database: Database, branches: Iterable[int], members: Iterable[int], now: datetime) -> list[Concerned]:
    """Return all orders not settled that these branches or people have to do with, in the order of their keys."""
    found = await database.fetch(SQL["held"], sorted(branches), sorted(members), now, timeout=LONG_S)
    return [Concerned(*row) for row in found]


async def take(connection: Any, orders: Sequence[Concerned], *, wait: bool) -> list[Any]:
    """Lock and return orders as rows, inside a transaction; without ``wait`` only those that nobody has locked.

    Raises:
        LockedError: waiting was in vain for one of them.
    """
    keys = [one.region for one in orders], [one.id for one in orders]
    if not wait:
        found: list[Any] = await connection.fetch(SQL["take_free"], *keys)
        return found
    await connection.execute(SQL["patience"], f"{PATIENCE_MS}ms")
    try:
        found = await connection.fetch(SQL["take"], *keys)
    except asyncpg.LockNotAvailableError as locked:
        raise LockedError from locked
    return found


async def listed(
    database: Database,
    spans: Sequence[tuple[int, int]],
    running_at: datetime | None,
    most: int,
    only: int | None = None,
) -> list[dict[str, Any]]:
    """Return emergencies at, above or below these intervals of the tree, the newest first, with all that was made."""
    lows, highs = [lo for lo, _ in spans], [hi for _, hi in spans]
    return [dict(row) for row in await database.fetch(SQL["list"], lows, highs, running_at, most, only)]
