"""The county's own ledger: acts written inside whoever's transaction, one chain a region, and read whole."""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Any

import orjson

from dispatch.domain.county_acts import Act, Entry, Subject, act_hash
from dispatch.domain.ledger import GENESIS
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("county_acts")

BATCH = 2_000
"""How many acts are in memory at once while all are read."""

NEWEST = (datetime(9999, 1, 1, tzinfo=UTC), 2**31 - 1, 2**31 - 1)
"""Before the newest act: a page always follows a key."""

_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, OverflowError)


async def record(connection: Any, entry: Entry) -> None:
    """Write ``entry`` down in the ledger of its grid's region; it stands or falls with the caller's transaction.

    Writers of one region wait for each other until they commit, so this is best the last statement of a transaction.
    The transaction must be read committed, as transactions are by default.

    Args:
        connection: one connection, inside a transaction.
        entry: what was decided; its data may hold whatever JSON can, and times.

    Raises:
        LookupError: there is no such grid.
        ValueError: a number in its data is infinite or not a number.
    """
    region = await connection.fetchval(SQL["region"], entry.grid_id)
    if region is None:
        raise LookupError(f"no grid has the id {entry.grid_id}")
    text = orjson.dumps(dict(entry.data)).decode()
    # hashed as it will be read again: times have become texts by then
    kept = Entry(entry.at, entry.actor_id, Subject(entry.subject), entry.grid_id, orjson.loads(text))
    await connection.execute(SQL["lock"], region)
    newest = await connection.fetchrow(SQL["newest"], region)
    number, previous = (1, GENESIS) if newest is None else (newest["number"] + 1, bytes(newest["hash"]))
    made = act_hash(previous, region, number, kept)
    await connection.execute(
        SQL["add"], region, number, kept.at, kept.actor_id, kept.subject.value, kept.grid_id, text, made
    )


async def acts(connection: Any) -> AsyncIterator[Act]:
    """Yield every act, by region and number; ``connection`` must be inside a transaction."""
    async for row in connection.cursor(SQL["acts"], prefetch=BATCH, timeout=LONG_S):
        yield _act(row)


async def page(
    database: Database, spans: Sequence[tuple[int, int]], after: tuple[datetime, int, int], most: int
) -> list[tuple[Act, str | None]]:
    """Return at most ``most`` acts, newest first, each with the code of who acted.

    Args:
        database: where the ledger is.
        spans: intervals of the tree; an act is meant where it holds for something in one of them.
        after: (time, region, number) of the act before the page, or ``NEWEST``.
        most: the length of the page.
    """
    found = await database.fetch(SQL["page"], [lo for lo, _ in spans], [hi for _, hi in spans], *after, most)
    return [(_act(row), row["actor"]) for row in found]


async def latest(database: Database, subject: Subject) -> datetime | None:
    """Return when the newest act about ``subject`` was, in whichever region; None where there is none."""
    row = await database.fetchrow(SQL["latest"], subject.value)
    return None if row is None else row["at"]


def _act(row: Any) -> Act:
    return Act(row["region"], row["number"], _entry(row), bytes(row["hash"]))


def _entry(row: Any) -> Entry | None:
    try:
        data = orjson.loads(row["data"])
        subject = Subject(row["subject"])
    except _UNREADABLE:  # jsonb holds more than JSON's readers, and a subject may have been written by hand
        return None
    return Entry(row["at"], row["actor_id"], subject, row["grid_id"], data) if isinstance(data, dict) else None
