"""Scripts for pgbench that write the very rows the service writes, taken from what it wrote.

Each script is one statement a step, as the service's own; ids come from ``:base`` and a count of the client's own, so
that no two transactions meet. They name no table's columns by themselves: what the schema becomes, they follow.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self

import asyncpg

from bench import pgbench

KEPT = frozenset(
    {"region", "id", "kind", "submitted_at", "filed_by", "household_id"}
    | {"category", "urgency", "grid_id", "branch_id", "supervisor_id", "level"}
)
"""The columns of an order that no action measured here changes."""

APART = 10**6
"""How many ids each of pgbench's clients has to itself."""

NEXT_ID = f"\\set n :n + 1\n\\set id :base + :client_id * {APART} + :n\n"
"""A fresh id; ``n`` is to be -1 and ``base`` to be given at the start."""

ROUND = APART * 1000
"""How many each round of the limit has to itself."""

FRESH = 10**10
"""Ids from here on are the limit's: the service's own have eight digits."""


LATER = "timestamptz '2100-01-01'"
"""When the limit's notices leave: the same rows, but the scheduler is not to be kept busy by what the limit wrote."""

_GRID, _BRANCH, _ABOVE, _PERSON = range(4)
_OWN = {
    "grid_id": _GRID,
    "branch_id": _BRANCH,
    "supervisor_id": _ABOVE,
    "assignee_id": _PERSON,
    "actor_id": _PERSON,
    "person_id": _PERSON,
    "offered": _PERSON,
    "tried": _PERSON,
}
"""Columns in which each order of the service's own load has something of its own."""


@dataclass(frozen=True, slots=True)
class Places:
    """Where the limit's clients work, as the service's do: for each a grid, its branch, the one above, and a person.

    The first is where the order that is written after was; clients past the last begin anew.
    """

    each: tuple[tuple[int | None, ...], ...]

    @classmethod
    async def of(cls, url: str, orders: list[int]) -> Self:
        """Return the places of these orders."""
        connection = await asyncpg.connect(url)
        try:
            rows = await connection.fetch(
                "SELECT o.grid_id, o.branch_id, o.supervisor_id, coalesce(o.assignee_id, o.offered[1])"
                " FROM unnest($1::bigint[]) WITH ORDINALITY AS k (id, at) JOIN orders AS o USING (id) ORDER BY at",
                orders,
            )
        finally:
            await connection.close()
        return cls(tuple(tuple(row) for row in rows))

    def own(self, row: Mapping[str, str]) -> dict[str, str]:
        """Return, as SQL, those columns of a row that are the client's own, where the row has the first place's."""
        return {
            column: told
            for column, kind in _OWN.items()
            if column in row and (told := self._told(row[column], kind)) is not None
        }

    def _told(self, value: str, kind: int) -> str | None:
        first = self.each[0][kind]
        if first is None or value not in (f"'{first}'", f"'{{{first}}}'"):
            return None
        own = one_of([place[kind] for place in self.each])
        return f"ARRAY[{own}]" if value.startswith("'{") else own


async def filing(url: str, order_id: int, places: Places) -> str:
    """Return one statement that files ``:id`` as that order was filed: the rows of its first events, and its key."""
    where = f"order_id = {order_id}"
    order = await pgbench.insertion(url, "orders", f"id = {order_id}", places.own, id=":id")
    contents = await pgbench.insertion(url, "order_contents", where, order_id=":id")
    events = await pgbench.all_rows(url, "events", where, places.own, order_id=":id", request_key="NULL")
    letters = await pgbench.all_rows(url, "outbox", where, places.own, **_LETTER)
    key = await pgbench.insertion(url, "idempotency", where, order_id=":id", key_hash="sha256(int8send((:id)::bigint))")
    parts = {"contents": contents, "ledger": events, "letters": letters, "keys": key}
    return f"WITH {_named(parts)} {order};\n"


