"""Orders in PostgreSQL: ``add``, ``find``, ``save``; one statement each."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.order import Event, Order, Outcome
from dispatch.domain.photos import Photo, PhotoKind
from dispatch.storage import rows
from dispatch.storage.coalesce import Held
from dispatch.storage.database import RETRY_AFTER_S, Database
from dispatch.storage.queries import load
from dispatch.storage.rows import Known

SQL = load("orders")


@dataclass(frozen=True, slots=True)
class Contents:
    """What the resident told us; all of it personal, and erasable."""

    salt: bytes
    text: str
    place: str
    contact_name: str | None
    contact_phone: str | None
    house: str | None


@dataclass(frozen=True, slots=True)
class Dossier:
    """An order as it is found: with its contents, None when these were erased.

    ``assignee`` is the code of whom it is offered to or who handles it; ``answer`` is the newest, and not in lists.
    ``answered`` is the request key that acted on it before under the key asked for: (key digest, body digest) as one.
    ``photos`` are in the order they came, and not in lists.
    """

    order: Order
    text: str | None
    place: str | None
    contact_name: str | None
    contact_phone: str | None
    house: str | None
    assignee: str | None = None
    answer: str | None = None
    answered: bytes | None = None
    photos: tuple[Photo, ...] = ()


@dataclass(frozen=True, slots=True)
class Added:
    """A new order on its way into storage; ``key`` is (key digest, body digest) of its Idempotency-Key."""

    outcome: Outcome
    contents: Contents
    key: tuple[bytes, bytes] | None
    now: datetime
    send_at: datetime


@dataclass(frozen=True, slots=True)
class Saved:
    """A changed order on its way into storage; ``expected`` is the version it was decided on."""

    outcome: Outcome
    expected: int
    now: datetime
    send_at: datetime


def key_of(item: Added | Saved) -> tuple[int, int]:
    """Return the key of the order."""
    return item.outcome.order.region, item.outcome.order.id


async def reserve_serials(database: Database, region: int, count: int) -> int:
    """Return the first of ``count`` serial numbers of ``region`` that nobody else will use."""
    row = await database.fetchrow(SQL["reserve_serials"], region, count)
    first: int = row[0]
    return first


async def add(database: Database, batch: Sequence[Added]) -> list[int | Exception]:
    """File a batch of new orders in one statement.

    Returns, for each, the id it is filed under: its own, or that of the order the same request key filed before;
    ``KeyReused`` where that key came with another body.
    """
    new = [item.outcome.order for item in batch]
    keyed = sorted(  # in one order everywhere, so that two batches with the same keys don't wait for each other
        (item.outcome.order.region, item.key[0], item.key[1], item.outcome.order.id, item.now)
        for item in batch
        if item.key is not None
    )
    contents = [
        (
            item.outcome.order.region,
            item.outcome.order.id,
            item.contents.salt,
            item.contents.text,
            item.contents.place,
            item.contents.contact_name,
            item.contents.contact_phone,
            item.contents.house,
        )
        for item in batch
    ]
    added = await database.fetch(
        SQL["add"],
        [rows.order_row(order) for order in new],
        contents,
        [rows.event_row(event) for item in batch for event in item.outcome.events],
        [row for item in batch for row in _letters(item)],
        keyed,
    )
    filed = {(row[0], row[1]) for row in added}
    if len(filed) == len(batch):
        return [order.id for order in new]
    missing = [item for item in batch if key_of(item) not in filed]
    try:
        before = await _filed_before(database, missing)
    except Exception as error:  # noqa: BLE001 - it is told to those who wait for this; the others are filed by now
        before = dict.fromkeys(((item.outcome.order.region, _key(item)[0]) for item in missing), error)
    return [item.outcome.order.id if key_of(item) in filed else _same(before, item) for item in batch]


def _key(item: Added) -> tuple[bytes, bytes]:
    if item.key is None:
        raise RuntimeError("an order without a request key was not filed")
    return item.key


async def _filed_before(
    database: Database, missing: Sequence[Added]
) -> dict[tuple[int, bytes], tuple[bytes, int] | Exception]:
    found = await database.fetch(
        SQL["filed_before"], [item.outcome.order.region for item in missing], [_key(item)[0] for item in missing]
    )
    return {(row["region"], row["key_hash"]): (row["body_hash"], row["order_id"]) for row in found}


def _same(before: Mapping[tuple[int, bytes], tuple[bytes, int] | Exception], item: Added) -> int | Exception:
    key, body = _key(item)
    found = before.get((item.outcome.order.region, key))
    if found is None:  # the request key was forgotten between the two statements: it files anew when it comes again
        return errors.Unavailable(seconds=RETRY_AFTER_S)
    if isinstance(found, Exception):
        return found
    return found[1] if found[0] == body else errors.KeyReused()


async def filed_under(database: Database, key_hash: bytes, body_hash: bytes) -> tuple[int, int] | None:
    """Return the key of the order that this request filed before, in whatever region, or None."""
    row = await database.fetchrow(SQL["filed_under"], key_hash, body_hash)
    return None if row is None else (row["region"], row["order_id"])


def _letters(item: Added | Saved) -> list[tuple[Any, ...]]:
    return rows.notice_rows(item.outcome.order, item.outcome.notices, item.now, item.send_at)


async def find(database: Database, region: int, order_id: int, request_key: bytes | None = None) -> Dossier:
    """Return the order with that key, or raise OrderNotFound."""
    (found,) = await find_each(database, [(region, order_id, request_key)])
    if isinstance(found, Exception):
        raise found
    return found


async def find_each(
    database: Database, batch: Sequence[tuple[int, int, bytes | None]]
) -> list[Dossier | errors.OrderNotFound]:
    """Return the order with each (region, id, request key) or its refusal, in one statement."""
    found: list[Dossier | errors.OrderNotFound | None] = [None] * len(batch)
    for row in await database.fetch(SQL["find"], *map(list, zip(*batch, strict=True))):
        found[row["asked"] - 1] = dossier_of(row, row["answered"], row["photos"] or ())
    return [one or errors.OrderNotFound() for one in found]


async def exists(database: Database, region: int, order_id: int) -> bool:
    """Tell whether there is an order with that key."""
    return await database.fetchrow(SQL["exists"], region, order_id) is not None


def dossier_of(row: Any, answered: bytes | None = None, photos: Sequence[str] = ()) -> Dossier:
    """Return the order in a row of ``orders`` with its contents, its assignee's code and its newest answer."""
    return Dossier(
        rows.order(row),
        row["text"],
        row["place"],
        row["contact_name"],
        row["contact_phone"],
        row["house"],
        row["assignee_code"],
        None if row["answer"] is None else json.loads(row["answer"]),
        answered,
        tuple(Photo(one, PhotoKind(kind)) for one, kind in (photo.split() for photo in photos)),
    )


