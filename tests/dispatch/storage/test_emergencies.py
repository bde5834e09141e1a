"""What a walk home and a batch of offers look for is found by an index, among years of settled orders."""

from datetime import UTC, datetime

import pytest

from dispatch.domain.vocabulary import OPEN_STATES, State
from dispatch.storage import batches, emergencies
from dispatch.storage.queries import load

NOW = datetime(2026, 7, 1, tzinfo=UTC)
CROWD = """
    WITH g (ids) AS (SELECT array_agg(id ORDER BY id) FROM grids)
    INSERT INTO orders
    SELECT 1, n, 'request', CASE WHEN n % 20 = 0 THEN 'offered' ELSE 'closed' END, 2, '0901', 'general',
           g.ids[1 + n * 7919 % cardinality(g.ids)], n % 300, n % 300, 0, n % 3000, NULL, NULL, 0, false, NULL, NULL,
           $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}', '{}', '{}', NULL, NULL,
           $1::timestamptz + n * interval '1 minute', '', 0, ARRAY[n % 3000], '{}', $1, NULL, false, '{}'
    FROM generate_series(1, 20000) AS n, g
"""
OFFERS = """
    INSERT INTO events
    SELECT o.region, o.id, 2, $1, NULL, l.action, l.party, NULL, l.from_state, l.to_state, 0, NULL, NULL,
           CASE WHEN o.id % 1000 = 0 THEN '{"batch": "one", "cost": {}}' ELSE '{}' END::jsonb,
           sha256(int8send(o.id)), ''
    FROM orders AS o, (SELECT * FROM lifecycle WHERE action = 'offer' LIMIT 1) AS l
"""


@pytest.fixture
async def crowded(county_database):
    for statement in (CROWD, OFFERS, "INSERT INTO serials SELECT 1, 30000 WHERE $1::timestamptz IS NOT NULL"):
        await county_database.execute(statement, NOW)
    for table in ("orders", "events", "serials", "grids"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


async def test_what_goes_home_and_what_waits_is_found_by_an_index(crowded, plan):
    low, high = await crowded.fetchrow("SELECT lo, hi FROM grids WHERE code = '141123100'")
    walk, batch = load("emergencies"), load("batches")
    cases = {
        "held": (walk["held"], ([5, 6], [7, 8], NOW), {"orders_by_supervisor", "orders_by_branch"}),
        "take": (walk["take"], ([1, 1], [20, 40]), {"orders_pkey"}),
        "waiting": (batch["waiting"], (low, high, "one", 5000), {"orders_waiting", "events_by_batch", "events_pkey"}),
        "before": (batch["offered"], ("one",), {"events_by_batch"}),
    }
    for name, (query, args, expected) in cases.items():
        nodes = await plan(crowded, query, *args)
        scanned = {node["Relation Name"] for node in nodes if node["Node Type"] == "Seq Scan"}
        assert not scanned & {"orders", "events"}, (name, nodes)
        assert expected <= {node["Index Name"] for node in nodes if "Index Name" in node}, (name, nodes)


async def test_the_indexes_hold_what_the_statements_look_for(crowded):
    found = await crowded.fetch("SELECT id, grid_id FROM orders WHERE state = 'offered' AND id % 1000 <> 0 ORDER BY id")
    low, high = await crowded.fetchrow("SELECT lo, hi FROM grids WHERE code = '141123100'")
    inside = {row["id"] for row in await crowded.fetch("SELECT id FROM grids WHERE lo >= $1 AND lo < $2", low, high)}
    rows = await crowded.fetch(load("batches")["waiting"], low, high, "another", 5000)
    assert [row["id"] for row in rows] == [row["id"] for row in found if row["grid_id"] in inside] != []
    assert [row["id"] for row in await crowded.fetch(load("batches")["waiting"], low, high, "another", 3)] == [
        row["id"] for row in rows[:3]
    ]
    concerned = await emergencies.held(crowded, [7], [20, 40], NOW)
    ids = {n for n in range(20, 20001, 20) if n % 300 == 7 or n % 3000 in (20, 40)}
    assert {one.id for one in concerned} == ids
    assert [one.id for one in concerned] == sorted(ids)
    assert len(await batches.offered(crowded, "one")) == 0  # nobody was named in these
    (predicate,) = await crowded.fetchrow(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'orders_by_supervisor'::regclass"
    )
    states = (OPEN_STATES - {State.PARKED}) | {State.RESOLVED}
    assert {word for word in predicate.split("'") if word.isalpha()} >= {state.value for state in states}
