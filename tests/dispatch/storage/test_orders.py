"""Statements on hot paths keep their indexes, and a bad row is refused alone."""

import asyncio
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain import errors
from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage import lists, orders, people
from dispatch.storage.database import RejectedError
from dispatch.usecases.service import Service

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)


CROWD = (
    """
    WITH g (ids) AS (SELECT array_agg(id ORDER BY id) FROM grids),
         s (ids) AS (SELECT array_agg(DISTINCT person_id) FROM roles WHERE role = 'member')
    INSERT INTO orders
    SELECT 1, n, 'request', CASE WHEN n % 20 = 0 THEN 'offered' ELSE 'closed' END, 2, '0901', 'general',
           g.ids[1 + n * 7919 % cardinality(g.ids)], 1, 1, 0, s.ids[1 + n % cardinality(s.ids)],
           CASE WHEN n % 3 = 0 THEN s.ids[1 + n * 31 % cardinality(s.ids)] END, NULL, 0, false, NULL, NULL,
           $1::timestamptz - n * interval '1 minute', NULL, '{}', '{}', '{}', '{}', NULL,
           CASE WHEN n % 20 = 0 THEN $1::timestamptz + (n - 100) * interval '1 minute' END, NULL, '',
           0, '{}', '{}', $1, NULL, false, '{}'
    FROM generate_series(1, 20000) AS n, g, s
    """,
    """
    INSERT INTO order_contents
    SELECT region, id, '', '水流到门口', '{}', NULL, NULL, NULL FROM orders WHERE $1::timestamptz IS NOT NULL
    """,
    """
    INSERT INTO events
    SELECT o.region, o.id, 1, $1, NULL, l.action, l.party, NULL, l.from_state, l.to_state, 0, NULL, NULL, '{}',
           sha256(int8send(o.id)), ''
    FROM orders AS o, (SELECT * FROM lifecycle WHERE action = 'submit' LIMIT 1) AS l
    """,
    "INSERT INTO serials SELECT 1, 30000 WHERE $1::timestamptz IS NOT NULL",
)


@pytest.fixture
async def crowded(county_database):
    """20,000 orders spread over the county, one in twenty still open."""
    for statement in CROWD:
        await county_database.execute(statement, NOW)
    for table in ("orders", "order_contents", "events", "serials", "grids"):
        await county_database.execute(f"ANALYZE {table}")
    return county_database


async def _plan(database: Any, query: str, *args: Any) -> list[dict[str, Any]]:
    """The nodes of the plan, as it is for these arguments and as it is once it is kept for any."""
    found: list[dict[str, Any]] = []
    for mode in ("force_custom_plan", "force_generic_plan"):
        async with database.transaction() as connection:
            await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
            statement = await connection.prepare(query)
            types = ", ".join(parameter.name for parameter in statement.get_parameters())
            await connection.execute(f"PREPARE looked_at ({types}) AS {query}")
            values = ", ".join(map(_literal, args))
            (plan,) = json.loads(await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at ({values})"))
            found.extend(_nodes(plan["Plan"]))
            await connection.execute("DEALLOCATE looked_at")
    return found


def _literal(value: Any) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, list):
        return "'{" + ",".join(map(str, value)) + "}'"
    return f"'{value}'"


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


def _scans(nodes: list[dict[str, Any]], table: str) -> set[str]:
    return {node["Node Type"] for node in nodes if node.get("Relation Name") == table}


def _indexes(nodes: list[dict[str, Any]]) -> set[str]:
    return {node["Index Name"] for node in nodes if "Index Name" in node}


