"""The county is read whole; what did not change is not built anew."""

import pytest

from dispatch.storage import county


async def test_the_tree_stays_the_same_object_while_only_the_rules_change(county_database) -> None:
    before = await county.world(county_database)
    await county_database.execute("UPDATE categories SET name = '左邻右舍' WHERE code = '0901'")
    after = await county.world(county_database)
    assert (after.tree, after.places) == (before.tree, before.places)
    assert after.categories["0901"].name == "左邻右舍"


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE grids SET name = '东城新村' WHERE code = '141123100016'",
        "UPDATE grid_polygons SET shape = (SELECT shape FROM grid_polygons WHERE grid_id = 3) WHERE grid_id = 4",
        (
            "SET session_replication_role = replica; "
            "INSERT INTO grid_versions (grid_id, version, valid_to, code, name, level, level_name, path)"
            " VALUES (3, 1, '2021-01-01', '141123999', '旧名', 1, '村', '');"
            " RESET session_replication_role"
        ),
    ],
)
async def test_whatever_moves_a_grid_builds_the_tree_anew(county_database, change) -> None:
    before = await county.world(county_database)
    await county_database.execute(change)
    after = await county.world(county_database)
    assert after.tree is not before.tree
    assert after.places is not before.places
