"""What presses most is found among however many orders by walking what is listed or late, no further than is shown."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage import lists, pressing
from dispatch.storage.rows import ids

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MANY = """
INSERT INTO orders
SELECT CASE WHEN n % 11 = 0 THEN 7 ELSE 1 END, n, CASE WHEN n % 10 = 0 THEN 'project_task' ELSE 'request' END,
       CASE WHEN n % 8 > 0 THEN 'closed' ELSE (ARRAY['routed', 'offered', 'accepted', 'parked'])[1 + n / 8 % 4] END,
       1, (ARRAY['0901', '0101'])[1 + n % 2], 'general', 1 + n * 37 % 500, 1 + n % 50, 1,
       CASE WHEN n % 5 < 2 THEN n % 13 % 4 ELSE 0 END, 5 + n % 3, CASE WHEN n % 7 = 0 THEN 6 END, NULL, 0,
       n % 8 = 0 AND n % 37 = 0, NULL, NULL, $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}', '{}', '{}',
       NULL, NULL,
       CASE WHEN n % 8 = 0 AND n / 8 % 4 < 3 THEN $1::timestamptz + (n * 7919 % 20000 - 9000) * interval '1 minute' END,
       '', 0, CASE WHEN n % 8 = 0 AND n / 8 % 4 = 1 THEN ARRAY[6] ELSE '{}' END, '{}', $1, NULL, false, '{}'
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
async def filled(county_database):
    """20,000 orders of two regions, one in eight of them open, many late, a few listed."""
    await county_database.execute(MANY, NOW)
    await county_database.execute("INSERT INTO serials VALUES (1, 30000), (7, 30000) ON CONFLICT DO NOTHING")
    for table in ("orders", "grids", "serials"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


@pytest.fixture
async def every(filled):
    """All of it, for somebody who sees every grid."""
    (top,) = await filled.fetchrow("SELECT max(hi) FROM grids")
    return lists.Wanted(spans=[(0, top)], reader=5, limit=100)


async def _expected(database, wanted):
    """The keys of what the page must show, found by looking at every open order."""
    rows = await database.fetch("SELECT id, promise_at, coalesce(promise_at, submitted_at) AS since FROM orders")
    since = {row["id"]: row["since"] for row in rows}
    late = {row["id"] for row in rows if row["promise_at"] is not None and row["promise_at"] <= NOW}
    every_open = replace(wanted, states=wanted.states or tuple(OPEN_STATES), limit=30_000)
    found = [one.order for one in await lists.page(database, every_open)]
    found = [one for one in found if one.listed or one.id in late]
    found.sort(key=lambda one: (not one.listed, -one.level, since[one.id], one.region, one.id))
    return [(one.region, one.id) for one in found[: wanted.limit]]


async def test_what_presses_most_comes_first_whatever_the_list_is_narrowed_to(filled, every):
    for change in (
        {},
        {"limit": 8},
        {"limit": 30_000},
        {"states": ("offered",)},
        {"states": ("accepted", "closed")},
        {"category": "09"},
        {"category": "99"},
        {"listed": True},
        {"listed": False},
        {"overdue_at": NOW},
        {"not_overdue_at": NOW},
        {"kind": "project_task"},
        {"within": (0, 300)},
        {"within": (10, 12)},
        {"spans": [(10, 200), (400, 450)], "reader": 6},
        {"spans": [(10, 200)], "reader": 6, "within": (100, 300)},
        {"spans": [], "reader": 6},
        {"spans": [], "reader": None},
        {"assignee": 5},
    ):
        wanted = replace(every, **change)
        found = await pressing.page(filled, wanted, NOW)
        assert [(one.order.region, one.order.id) for one in found] == await _expected(filled, wanted), change
    assert await pressing.page(filled, replace(every, states=("closed",)), NOW) == []
    found = await pressing.page(filled, every, NOW)
    assert len(found) == 100
    assert found[0].order.listed
    assert any(one.order.level for one in found if not one.order.listed)


async def test_few_grids_give_the_same_as_their_interval(filled, every):
    for within in ((10, 12), (0, 30)):
        rows = await filled.fetch("SELECT id FROM grids WHERE lo >= $1 AND lo < $2", *within)
        for change in ({}, {"overdue_at": NOW}, {"not_overdue_at": NOW}, {"listed": True}, {"category": "09"}):
            wanted = replace(every, within=within, reader=6, **change)
            gathered = await pressing.page(filled, replace(wanted, grids=[row["id"] for row in rows]), NOW)
            assert gathered == await pressing.page(filled, wanted, NOW), (within, change)


async def test_of_one_region_alone_nothing_else_is_shown(filled, every):
    assert {one.order.region for one in await pressing.page(filled, every, NOW)} == {1, 7}
    whole = await pressing.page(filled, replace(every, limit=30_000), NOW)
    for region in (1, 7):
        found = await pressing.page(filled, replace(every, limit=30_000), NOW, region)
        assert found == [one for one in whole if one.order.region == region]


async def test_it_is_walked_by_its_indexes_and_what_never_rose_by_its_promise(filled, every, plan):
    sql, top = pressing.SQL, every.spans[0][1]
    narrowed = (None, None, None)  # state, category, assignee
    for region in (1, None):
        for within in ((None, None), (0, 300)):
            args = ([0], [top], 5, *narrowed, NOW, None, *within, 8, None, None, region)
            nodes = await plan(filled, sql["list_pressing"], *args)
            used = {node["Index Name"] for node in nodes if node.get("Relation Name") == "orders"}
            assert used == {"orders_pressing", "orders_by_promise", "orders_pkey"}
            scans = {node["Node Type"] for node in nodes if node.get("Relation Name") == "orders"}
            assert scans == {"Index Scan"}, "in order, so that it ends when the page is full"
    few = [row["id"] for row in await filled.fetch("SELECT id FROM grids WHERE lo >= 10 AND lo < 12")]
    args = (ids(few), 5, 5, None, None, NOW, None, None, 10, 12, 8, None, None)
    nodes = await plan(filled, sql["list_pressing_few"], *args)
    assert not [one for one in nodes if one["Node Type"] == "Seq Scan" and one["Relation Name"] == "orders"]
    assert "orders_by_place" in {one.get("Index Name") for one in nodes}


async def test_what_never_rose_or_is_closed_has_no_entry_in_the_index(filled):
    await filled.execute("UPDATE orders SET level = 0, listed = false WHERE promise_at IS NOT NULL OR listed")
    await filled.execute("REINDEX INDEX orders_pressing")
    (size,) = await filled.fetchrow("SELECT pg_relation_size('orders_pressing')")
    (page,) = await filled.fetchrow("SELECT current_setting('block_size')::int")
    assert size == page, "its first page alone, which holds no entry"
    (risen,) = await filled.fetchrow("SELECT count(*) FROM orders WHERE level > 0")
    assert risen > 0


async def test_a_promise_is_late_from_its_very_moment(filled, every):
    (first,) = await filled.fetchrow("SELECT min(promise_at) FROM orders WHERE level = 0 AND NOT listed")
    wanted = replace(every, limit=30_000, listed=False)
    for now, shown in ((first - timedelta(microseconds=1), False), (first, True)):
        found = await pressing.page(filled, wanted, now)
        assert any(one.order.level == 0 for one in found) == shown