async def test_many_that_are_due_at_one_instant_are_not_sorted_for_each_batch(crowded) -> None:
    await crowded.execute("UPDATE orders SET due_at = $1 WHERE due_at IS NOT NULL", NOW)
    await crowded.execute("ANALYZE orders")
    nodes = await _plan(crowded, orders.SQL["claim"], 1, NOW, 200, None)
    assert "orders_due" in _indexes(nodes)
    assert {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort"} == set()


NARROWED = (None, None, None, None, None)  # state, category, assignee, overdue, not overdue
OPEN = {"orders_open"}
AFTER = (NOW - timedelta(days=3), 1, 4320)


async def test_hot_statements_find_their_orders_by_an_index(crowded) -> None:
    village = await crowded.fetchrow("SELECT lo, hi FROM grids WHERE code = '141123100016'")
    few = [row[0] for row in await crowded.fetch("SELECT id FROM grids WHERE lo >= $1 AND lo < $2", *village)]
    (top,) = await crowded.fetchrow("SELECT max(hi) FROM grids")
    sql, tail = orders.SQL, (None, None, 21, None, None)
    first, later = lists.BEGINNING, AFTER
    cases: dict[str, tuple[str, tuple[Any, ...], set[str]]] = {
        "claim": (sql["claim"], (1, NOW, 500, None), {"orders_due"}),
        "find": (sql["find"], ([1], [77], ["\\\\x00"]), {"orders_pkey", "order_contents_pkey", "events_pkey"}),
        "events": (sql["events"], (1, 77), {"events_pkey"}),
        "everything, the first page": (sql["list"], ([0], [top], 5, *NARROWED, *first, *tail), {"orders_newest"}),
        "everything, a later page": (sql["list"], ([0], [top], 5, *NARROWED, *later, *tail), {"orders_newest"}),
        "received alone, first": (sql["list_open"], ([0], [top], 5, ["received"], *NARROWED[1:], *first, *tail), OPEN),
        "received alone, later": (sql["list_open"], ([0], [top], 5, ["received"], *NARROWED[1:], *later, *tail), OPEN),
        "overdue": (sql["list_open"], ([0], [top], 5, None, None, None, NOW, None, *first, *tail), OPEN),
        "listed": (sql["list_open"], ([0], [top], 5, *NARROWED, *first, None, None, 21, True, None), OPEN),
        "filed under a key": (sql["filed_under"], ("\\x00", "\\x00"), {"idempotency_pkey"}),
        "few grids": (
            sql["list_few"],
            (few, 5, 5, *NARROWED, *first, *tail, [True, False]),
            {"orders_by_place", "orders_by_assignee", "orders_by_filer"},
        ),
        "few grids, a later page": (
            sql["list_few"],
            (few, 5, 5, *NARROWED, *later, *tail, [True, False]),
            {"orders_by_place"},
        ),
        "few grids, narrowed": (
            sql["list_few"],
            (few, 5, 5, ["offered"], "09", None, NOW, None, *first, *tail, [True]),
            {"orders_by_place"},
        ),
        "mine": (
            sql["list_few"],
            ([], 5, None, None, None, 5, None, None, *first, *tail, [True, False]),
            {"orders_by_assignee"},
        ),
    }
    for name, (query, args, expected) in cases.items():
        nodes = await _plan(crowded, query, *args)
        for table in ("orders", "order_contents", "events"):
            assert "Seq Scan" not in _scans(nodes, table), (name, table, nodes)
        assert expected <= _indexes(nodes), (name, _indexes(nodes))
        if query in (sql["list"], sql["list_open"]):  # neither all grids nor all people are gathered for a page
            beside = {node.get("Index Name") for node in nodes if node.get("Relation Name") in ("grids", "people")}
            assert beside == {"grids_pkey", "people_pkey"}, (name, beside)


async def test_what_only_open_orders_can_answer_is_looked_for_among_them(crowded) -> None:
    (predicate,) = await crowded.fetchrow(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'orders_open'::regclass"
    )
    among = orders.SQL["list_open"].partition("state IN (")[2].partition(")")[0]
    for text in (predicate, among):
        assert set(re.findall(r"'(\w+)'", text)) == OPEN_STATES
    for open_only, change in (
        (True, {"states": ("received",)}),
        (True, {"states": ("offered", "accepted")}),
        (True, {"overdue_at": NOW}),
        (True, {"listed": True}),
        (False, {"states": ("received", "closed")}),
        (False, {"not_overdue_at": NOW}),
        (False, {}),
    ):
        assert lists.Wanted(spans=(), reader=None, **change).open_only == open_only


async def test_both_ways_of_listing_give_the_same_page(crowded) -> None:
    village = await crowded.fetchrow("SELECT lo, hi FROM grids WHERE code = '141123100016'")
    few = [row[0] for row in await crowded.fetch("SELECT id FROM grids WHERE lo >= $1 AND lo < $2", *village)]
    (reader,) = await crowded.fetchrow("SELECT assignee_id FROM orders WHERE id = 60")
    for change in (
        {},
        {"states": ("offered",)},
        {"category": "09"},
        {"category": "1"},
        {"within": (village["lo"], village["lo"] + 3)},
        {"after": AFTER},
        {"overdue_at": NOW},
        {"not_overdue_at": NOW},
    ):
        wanted = lists.Wanted(spans=[tuple(village)], reader=reader, limit=1000, **change)
        walked = await lists.page(crowded, wanted)
        gathered = await lists.page(crowded, replace(wanted, grids=few))
        assert [one.order.id for one in walked] == [one.order.id for one in gathered]
        assert walked or change in ({"category": "1"}, {"overdue_at": NOW})
    mine = await lists.page(crowded, lists.Wanted(spans=[], reader=reader, assignee=reader, limit=1000))
    counted = await crowded.fetchrow("SELECT count(*) FROM orders WHERE assignee_id = $1", reader)
    assert len(mine) == counted[0] > 0


async def test_filing_looks_up_by_index(crowded) -> None:
    nodes = await _plan(crowded, orders.SQL["filed_before"], [1], ["\\x00"])
    assert "Seq Scan" not in _scans(nodes, "orders")
    nodes = await _plan(crowded, people.SQL["credentials"], "10001000054")
    assert "person_contacts_phone_key" in _indexes(nodes)


async def test_a_bad_row_in_a_batch_is_refused_alone(service: Service, monkeypatch) -> None:
    from dispatch.usecases import filing  # noqa: PLC0415

    request = filing.Request(
        category="0901",
        text="水流到门口",
        place=filing.Place(grid="141123100016"),
        contact_name=None,
        contact_phone="10003000001",
        house=None,
        urgency=None,
        for_others=False,
        household=None,
        channel=None,
    )
    bad = replace(request, text="水\0流")
    from dispatch.domain.order import Actor  # noqa: PLC0415

    asked = [bad if n == 17 else replace(request, text=f"第{n}件") for n in range(60)]
    answers = await asyncio.gather(
        *(filing.submit(service, one, Actor(), None, NOW) for one in asked), return_exceptions=True
    )
    assert [n for n, answer in enumerate(answers) if isinstance(answer, Exception)] == [17]
    assert isinstance(answers[17], RejectedError)
    row = await service.database.fetchrow("SELECT count(*), count(DISTINCT id) FROM orders")
    assert tuple(row) == (59, 59)
    row = await service.database.fetchrow("SELECT count(*) FROM events")
    assert row[0] == 118


async def test_a_request_key_that_is_forgotten_in_the_middle_of_filing_again_refuses_its_own_order_alone(
    service: Service, monkeypatch
) -> None:
    from dispatch.domain.order import Actor  # noqa: PLC0415
    from dispatch.usecases import filing  # noqa: PLC0415

    request = filing.Request(
        "0901", "水流到门口", filing.Place(grid="141123100016"), None, None, None, None, False, None, None
    )
    key = (b"k" * 32, b"b" * 32)
    again = (b"a" * 32, b"b" * 32)
    for one in (key, again):
        await filing.submit(service, request, Actor(), one, NOW)
    # whoever forgets keys comes between the two statements: a trigger has the first one's answer followed by it
    await service.database.execute(
        """
        CREATE FUNCTION forget() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN DELETE FROM idempotency WHERE key_hash = decode(repeat('6b', 32), 'hex'); RETURN NULL; END $$
        """
    )
    await service.database.execute(
        "CREATE TRIGGER forget AFTER INSERT ON idempotency FOR EACH STATEMENT EXECUTE FUNCTION forget()"
    )
    answers = await asyncio.gather(
        *(filing.submit(service, request, Actor(), one, NOW) for one in (None, key, again)), return_exceptions=True
    )
    assert [isinstance(answer, errors.Unavailable) for answer in answers] == [False, True, False]
    filed = await service.database.fetchrow("SELECT count(*) FROM orders")
    assert filed[0] == 3, "two before, and the one without a key"
    assert (await filing.submit(service, request, Actor(), again, NOW)).order.id