async def save(connection: Any, batch: Sequence[Saved]) -> set[tuple[int, int]]:
    """Save a batch of decided orders in one statement; return the keys of those whose version had not moved on.

    One that somebody else has locked is waited for. ``connection`` is a Database or one connection of it.
    """
    return {(row[0], row[1]) for row in await _saved(connection, sorted(batch, key=key_of), None, None)}


async def save_free(database: Database, batch: Sequence[Saved]) -> list[bool | Held]:
    """Save decided orders in one statement that waits for nobody's lock on an order, no order twice.

    Returns, for each, whether its version had not moved on; ``Held`` where somebody else has it locked, or where it is
    not there: nothing is known of it then.
    """
    in_order = sorted(batch, key=key_of)
    keys = [key_of(item) for item in in_order]
    found = await _saved(database, in_order, [region for region, _ in keys], [order_id for _, order_id in keys])
    saved = {(row[0], row[1]) for row in found if row[2]}
    free = {(row[0], row[1]) for row in found if not row[2]}
    return [key_of(item) in saved if key_of(item) in free else Held() for item in batch]


async def save_waiting(database: Database, item: Saved) -> bool:
    """Save one decided order, once nobody else has it locked; tell whether its version had not moved on."""
    return bool(await save(database, [item]))


async def _saved(
    connection: Any, in_order: Sequence[Saved], regions: list[int] | None, order_ids: list[int] | None
) -> list[Any]:
    events = [event for item in in_order for event in item.outcome.events]
    found: list[Any] = await connection.fetch(
        SQL["save"],
        [rows.order_row(item.outcome.order) for item in in_order],
        [item.expected for item in in_order],
        [rows.event_row(event) for event in events],
        [rows.text_row(event) for event in events if event.texts],
        [row for item in in_order for row in _letters(item)],
        regions,
        order_ids,
    )
    return found


async def regions(database: Database) -> list[int]:
    """Return every region that has orders."""
    return [row[0] for row in await database.fetch(SQL["regions"])]


async def events(database: Database, region: int, order_id: int) -> list[tuple[Event, Known | None, Known | None]]:
    """Return the events of an order, oldest first, as (Event, who acted, to whom it went)."""
    found = await database.fetch(SQL["events"], region, order_id)
    return [(rows.event(row), rows.known(row, "actor"), rows.known(row, "assignee")) for row in found]
