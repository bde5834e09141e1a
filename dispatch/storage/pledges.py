"""Published pledges in PostgreSQL."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from dispatch.domain.order import Order
from dispatch.domain.vocabulary import State
from dispatch.storage import rows
from dispatch.storage.database import Database
from dispatch.storage.queries import load

SQL = load("pledges")


@dataclass(frozen=True, slots=True)
class Published:
    """A pledge with its text, None when erased, whose it is, and since when it is published."""

    order: Order
    text: str | None
    code: str | None
    name: str | None
    published_at: datetime | None


async def page(
    database: Database,
    within: tuple[int, int] | None,
    branch_id: int | None,
    states: Iterable[State],
    after: tuple[datetime, int, int],
    most: int,
) -> list[Published]:
    """Return at most ``most`` pledges in these states, newest first, after a key.

    Args:
        database: where they are.
        within: the interval of the tree they must lie in, or None.
        branch_id: the branch that must hold them, or None.
        states: those of published ones.
        after: (time, region, id) of the pledge before the page.
        most: the length of the page.
    """
    low, high = (None, None) if within is None else within
    names = [state.value for state in states]
    found = await database.fetch(SQL["page"], low, high, branch_id, names, *after, most)
    return [
        Published(rows.order(row), row["text"], row["person_code"], row["person_name"], row["published_at"])
        for row in found
    ]
