"""The ledger read as a whole, order by order in bounded memory, and its anchors written."""

import contextlib
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import Any

import asyncpg
import orjson

from dispatch.domain.examining import Entry, Record, Text
from dispatch.domain.ledger import Anchor
from dispatch.domain.order import Event, Order
from dispatch.storage import rows
from dispatch.storage.database import LONG_S, Database
from dispatch.storage.queries import load

SQL = load("ledger")

BATCH = 2_000
"""How many rows of each table are in memory at once."""

_UNREADABLE = (AttributeError, KeyError, TypeError, ValueError, OverflowError)

_LISTED = ("decider_id", "assisting", "merged_into", "follow_up")
"""The columns that lists look for, which follow from the order's affairs."""

Key = tuple[int, int]


class _Stream:
    """The rows of one query, sorted by (region, order), taken order by order."""

    def __init__(self, cursor: Any, column: str) -> None:
        self._cursor, self._column = cursor, column
        self._rows: list[Any] = []
        self._at = 0

    @classmethod
    async def open(cls, connection: Any, query: str, column: str = "order_id") -> "_Stream":
        return cls(await connection.cursor(query, timeout=LONG_S), column)

    async def key(self) -> Key | None:
        """The key of the next row, or None at the end."""
        if self._at == len(self._rows):
            self._rows, self._at = await self._cursor.fetch(BATCH, timeout=LONG_S), 0
        if not self._rows:
            return None
        row = self._rows[self._at]
        return row["region"], row[self._column]

    async def take(self, key: Key) -> list[Any]:
        """The next rows as far as they have ``key``."""
        taken = []
        while await self.key() == key:
            taken.append(self._rows[self._at])
            self._at += 1
        return taken


@contextlib.asynccontextmanager
async def snapshot(database: Database) -> AsyncIterator[Any]:
    """Give a connection that sees the database as it is at one moment, and changes nothing."""
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        yield connection


async def count_orders(connection: Any) -> int:
    """Return how many orders there are."""
    count: int = await connection.fetchval(SQL["count_orders"], timeout=LONG_S)
    return count


async def records(connection: Any) -> AsyncIterator[Record]:
    """Yield everything there is under each key of the orders, the ledger, the anchors or the photos, by rising key."""
    held = await _Stream.open(connection, SQL["kept_orders"], "id")
    events = await _Stream.open(connection, SQL["kept_events"])
    heads = await _Stream.open(connection, SQL["kept_heads"])
    photos = await _Stream.open(connection, SQL["kept_photos"])
    streams = held, events, heads, photos
    while True:
        keys = [key for key in [await stream.key() for stream in streams] if key is not None]
        if not keys:
            return
        key = min(keys)
        yield _record(key, *[await stream.take(key) for stream in streams])


def _record(key: Key, held: list[Any], events: list[Any], heads: list[Any], photos: list[Any]) -> Record:
    order, due_agrees = _order(held[0]) if held else (None, True)
    return Record(
        region=key[0],
        id=key[1],
        exists=bool(held),
        order=order,
        due_agrees=due_agrees,
        contents=_contents(held[0]) if held else None,
        entries=[_entry(row) for row in events],
        anchored=[(row["version"], row["head"]) for row in heads],
        photos=[(row["version"], row["digest"]) for row in photos],
    )


def _order(row: Any) -> tuple[Order | None, bool]:
    try:
        order = rows.order(row)
        derived = rows.looked_for(order)
        affairs, *listed = rows.set_apart(order)
        as_written = listed == [row[column] for column in _LISTED] and _parsed(row["affairs"]) == _parsed(affairs)
    except _UNREADABLE:
        return None, True
    if not as_written or (row["affairs"] is None) != (affairs is None):  # null in jsonb reads as none at all
        return None, True
    return order, derived == (row["due_clock"], row["due_at"], row["promise_at"])


def _contents(row: Any) -> Text | None:
    if row["salt"] is None:
        return None
    columns = ("text", "contact_name", "contact_phone", "house")
    return Text(row["salt"], {"place": _parsed(row["place"]), **{column: row[column] for column in columns}})


def _entry(row: Any) -> Entry:
    text = None if row["salt"] is None else Text(row["salt"], _parsed(row["body"]))
    return Entry(row["version"], row["hash"], _event(row), text)


