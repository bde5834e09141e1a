"""What waits for somebody is found by an index of its own, and only what waits for them."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.storage import together

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = timedelta(days=1)

CROWD = """
    WITH g (ids) AS (SELECT array_agg(id ORDER BY id) FROM grids)
    INSERT INTO orders
    SELECT 1, n, 'request', CASE WHEN n % 50 < 2 THEN 'accepted' ELSE 'closed' END, 2, '0901', 'general',
           g.ids[1 + n * 7919 % cardinality(g.ids)], 1, 1, 0, NULL, NULL, NULL, 0, false, NULL, NULL,
           $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}',
           CASE WHEN n % 50 = 0 THEN jsonb_build_object('decide', $1::timestamptz + n * interval '1 second')
                ELSE '{}' END,
           '{}', NULL, NULL, NULL, '', 0, '{}', '{}', $1, NULL, false, '{}',
           CASE n % 50
               WHEN 0 THEN jsonb_build_object('pending', jsonb_build_object(
                   'matter', 'extend', 'decider', n % 1000 / 50, 'by', n % 7, 'branch', 1, 'at', $1))
               WHEN 1 THEN jsonb_build_object('assists', jsonb_build_array(jsonb_build_object(
                   'number', 1, 'branch', n % 1000 / 50, 'required', true, 'by', 1, 'at', $1, 'length', '1d',
                   'due', $1 + n * interval '1 second', 'told', 1, 'next_at', $1)))
               WHEN 2 THEN jsonb_build_object('follow_up', jsonb_build_object(
                   'why', 'sample', 'at', $1 - n * interval '1 second', 'branch', 1, 'handler', n % 7))
           END,
           CASE WHEN n % 50 = 0 THEN n % 1000 / 50 END,
           CASE WHEN n % 50 = 1 THEN ARRAY[n % 1000 / 50] ELSE '{}' END,
           NULL, CASE WHEN n % 50 = 2 THEN 'sample' END
    FROM generate_series(1, 20000) AS n, g
"""


@pytest.fixture
async def crowded(county_database):
    """20,000 orders, of which 400 wait for a decision, 400 for a co-handler and 400 for a follow-up."""
    await county_database.execute(CROWD, NOW)
    await county_database.execute("INSERT INTO serials SELECT 1, 30000 WHERE $1::timestamptz IS NOT NULL", NOW)
    for table in ("orders", "grids", "serials"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


async def test_what_waits_is_found_by_an_index_of_its_own(crowded, plan):
    (top,) = await crowded.fetchrow("SELECT max(hi) FROM grids")
    sql, tail = together.SQL, (*together.FIRST, 21)
    cases = {
        "decisions": (sql["decisions"], ([3, 4, 5], 2, *tail), "orders_by_decider"),
        "assists": (sql["assists"], ([3], *tail), "orders_by_assisting"),
        "follow-ups": (sql["follow_ups"], ([0], [top], 2, *tail), "orders_to_follow_up"),
        "said": (sql["said"], ([1, 1], [77, 78]), "events_pkey"),
    }
    for name, (query, args, index) in cases.items():
        nodes = await plan(crowded, query, *args)
        for table in ("orders", "events", "event_texts", "order_contents"):
            scans = {node["Node Type"] for node in nodes if node.get("Relation Name") == table}
            assert "Seq Scan" not in scans, (name, table)
        assert index in {node["Index Name"] for node in nodes if "Index Name" in node}, name


async def test_decisions_are_those_of_the_branches_but_nobody_s_own_requests(crowded):
    found = await together.decisions(crowded, [3, 4], 2, together.FIRST, 1000)
    expected = [n for n in range(50, 20001, 50) if n % 1000 // 50 in (3, 4) and n % 7 != 2]
    assert [one.dossier.order.id for one in found] == expected, "what is due first comes first"
    last = found[9]
    after = (last.at, last.dossier.order.region, last.dossier.order.id)
    assert await together.decisions(crowded, [3, 4], 2, after, 5) == found[10:15]
    assert await together.decisions(crowded, [], 2, together.FIRST, 10) == []


async def test_assists_are_those_that_wait_for_one_of_the_units(crowded):
    found = await together.assists(crowded, [3, 4], together.FIRST, 1000)
    expected = [n for n in range(1, 20001, 50) if n % 1000 // 50 in (3, 4)]
    assert [one.dossier.order.id for one in found] == expected
    assert [one.at for one in found] == [NOW + n * timedelta(seconds=1) for n in expected]
    after = (found[4].at, 1, found[4].dossier.order.id)
    assert await together.assists(crowded, [3, 4], after, 5) == found[5:10]


async def test_follow_ups_lie_within_the_reader_s_grids_and_they_did_not_handle_them(crowded):
    (top,) = await crowded.fetchrow("SELECT max(hi) FROM grids")
    everywhere = await together.follow_ups(crowded, [(0, top)], 2, together.FIRST, 1000)
    expected = [n for n in range(2, 20001, 50) if n % 7 != 2]
    assert [one.dossier.order.id for one in everywhere] == expected[::-1], "the longest waiting comes first"
    half = await together.follow_ups(crowded, [(0, top // 2)], 2, together.FIRST, 1000)
    other = await together.follow_ups(crowded, [(top // 2, top)], 2, together.FIRST, 1000)
    assert sorted(one.dossier.order.id for one in (*half, *other)) == expected
    assert half
    assert other