async def saving(url: str, order_id: int, before: int, places: Places, *, served: bool = False) -> str:
    """Return one statement that does to ``:id``, which is at version ``before``, what was last done to that order.

    Args:
        url: where that order is.
        order_id: its id.
        before: its version before the action.
        places: where each client's orders are.
        served: whether the action gives somebody a turn.
    """
    since = f"order_id = {order_id} AND version > {before}"
    row = await pgbench.literals(url, "orders", f"id = {order_id}")
    row |= places.own(row)
    changed = ", ".join(f"{column} = {value}" for column, value in row.items() if column not in KEPT)
    saved = f"UPDATE orders SET {changed} WHERE region = {row['region']} AND id = :id AND version = {before}"
    parts = {"ledger": await pgbench.all_rows(url, "events", since, places.own, order_id=":id", request_key="NULL")}
    if await _some(url, "event_texts", since):
        parts["texts"] = await pgbench.all_rows(url, "event_texts", since, order_id=":id")
    if await _some(url, "outbox", since):
        parts["letters"] = await pgbench.all_rows(url, "outbox", since, places.own, **_LETTER)
    if served:
        person = one_of([place[_PERSON] for place in places.each])
        parts["served"] = (
            f"INSERT INTO turns AS t (person_id, served_at) VALUES ({person}, '2026-01-01Z')"
            " ON CONFLICT (person_id) DO UPDATE SET served_at = greatest(t.served_at, excluded.served_at)"
        )
    return f"WITH {_named(parts)} {saved};\n"


_LETTER = {"order_id": ":id", "send_at": LATER, "sent_at": "NULL"}


def one_of(ids: Sequence[int | None]) -> str:
    """Return, as SQL, what is that client's own: as many different ones as the service's own load has."""
    listed = ",".join("NULL" if one is None else str(one) for one in ids)
    return f"(ARRAY[{listed}]::int[])[1 + :client_id % {len(ids)}]"


async def multiplied(url: str, region: int, orders: list[int], times: int) -> int:
    """Copy orders, with all that belongs to them, ``times`` times; their notices have left already.

    Returns:
        ``base``: copy ``n`` of the order at ``place`` in the list is ``base + n * len(orders) + place``.
    """
    connection = await asyncpg.connect(url)
    try:
        base = await connection.fetchval(
            "UPDATE serials SET next = next + $2 WHERE region = $1 RETURNING next - $2", region, len(orders) * times
        )
        await connection.execute("CREATE TEMP TABLE model (id bigint PRIMARY KEY, place int)")
        await connection.copy_records_to_table("model", records=[(id_, at) for at, id_ in enumerate(orders)])
        for table, key in (("orders", "id"), ("order_contents", "order_id"), ("events", "order_id"),
                           ("event_texts", "order_id"), ("outbox", "order_id")):  # fmt: skip
            columns = [row[0] for row in await connection.fetch(_COLUMNS, table)]
            other = {key: f"{base} + n * {len(orders)} + m.place", "sent_at": "coalesce(t.sent_at, now())"}
            values = [other.get(column, f"t.{column}") for column in columns]
            await connection.execute(
                f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(values)}"
                f" FROM generate_series(0, {times - 1}) AS n, {table} AS t"
                f" JOIN model AS m ON m.id = t.{key} AND t.region = {region}",
                timeout=3600,
            )
        await connection.execute("ANALYZE orders, order_contents, events, event_texts, outbox", timeout=3600)
        return int(base)
    finally:
        await connection.close()


_COLUMNS = (
    "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped"
    " AND attgenerated = '' ORDER BY attnum"
)


def _named(parts: dict[str, str]) -> str:
    return ", ".join(f"{name} AS ({statement})" for name, statement in parts.items())


async def _some(url: str, table: str, where: str) -> bool:
    connection = await asyncpg.connect(url)
    try:
        return bool(await connection.fetchval(f"SELECT EXISTS (SELECT FROM {table} WHERE {where})"))
    finally:
        await connection.close()