def _event(row: Any) -> Event | None:
    try:
        event = rows.event(row)
    except _UNREADABLE:
        return None
    return event if isinstance(event.data, dict) else None  # [] is not {}, though both become an empty mapping


def _parsed(text: str | None) -> Any:
    try:
        return None if text is None else orjson.loads(text)
    except ValueError:  # jsonb holds more than JSON's readers: a tower of brackets, a number of a thousand digits
        return None


async def stray_texts(connection: Any) -> AsyncIterator[tuple[int, int, int | None]]:
    """Yield (region, order, version) of texts without an event; version is None for contents without an order."""
    async for row in connection.cursor(SQL["stray_texts"], prefetch=BATCH, timeout=LONG_S):
        yield row["region"], row["order_id"], row["version"]


async def anchors(connection: Any) -> list[Anchor]:
    """Return every anchor, oldest first within its region."""
    return [_anchor(row) for row in await connection.fetch(SQL["anchors"], timeout=LONG_S)]


async def anchor_heads(connection: Any) -> AsyncIterator[tuple[int, int, int, int, bytes]]:
    """Yield (region, number of the anchor, order, version, head), in the order of their hashing."""
    async for row in connection.cursor(SQL["anchor_heads"], prefetch=BATCH, timeout=LONG_S):
        yield row["region"], row["number"], row["order_id"], row["version"], row["head"]


async def anchored_acts(connection: Any) -> list[tuple[int, int, bytes]]:
    """Return (region, number, hash) of the county's acts that the anchors hold."""
    found = await connection.fetch(SQL["anchored_acts"], timeout=LONG_S)
    return [(row["region"], row["version"], row["head"]) for row in found]


async def codes(connection: Any, regions: Iterable[int]) -> dict[int, str]:
    """Return the codes of regions, as far as they are grids."""
    return {row["id"]: row["code"] for row in await connection.fetch(SQL["codes"], list(regions))}


async def last_anchor(connection: Any, region: int) -> Anchor | None:
    """Return the newest anchor of a region, if any; ``connection`` is a Database or one connection of it."""
    row = await connection.fetchrow(SQL["last_anchor"], region)
    return None if row is None else _anchor(row)


async def moved_heads(
    connection: Any, region: int, since: datetime, through: datetime
) -> AsyncIterator[tuple[int, int, bytes]]:
    """Yield (order, version, head) of the orders that moved until ``through`` and are not anchored, by order id.

    Events from before ``since`` are taken as anchored.
    """
    async for row in connection.cursor(SQL["moved_heads"], region, since, through, prefetch=BATCH, timeout=LONG_S):
        yield row["order_id"], row["version"], row["head"]


async def regions(connection: Any) -> list[int]:
    """Return every region that has anything to anchor: orders, or acts of the county."""
    return [row["region"] for row in await connection.fetch(SQL["regions"])]


async def moved_act(connection: Any, region: int, through: datetime) -> tuple[int, bytes] | None:
    """Return (number, hash) of the county's newest act until ``through``, or None where an anchor holds it already."""
    row = await connection.fetchrow(SQL["moved_act"], region, through, timeout=LONG_S)
    return None if row is None else (row["number"], row["hash"])


async def add_anchor(connection: Any, anchor: Anchor, since: datetime, act: tuple[int, bytes] | None = None) -> bool:
    """Write down an anchor with the heads that ``moved_heads`` gives in this transaction; False if another was first.

    ``act`` is what ``moved_act`` gives in this transaction.

    The transaction must be repeatable read, so that the heads written are the heads hashed.
    """
    row = (anchor.region, anchor.number, anchor.at, anchor.through, anchor.orders, anchor.previous, anchor.hash)
    try:
        async with connection.transaction():
            await connection.execute(SQL["add_anchor"], *row)
            await connection.execute(
                SQL["add_heads"], anchor.region, since, anchor.through, anchor.number, timeout=LONG_S
            )
            if act is not None:
                await connection.execute(SQL["add_act"], anchor.region, anchor.number, *act)
    except asyncpg.UniqueViolationError:
        return False
    return True


def _anchor(row: Any) -> Anchor:
    return Anchor(row["region"], row["number"], row["at"], row["through"], row["orders"], row["previous"], row["hash"])
