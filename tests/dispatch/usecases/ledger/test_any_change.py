"""Whatever one thing is changed on the ledger is found, and nothing is where nothing was."""
# ruff: noqa: S608 - the tables and columns tampered with are named right here

import asyncpg
import orjson
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from dispatch.domain.ledger import digest
from dispatch.domain.retelling import retell
from dispatch.usecases.ledger import verify

ON_DATABASE = settings(suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture])


@ON_DATABASE
@given(seed=st.integers(0, 10**9))
async def test_a_ledger_nobody_touched_has_nothing_wrong_with_it(database, seed, past):
    histories = await past.build(database, seed)
    verification = await verify(database)
    assert verification.findings == []
    summary = verification.summary
    assert (summary.orders, summary.events) == (len(histories), sum(map(len, histories.values())))
    assert (summary.erased, summary.faults) == (0, 0)
    assert summary.last[past.CODE].number == summary.anchors


VARIANTS = {
    "integer": ("{c} + 1", "-{c} - 7", "NULL", "42"),
    "bigint": ("{c} + 1", "-{c} - 7", "NULL", "42"),
    "smallint": ("{c} + 1", "{c} - 1"),
    "boolean": ("NOT {c}",),
    "text": ("{c} || 'x'", "NULL", "''", "'closed'", "'general'", "'x'"),
    "bytea": ("set_byte({c}, 0, get_byte({c}, 0) # 1)", r"{c} || '\x00'", "NULL", r"'\x07'", r"'\x'"),
    "jsonb": ("""'{{"x": 1}}'::jsonb || {c}""", "'[]'", "'null'", "'7'", "'1e400'", """'{{"accept": "today"}}'"""),
    "integer[]": ("{c} || 7", "'{{}}'", "'{{NULL}}'"),
    "timestamp with time zone": (
        "{c} + interval '1 microsecond'", "{c} - interval '1 day'", "NULL", "'infinity'", "'-infinity'",
        "'0044-03-15 BC'", "'2026-03-02T02:00:00Z'",
    ),
}  # fmt: skip


async def candidates(database, histories, table):
    """The columns of a table that the ledger vouches for, for each of its rows."""
    columns = await database.fetch(
        "SELECT attname, format_type(atttypid, NULL) AS kind, attnotnull FROM pg_attribute"
        " WHERE attrelid = $1::regclass AND attnum > 0",
        table,
    )
    rows = await database.fetch(f"SELECT ctid::text AS place, * FROM {table} ORDER BY ctid")
    for row in rows:
        told = None
        if table == "orders":
            told = {*retell(histories[row["id"]]), "region", "id", "clocks", "due_clock", "due_at", "promise_at"}
            told |= {"decider_id", "assisting", "merged_into", "follow_up"}
        for column in columns:
            if told is None or column["attname"] in told:
                for variant in VARIANTS[column["kind"]]:
                    if not (column["attnotnull"] and variant == "NULL"):
                        yield row, column["attname"], variant.format(c=column["attname"])


@settings(ON_DATABASE, max_examples=100)
@given(
    seed=st.integers(0, 10**9),
    table=st.sampled_from(["orders", "order_contents", "events", "event_texts", "anchors", "anchor_heads"]),
    pick=st.randoms(use_true_random=False),
)
async def test_any_one_altered_column_of_any_row_is_found_and_named(database, seed, table, pick, past):
    histories = await past.build(database, seed, count=3, steps=8)
    choices = [choice async for choice in candidates(database, histories, table)]
    if not choices:
        return
    row, column, value = pick.choice(choices)
    key = "number" if "number" in dict(row) else past.KEYS.get(table, "order_id")
    async with database.transaction() as connection:
        await connection.execute("SET LOCAL session_replication_role = replica")
        try:
            async with connection.transaction():
                changed = await connection.fetchrow(
                    f"UPDATE {table} SET {column} = {value} WHERE ctid = $1::text::tid"
                    f" AND {column} IS DISTINCT FROM {value} RETURNING region, {key}",
                    row["place"],
                )
        except (asyncpg.IntegrityConstraintViolationError, asyncpg.DataError):
            return  # the database itself refused it
    if changed is None:
        return
    told = {finding.number for finding in (await verify(database)).findings}
    assert told & {past.to_blame(table, row), past.to_blame(table, changed)}, (table, column, value, dict(row), told)


@settings(ON_DATABASE, max_examples=40)
@given(
    seed=st.integers(0, 10**9),
    table=st.sampled_from(["orders", "events", "anchors", "anchor_heads"]),
    pick=st.randoms(use_true_random=False),
)
async def test_any_one_removed_row_is_found_and_named(database, seed, table, pick, past):
    await past.build(database, seed, count=3, steps=8)
    rows = await database.fetch(f"SELECT ctid::text AS place, * FROM {table} ORDER BY ctid")
    row = pick.choice(rows)
    await past.by_hand(database, f"DELETE FROM {table} WHERE ctid = $1::text::tid", row["place"])
    assert past.to_blame(table, row) in {finding.number for finding in (await verify(database)).findings}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=10),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text('ab路"\\', max_size=3), inner, max_size=3),
    max_leaves=10,
)


@settings(ON_DATABASE, max_examples=500)
@given(value=JSON)
@example(value=-0.0)
@example(value=1e16)
@example(value=[2.0**63, 2.0**64, -(2.0**63), -(2.0**64), 1e300, 5e-324, 1.5e-7])
async def test_a_digest_survives_the_way_jsonb_writes_numbers(database, value):
    row = await database.fetchrow("SELECT $1::jsonb::text", orjson.dumps(value).decode())
    assert digest(b"", {"v": orjson.loads(row[0])}) == digest(b"", {"v": value})
