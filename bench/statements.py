"""Scripts for pgbench that write the very rows the service writes, taken from what it wrote.

Each script is one statement a step, as the service's own; ids come from ``:base`` and a count of the client's own, so
that no two transactions meet. They name no table's columns by themselves: what the schema becomes, they follow.
"""

import asyncpg

from bench import pgbench

KEPT = frozenset({"region", "id", "kind", "submitted_at", "filed_by", "household_id"})
"""The columns of an order that no action changes."""

APART = 10**6
"""How many ids each of pgbench's clients has to itself."""

NEXT_ID = f"\\set n :n + 1\n\\set id :base + :client_id * {APART} + :n\n"
"""A fresh id; ``n`` is to be -1 and ``base`` to be given at the start."""

FRESH = 10**10
"""Ids from here on are the limit's: the service's own have eight digits."""


async def filing(url: str, order_id: int) -> str:
    """Return one statement that files ``:id`` as that order was filed: the rows of its first events, and its key."""
    where = f"order_id = {order_id}"
    order = await pgbench.insertion(url, "orders", f"id = {order_id}", id=":id")
    contents = await pgbench.insertion(url, "order_contents", where, order_id=":id")
    events = await pgbench.all_rows(url, "events", where, order_id=":id", request_key="NULL")
    letters = await pgbench.all_rows(url, "outbox", where, order_id=":id")
    key = await pgbench.insertion(url, "idempotency", where, order_id=":id", key_hash="sha256(int8send((:id)::bigint))")
    parts = {"contents": contents, "ledger": events, "letters": letters, "keys": key}
    return f"WITH {_named(parts)} {order};\n"


async def saving(url: str, order_id: int, before: int, person: str | None = None) -> str:
    """Return one statement that does to ``:id``, which is at version ``before``, what was last done to that order.

    Args:
        url: where that order is.
        order_id: its id.
        before: its version before the action.
        person: who is served by it, as SQL; None for an action that gives nobody a turn.
    """
    since = f"order_id = {order_id} AND version > {before}"
    row = await pgbench.literals(url, "orders", f"id = {order_id}")
    changed = ", ".join(f"{column} = {value}" for column, value in row.items() if column not in KEPT)
    saved = f"UPDATE orders SET {changed} WHERE region = {row['region']} AND id = :id AND version = {before}"
    parts = {"ledger": await pgbench.all_rows(url, "events", since, order_id=":id", request_key="NULL")}
    for table in ("event_texts", "outbox"):
        if await _some(url, table, since):
            parts[table] = await pgbench.all_rows(url, table, since, order_id=":id")
    if person is not None:
        parts["served"] = (
            f"INSERT INTO turns AS t (person_id, served_at) VALUES ({person}, '2026-01-01Z')"
            " ON CONFLICT (person_id) DO UPDATE SET served_at = greatest(t.served_at, excluded.served_at)"
        )
    return f"WITH {_named(parts)} {saved};\n"


def one_of(ids: list[int]) -> str:
    """Return, as SQL, the person of that client: as many different ones as the service's own load has."""
    return f"(ARRAY[{','.join(map(str, ids))}])[1 + :client_id % {len(ids)}]"


async def multiplied(url: str, region: int, orders: list[int], times: int) -> int:
    """Copy orders, with all that belongs to them, ``times`` times.

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
            values = [f"{base} + n * {len(orders)} + m.place" if c == key else f"t.{c}" for c in columns]
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
