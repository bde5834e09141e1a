"""Candidates for a merge are found by an index, in the grids, the class and the days that are meant."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.order import Actor
from dispatch.storage.similar import MOST, SQL, Around, candidates, chosen
from dispatch.usecases.filing import Place, Request, submit

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
async def crowded(service, file_many):
    """Some orders filed as people do, and copies of them over five years, one in fifty still open."""
    await file_many(service, 40, NOW - DAY)
    database = service.database
    named = [row[0] for row in await database.fetch(
        "SELECT attname FROM pg_attribute WHERE attrelid = 'orders'::regclass AND attnum > 0 AND NOT attisdropped"
        " AND attname NOT IN ('id', 'state', 'submitted_at', 'grid_id') ORDER BY attnum"
    )]  # fmt: skip
    columns = ", ".join(named)
    await database.execute(
        f"""
        WITH g (ids) AS (SELECT array_agg(id ORDER BY id) FROM grids),
             o AS (SELECT *, row_number() OVER (ORDER BY id) AS number FROM orders)
        INSERT INTO orders (id, state, submitted_at, grid_id, {columns})
        SELECT 1000000 + n, CASE WHEN n % 50 = 0 THEN 'routed' ELSE 'closed' END,
               $1::timestamptz - n * interval '90 minutes', g.ids[1 + n * 7919 % cardinality(g.ids)], {columns}
        FROM generate_series(1, 20000) AS n JOIN o ON o.number = 1 + n % 40, g
        """,  # noqa: S608 - the catalogue's own names
        NOW,
    )
    await database.execute(
        "INSERT INTO order_contents SELECT region, id, '', '垃圾桶满了', '{}', NULL, NULL, NULL FROM orders"
        " WHERE id > 1000000 AND $1::timestamptz IS NOT NULL",
        NOW,
    )
    for table in ("orders", "order_contents", "grids"):
        await database.execute(f"ANALYZE {table}")
    return service


async def test_candidates_are_found_by_an_index(crowded, plan):
    database, tree = crowded.database, crowded.world.tree
    region = tree.region(tree.root.id).id
    for code in ("141123100016", "141123100", "141123"):
        low, high = tree.interval(tree.by_code(code).id)
        asked = (region, [low], [high], "01", NOW - 14 * DAY, NOW, 7, MOST)
        nodes = await plan(database, SQL["candidates"], *asked)
        nodes += await plan(database, SQL["chosen"], region, [1, 2, 3])
        for table in ("orders", "order_contents"):
            scans = {node["Node Type"] for node in nodes if node.get("Relation Name") == table}
            assert "Seq Scan" not in scans, (code, table)
        used = {node["Index Name"] for node in nodes if "Index Name" in node}
        assert used & {"orders_open", "orders_by_place"}, (code, used)
        assert {"orders_pkey", "order_contents_pkey"} <= used, (code, used)


async def test_candidates_lie_where_and_when_and_are_of_the_class_that_is_meant(service):
    tree = service.world.tree

    async def file(category, grid, at):
        request = Request(category, "垃圾桶满了", Place(grid=grid), None, "10003000001", None, None, False, None, None)
        return (await submit(service, request, Actor(), None, at)).order

    here, town = "141123100016", "141123100"
    mine = await file("0101", here, NOW)
    same = await file("0101", here, NOW - 14 * DAY)
    sibling = await file("0103", here, NOW + DAY)
    await file("0601", here, NOW)
    beside = await file("0101", "141123100017", NOW)
    await file("0101", here, NOW - 14 * DAY - timedelta(seconds=1))

    async def found(code):
        spans = [tree.interval(tree.by_code(code).id)]
        around = Around(mine.region, spans, "01", NOW - 14 * DAY, NOW + 14 * DAY, mine.id)
        return [one.id for one in await candidates(service.database, around)]

    assert await found(here) == [sibling.id, same.id]
    assert await found(town) == [sibling.id, beside.id, same.id]
    told = await chosen(service.database, mine.region, [same.id, 0])
    assert [(order.id, text) for order, text in told.values()] == [(same.id, "垃圾桶满了")]
