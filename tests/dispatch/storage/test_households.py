"""Looking for households keeps to its indexes, however many there are."""

import json
from typing import Any

import pytest

from dispatch.storage import households

MANY = (
    """
    INSERT INTO households (code, grid_id, carer_id)
    SELECT 'X' || n, g.ids[1 + n * 7919 % cardinality(g.ids)], s.ids[1 + n % cardinality(s.ids)]
    FROM generate_series(1, 20000) AS n, (SELECT array_agg(id ORDER BY id) AS ids FROM grids) AS g,
         (SELECT array_agg(DISTINCT person_id) AS ids FROM roles WHERE role = 'member') AS s
    """,
    """
    INSERT INTO household_contacts (household_id, name, phone)
    SELECT id, '演示', '1' || lpad(id::text, 10, '0') FROM households WHERE code LIKE 'X%'
    """,
    "ANALYZE households",
    "ANALYZE household_contacts",
)


@pytest.fixture
async def crowded(county_database):
    for statement in MANY:
        await county_database.execute(statement)
    return county_database


async def indexes(database: Any, name: str, *args: str) -> tuple[set[str], set[str]]:
    """Which indexes a statement uses, and which tables it reads through, whether planned for its values or for any."""
    used: set[str] = set()
    read: set[str] = set()
    async with database.pool.acquire() as connection, connection.transaction():
        for mode in ("force_custom_plan", "force_generic_plan"):
            await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
            await connection.execute(f"PREPARE looked AS {households.SQL[name]}")
            row = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked ({', '.join(args)})")
            (plan,) = json.loads(row)
            waiting = [plan["Plan"]]
            while waiting:
                node = waiting.pop()
                waiting += node.get("Plans", ())
                used |= {node["Index Name"]} if "Index Name" in node else set()
                read |= {node["Relation Name"]} if node["Node Type"] == "Seq Scan" else set()
            await connection.execute("DEALLOCATE looked")
    return used, read


async def test_households_are_found_by_grid_by_carer_by_number_and_in_their_order(crowded) -> None:
    used, read = await indexes(crowded, "near", "7", "'{11,12,13}'", "''", "21")
    assert {"households_by_grid", "households_by_carer"} <= used
    assert not read
    used, read = await indexes(crowded, "by_phones", "'{13900000001,13900000002}'", "100")
    assert "household_contacts_by_phone" in used
    assert not read
    used, read = await indexes(crowded, "wide", "7", "'{0}'", "'{9000}'", "'X1'", "21")
    assert "households_code_key" in used
    assert "households" not in read
