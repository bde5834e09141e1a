"""Lists of orders in PostgreSQL, newest first: what they are narrowed to, and a ``page`` of them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage.database import Database
from dispatch.storage.orders import SQL, Dossier, dossier_of
from dispatch.storage.rows import ids

BEGINNING = (datetime(9999, 1, 1, tzinfo=UTC), 2**31 - 1, 2**63 - 1)
"""Before the newest order: a page always follows a key, so that its index serves the first page as well."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a list is narrowed to; None means no narrowing.

    ``grids``, where they are few, are the ids of the grids in ``spans`` and ``within``.
    """

    spans: Sequence[tuple[int, int]]
    reader: int | None
    grids: Sequence[int] | None = None
    within: tuple[int, int] | None = None
    states: Sequence[str] | None = None
    category: str | None = None
    assignee: int | None = None
    listed: bool | None = None
    kind: str | None = None
    overdue_at: datetime | None = None
    not_overdue_at: datetime | None = None
    after: tuple[datetime, int, int] = BEGINNING
    limit: int = 50

    @property
    def open_only(self) -> bool:
        """Whether only open orders can be meant: no other has a promise left to be overdue, or is listed."""
        return (
            self.overdue_at is not None
            or self.listed is True
            or (self.states is not None and OPEN_STATES.issuperset(self.states))
        )


async def page(database: Database, wanted: Wanted) -> list[Dossier]:
    """Return at most ``wanted.limit`` orders, newest first."""
    within = wanted.within or (None, None)
    scope: tuple[Any, Any, Any]
    still: tuple[list[bool], ...] = ([True] if wanted.open_only else [True, False],)
    if wanted.assignee is not None and wanted.assignee == wanted.reader:  # theirs wherever it lies
        query, scope = SQL["list_few"], (ids([]), wanted.reader, None)
    elif wanted.grids is not None:
        query, scope = SQL["list_few"], (ids(wanted.grids), wanted.reader, wanted.reader)
    else:
        lows, highs = [span[0] for span in wanted.spans], [span[1] for span in wanted.spans]
        query, scope, still = SQL["list_open" if wanted.open_only else "list"], (lows, highs, wanted.reader), ()
    found = await database.fetch(
        query,
        *scope,
        None if wanted.states is None else list(wanted.states),
        wanted.category,
        wanted.assignee,
        wanted.overdue_at,
        wanted.not_overdue_at,
        *wanted.after,
        *within,
        wanted.limit,
        wanted.listed,
        wanted.kind,
        *still,
    )
    return [dossier_of(row) for row in found]
