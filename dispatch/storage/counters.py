"""The county's counters: tallies that are kept as orders change, and what has changed since they were last folded."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import asyncpg

from dispatch.domain.vocabulary import State, Urgency
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("counters")

DAYS_KEPT = timedelta(days=8)
"""For how many days before today it stays known how many orders were filed and have ended."""

STATES = (State.RECEIVED, State.ROUTED, State.OFFERED, State.ACCEPTED, State.PARKED)
LEVELS = 5
"""How many levels are told apart: none, one, two, three, and four or more."""


@dataclass(frozen=True, slots=True)
class Counted:
    """How many open orders there are of what, and how many of any were filed and have ended on the day.

    ``levels`` counts by how often they have risen, the last entry ``LEVELS`` - 1 times or more. For what a branch holds
    the days are not counted.
    """

    states: dict[State, int]
    urgencies: dict[Urgency, int]
    levels: tuple[int, ...]
    listed: int
    overdue: int
    filed: int | None
    ended: int | None

    @property
    def open(self) -> int:
        """How many are open."""
        return sum(self.states.values())


NOTHING = Counted(dict.fromkeys(STATES, 0), dict.fromkeys(Urgency, 0), (0,) * LEVELS, 0, 0, 0, 0)
"""Of where nothing was ever counted."""


async def fold(database: Database, now: datetime, today: date) -> int:
    """Put what has changed since the last time into the tallies; return in how many regions.

    Any number of processes may do this at once: a region that another one is folding is left to it. What a killed one
    has not committed is folded by the next. While the tree changes nothing is folded.
    """
    try:
        await database.execute(SQL["begin_marks"])  # at once: no other is to wait for a region's first fold
        async with database.transaction() as connection:
            await connection.execute(SQL["give_way"])
            return await _folded(connection, now, today - DAYS_KEPT)
    except asyncpg.LockNotAvailableError:
        return 0


async def begin(connection: Any) -> None:
    """Fold all there is for the first time, within a transaction in which nobody else writes orders.

    It needs no clock: what is missed after the newest filing is found by its index, and no day is forgotten.
    """
    newest = await connection.fetchval(SQL["newest"])
    if newest is not None:
        await connection.execute(SQL["begin_marks"])
        await _folded(connection, newest, date.min)


async def _folded(connection: Any, now: datetime, since: date) -> int:
    # a statement of its own: the next one must see what whoever held these before has committed
    claimed = await connection.fetch(SQL["claim_marks"])
    if claimed:
        regions = [row["region"] for row in claimed]
        await connection.execute(SQL["fold"], regions, now, since, timeout=LONG_S)
    moved = [row["region"] for row in claimed if not row["rolled"]]
    if moved:
        await connection.execute(SQL["unroll"], moved, timeout=LONG_S)
        await connection.execute(SQL["roll_up"], moved, timeout=LONG_S)
    return len(claimed)


async def by_grid(database: Database, grid_id: int, now: datetime, today: date, *, below: bool) -> dict[int, Counted]:
    """Return the figures of a grid with all below it and, if asked, the same of each grid right below it, by id.

    Where nothing was ever counted there is no entry.
    """
    rows = await database.fetch(SQL["by_grid"], grid_id, now, today, below)
    return {row["place"]: _counted(row, row["filed"], row["ended"]) for row in rows}


async def by_branch(database: Database, branches: Sequence[int], now: datetime) -> dict[int, Counted]:
    """Return the figures of what each of these branches holds; one that never held anything has no entry."""
    rows = await database.fetch(SQL["by_branch"], list(branches), now)
    return {row["place"]: _counted(row, None, None) for row in rows}


def _counted(row: Any, filed: int | None, ended: int | None) -> Counted:
    return Counted(
        states={state: row[state.value] for state in STATES},
        urgencies={urgency: row[urgency.value] for urgency in Urgency},
        levels=tuple(row[f"level_{level}"] for level in range(LEVELS)),
        listed=row["listed"],
        overdue=row["overdue"],
        filed=filed,
        ended=ended,
    )
