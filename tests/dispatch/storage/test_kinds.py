"""Steps of projects and pledges are found among however many requests without walking these."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.storage import kinds, lists

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
MANY = """
INSERT INTO orders
SELECT 1, n, CASE WHEN n % 1000 = 0 THEN 'project_task' WHEN n % 1000 = 1 THEN 'pledge' ELSE 'request' END,
       (ARRAY['routed', 'closed', 'offered'])[1 + n % 3], 1, (ARRAY['0901', '0101'])[1 + n % 2], 'general', 1 + n % 500,
       1 + n % 50, 1, 0, 5, CASE WHEN n % 7 = 0 THEN 6 END, NULL, 0, n % 4 < 2 AND n % 3 <> 1, NULL, NULL,
       $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}', '{}', '{}', NULL, NULL,
       CASE WHEN n % 3 <> 1 THEN $1::timestamptz - (n - 9000) * interval '1 minute' END, '', 0, '{}', '{}', $1,
       NULL, false, '{}'
FROM generate_series(1, 20000) AS n
"""


@pytest.fixture
async def filled(county_database):
    await county_database.execute(MANY, NOW)
    for table in ("orders", "grids"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


async def test_a_rare_kind_is_walked_by_its_own_index(filled, plan):
    (top,) = await filled.fetchrow("SELECT max(hi) FROM grids")
    for kind, after in (("pledge", lists.BEGINNING), ("project_task", (NOW - timedelta(days=3), 1, 4320))):
        nodes = await plan(filled, kinds.SQL["list_of_kind"], [0], [top], 5, *[None] * 5, *after, None, None, 21, kind)
        used = {node["Index Name"] for node in nodes if node.get("Relation Name") == "orders"}
        assert used == {"orders_of_kind"}
        assert not [node for node in nodes if node["Node Type"] == "Seq Scan" and node["Relation Name"] == "orders"]
    pledged = "SELECT id FROM orders WHERE kind = 'pledge' ORDER BY submitted_at DESC, region DESC, id DESC LIMIT 20"
    assert {node.get("Index Name") for node in await plan(filled, pledged)} == {None, "orders_of_kind"}


@pytest.mark.parametrize("kind", ["pledge", "project_task"])
async def test_the_page_is_the_same_as_of_all_orders(filled, kind):
    (top,) = await filled.fetchrow("SELECT max(hi) FROM grids")
    every = lists.Wanted(spans=[(0, top)], reader=5, kind=kind, limit=8)
    for change in (
        {},
        {"after": (NOW - timedelta(days=3), 1, 4320)},
        {"states": ("closed", "routed")},
        {"category": "09"},
        {"category": "01"},
        {"listed": True},
        {"listed": False},
        {"overdue_at": NOW},
        {"not_overdue_at": NOW},
        {"within": (0, 300)},
        {"spans": [(10, 200)], "reader": 6},
        {"spans": [], "reader": None},
    ):
        wanted = replace(every, **change)
        assert kinds.rare(wanted)
        assert await kinds.page(filled, wanted) == await lists.page(filled, wanted), change
    assert len(await kinds.page(filled, every)) == 8


def test_what_is_not_rare_or_is_gathered_otherwise_is_left_to_the_other_lists():
    wanted = lists.Wanted(spans=[(0, 9)], reader=5, kind="pledge")
    for change in ({"kind": None}, {"kind": "request"}, {"grids": [1]}, {"assignee": 5}):
        assert not kinds.rare(replace(wanted, **change))
