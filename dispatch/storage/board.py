"""A branch's board, read by the index that keeps what it holds in the order of what was promised."""

from datetime import datetime

from dispatch.storage.database import Database
from dispatch.storage.orders import Dossier, dossier_of
from dispatch.storage.queries import load

SQL = load("board")


async def cards(
    database: Database, branch_id: int, now: datetime, tonight: datetime, most: int
) -> tuple[dict[str, list[Dossier]], int]:
    """Return the first ``most`` orders of each column of a branch's board by the column's name, the first due first.

    And for how many of all its orders the next promise ends after ``now`` and not after ``tonight``.
    """
    found: dict[str, list[Dossier]] = {}
    due_today = 0
    for row in await database.fetch(SQL["cards"], branch_id, now, tonight, most):
        found.setdefault(row["on_column"], []).append(dossier_of(row))
        due_today = row["due_today"]
    return found, due_today


async def mark(database: Database, branch_id: int, now: datetime) -> str:
    """Return a text that is another one whenever anything on a branch's board is, but for what is due today."""
    row = await database.fetchrow(SQL["mark"], branch_id, now)
    return f"{row['orders']}-{row['late']}-{row['versions']}"


async def to_decide(database: Database, branch_id: int, reader: int) -> list[Dossier]:
    """Return the orders on which a branch is to decide and ``reader`` may, as far as is told without the tree.

    All of them, first what must be decided first; it costs what is undecided at that branch, and nothing else.
    """
    return [dossier_of(row) for row in await database.fetch(SQL["to_decide"], branch_id, reader)]
