"""A branch's board, read by the index that keeps what it holds in the order of what was promised."""

from datetime import datetime

from dispatch.storage.database import Database
from dispatch.storage.orders import Dossier, dossier_of
from dispatch.storage.queries import load

SQL = load("board")


async def cards(
    database: Database, branch_id: int, now: datetime, tonight: datetime, most: int
) -> dict[str, list[Dossier]]:
    """Return the first ``most`` orders of each column of a branch's board by the column's name, the first due first."""
    found: dict[str, list[Dossier]] = {}
    for row in await database.fetch(SQL["cards"], branch_id, now, tonight, most):
        found.setdefault(row["on_column"], []).append(dossier_of(row))
    return found


async def due_between(database: Database, branch_id: int, now: datetime, tonight: datetime) -> int:
    """Return for how many of a branch's orders the next promise ends after ``now`` and not after ``tonight``."""
    return int((await database.fetchrow(SQL["due_between"], branch_id, now, tonight))[0])


async def to_decide(database: Database, branch_id: int, reader: int) -> list[Dossier]:
    """Return the orders on which a branch is to decide and ``reader`` may, as far as is told without the tree.

    All of them, first what must be decided first; it costs what is undecided at that branch, and nothing else.
    """
    return [dossier_of(row) for row in await database.fetch(SQL["to_decide"], branch_id, reader)]
