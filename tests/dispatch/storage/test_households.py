"""Looking for households keeps to its indexes, however many there are."""

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


async def test_households_are_found_by_grid_by_carer_by_number_and_in_their_order(crowded, indexes) -> None:
    used, read = await indexes(crowded, households.SQL["near"], "7", "'{11,12,13}'", "''", "21")
    assert {"households_by_grid", "households_by_carer"} <= used
    assert not read
    used, read = await indexes(crowded, households.SQL["by_phones"], "'{13900000001,13900000002}'", "100")
    assert "household_contacts_by_phone" in used
    assert not read
    used, read = await indexes(crowded, households.SQL["wide"], "7", "'{0}'", "'{9000}'", "'X1'", "21")
    assert "households_code_key" in used
    assert "households" not in read
