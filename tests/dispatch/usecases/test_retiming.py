"""The rules change under open orders: each is reckoned anew once, and its old promise stays on the ledger."""

import asyncio
import json
import re
from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain.policy import DEFAULT, EMERGENCY
from dispatch.domain.policy_file import Policies
from dispatch.domain.retiming import RETIMED
from dispatch.domain.vocabulary import Action, Clock, Urgency
from dispatch.settings import Settings
from dispatch.storage import orders, retimings, rows
from dispatch.usecases import calendars, policy, retiming
from dispatch.usecases.calendars import By
from dispatch.usecases.ledger import verify
from dispatch.usecases.retiming import BATCH, retime
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import sweep

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
HOUR = timedelta(hours=1)
SLOWER = DEFAULT.overridden([("general", "", "accept", "2wd"), ("general", "", "resolve", "10d")])
SLOWEST = DEFAULT.overridden([("general", "", "accept", "2wd"), ("general", "", "resolve", "12d")])
EVENTS = "SELECT * FROM events WHERE action = 'retime' ORDER BY order_id, version"
UNDO = "SET LOCAL session_replication_role = replica"


async def _policy(service, wanted, now):
    await policy.replace(service.database, service.world, Policies(wanted, EMERGENCY), None, now)


async def _orders(service):
    return {row["id"]: rows.order(row) for row in await service.database.fetch("SELECT * FROM orders")}


async def _days(service):
    """How many days each order of the general tier has, from when it was filed."""
    found = (await _orders(service)).values()
    return [(one.promises[Clock.RESOLVE] - one.submitted_at).days for one in found if one.urgency is Urgency.GENERAL]


async def _a_minute_later(service):
    await service.database.execute("UPDATE retimings SET not_before = not_before - interval '1 minute'")


async def _spoil(service, statement, order_id):
    async with service.database.transaction() as connection:
        await connection.execute(UNDO)
        await connection.execute(statement, order_id)


async def test_a_slower_policy_moves_every_open_deadline_it_touches_and_no_other(service, file_many) -> None:
    await file_many(service, 40, MONDAY)
    before = await _orders(service)
    await _policy(service, SLOWER, MONDAY + HOUR)
    touched = [one for one in before.values() if one.urgency.value == "general"]
    assert await retime(service, MONDAY + HOUR) == len(touched) > 0
    assert await retime(service, MONDAY + HOUR) == 0, "it is done"

    after = await _orders(service)
    assert {order_id for order_id, one in after.items() if one != before[order_id]} == {one.id for one in touched}
    moved = after[touched[0].id]
    assert moved.promises[Clock.ACCEPT] == moved.clocks[Clock.ACCEPT] == MONDAY + timedelta(days=2)
    assert moved.promises[Clock.RESOLVE] == MONDAY + timedelta(days=10)
    assert moved.promises[Clock.CONTACT] == touched[0].promises[Clock.CONTACT]
    event = rows.event((await service.database.fetch(EVENTS))[0])
    assert (event.action, event.data["because"]) == (Action.RETIME, "policy")
    assert datetime.fromisoformat(event.data["promises_before"]["accept"]) == touched[0].promises[Clock.ACCEPT]
    assert (await verify(service.database)).findings == []


async def test_taking_the_change_back_brings_every_deadline_back(service, file_many) -> None:
    await file_many(service, 20, MONDAY)
    before = await _orders(service)
    faster = DEFAULT.overridden([("general", "", "resolve", "3d"), ("general", "", "contact", "2d")])
    await _policy(service, faster, MONDAY + HOUR)
    assert await retime(service, MONDAY + HOUR) == 20
    await _policy(service, DEFAULT, MONDAY + 2 * HOUR)
    await retime(service, MONDAY + 2 * HOUR)
    after = await _orders(service)
    for order_id, order in before.items():
        assert (after[order_id].clocks, after[order_id].promises) == (order.clocks, order.promises)


async def test_several_processes_reckon_each_order_once(service, county_url, file_many, monkeypatch) -> None:
    monkeypatch.setattr(retiming, "BATCH", 10)
    assert BATCH > 10
    await file_many(service, 60, MONDAY)
    await _policy(service, SLOWER, MONDAY + HOUR)
    other = await Service.open(Settings(), county_url, connections=4)
    try:
        changed = await asyncio.gather(*(retime(each, MONDAY + HOUR) for each in (service, other, service, other)))
    finally:
        await other.close()
    while (more := await retime(service, MONDAY + HOUR)) > 0:  # whoever found it taken has left it to the others
        changed.append(more)
    per_order = await service.database.fetch(
        "SELECT count(*) AS n FROM events WHERE action = 'retime' GROUP BY order_id"
    )
    assert {row["n"] for row in per_order} == {1}
    assert sum(changed) == len(per_order) == 60


async def test_work_that_is_cut_off_goes_on_where_it_stopped(service, file_many, monkeypatch) -> None:
    monkeypatch.setattr(retiming, "BATCH", 10)
    await file_many(service, 40, MONDAY)
    await _policy(service, SLOWER, MONDAY + HOUR)
    real, calls = retiming.whole_or_singly, []

    async def dying(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("cut off")
        return await real(*arguments)

    monkeypatch.setattr(retiming, "whole_or_singly", dying)
    with pytest.raises(RuntimeError):
        await retime(service, MONDAY + HOUR)
    monkeypatch.setattr(retiming, "whole_or_singly", real)
    await retime(service, MONDAY + HOUR)
    doubled = await service.database.fetch(
        "SELECT FROM events WHERE action = 'retime' GROUP BY order_id HAVING count(*) > 1"
    )
    assert doubled == []
    await _a_minute_later(service)
    assert await retime(service, MONDAY + HOUR) == 0, "the second walk finds nothing"
    assert await service.database.fetch("SELECT FROM retimings WHERE done_at IS NULL") == []


async def test_a_day_off_that_is_announced_late_moves_what_was_due_on_it(service, file_many) -> None:
    filed = await file_many(service, 8, MONDAY)
    evening = MONDAY + 9 * HOUR
    await sweep(service, evening)  # it rose, and is due at the close of Tuesday
    tuesday = {one.order.id: (await _orders(service))[one.order.id].clocks.get(Clock.ACCEPT) for one in filed}
    root = service.world.tree.root.id
    day = date(2026, 11, 24)
    await calendars.set_days(service.database, service.world.tree, root, [(day, False, "演示停工")], By(None, evening))
    await retime(service, evening)
    after = await _orders(service)
    for one in filed:
        order = after[one.order.id]
        if order.urgency.value == "general":
            assert tuesday[order.id] == MONDAY + timedelta(days=1, hours=8.5)
            assert order.clocks[Clock.ACCEPT] == MONDAY + timedelta(days=2, hours=8.5)
    assert (await verify(service.database)).findings == []


UNREADABLE = """
    UPDATE events SET data = (repeat('[', 2000) || repeat(']', 2000))::jsonb WHERE order_id = $1 AND version = 1
"""
REFUSED = """
    INSERT INTO events SELECT (jsonb_populate_record(e, jsonb_build_object('version', o.version + 1))).*
    FROM orders AS o JOIN events AS e ON e.order_id = o.id AND e.version = 1 WHERE o.id = $1
"""


@pytest.mark.parametrize(
    ("spoiled", "mended"),
    [
        (UNREADABLE, "UPDATE events SET data = '{}' WHERE order_id = $1 AND version = 1"),
        (REFUSED, "DELETE FROM events WHERE order_id = $1 AND version > (SELECT version FROM orders WHERE id = $1)"),
        ("UPDATE orders SET clocks = '3' WHERE id = $1", "UPDATE orders SET clocks = '{}' WHERE id = $1"),
    ],
    ids=["its ledger can't be read", "the database refuses it", "it can't be read"],
)
async def test_an_order_that_fails_holds_up_no_other_and_is_tried_until_it_is_mended(
    small_county, file_many, monkeypatch, spoiled, mended
) -> None:
    service = small_county
    monkeypatch.setattr(retiming, "BATCH", 16)
    filed = await file_many(service, 40, MONDAY)
    broken = min(one.order.id for one in filed) + 4
    await _spoil(service, spoiled, broken)
    await _policy(service, SLOWER, MONDAY + HOUR)
    general = [one for one in filed if one.order.urgency is Urgency.GENERAL]
    assert await retime(service, MONDAY + HOUR) == len(general) - 1
    aside = await service.database.fetch("SELECT order_id, until FROM set_aside")
    assert [tuple(row) for row in aside] == [(broken, MONDAY + HOUR)], "an alarm, and the sweep goes on serving it"
    for tries in (2, 3):
        await _a_minute_later(service)
        assert await retime(service, MONDAY + HOUR) == 0
        (alone,) = await service.database.fetch("SELECT * FROM retimings WHERE done_at IS NULL")
        assert (alone["order_id"], alone["walk"]) == (broken, tries)
        wait = (await service.database.fetchrow("SELECT $1 - clock_timestamp()", alone["not_before"]))[0]
        assert timedelta(minutes=tries - 1) < wait < timedelta(minutes=tries), "longer at each try"
        await service.database.execute("UPDATE retimings SET not_before = clock_timestamp() + interval '1 minute'")

    await _spoil(service, mended, broken)
    await _a_minute_later(service)
    await retime(service, MONDAY + HOUR)
    assert await service.database.fetch("SELECT FROM retimings WHERE done_at IS NULL") == []
    assert await service.database.fetch("SELECT FROM set_aside") == []


async def test_an_order_that_failed_once_is_reckoned_a_minute_later(small_county, file_many, monkeypatch) -> None:
    service = small_county
    await file_many(service, 8, MONDAY)
    await _policy(service, SLOWER, MONDAY + HOUR)
    real, calls = retiming.retimed, []

    def failing(*arguments):
        calls.append(1)
        if len(calls) == 1:
            raise ValueError
        return real(*arguments)

    monkeypatch.setattr(retiming, "retimed", failing)
    changed = await retime(service, MONDAY + HOUR)
    await _a_minute_later(service)
    assert await retime(service, MONDAY + HOUR) == 1
    assert changed == 7
    assert set(await _days(service)) == {10}
    assert await service.database.fetch("SELECT FROM set_aside") == []


async def test_a_change_during_a_retiming_is_worked_off_by_its_own_rules(small_county, file_many, monkeypatch) -> None:
    service = small_county
    service._watching.cancel()  # what it hears is not what this rests on
    await file_many(service, 20, MONDAY)
    await _policy(service, SLOWER, MONDAY + HOUR)
    real, changes = retimings.claim, [SLOWEST]

    async def meanwhile(*arguments):
        if changes:
            await _policy(service, changes.pop(), MONDAY + HOUR)
        return await real(*arguments)

    monkeypatch.setattr(retimings, "claim", meanwhile)
    for _ in range(2):
        await retime(service, MONDAY + HOUR)
    assert set(await _days(service)) == {12}


async def test_an_order_filed_by_the_old_rules_meanwhile_is_found_by_the_second_walk(
    small_county, database_url, file_many, monkeypatch
) -> None:
    service = small_county
    lagging = await Service.open(Settings(), database_url, connections=4)
    lagging._watching.cancel()
    await file_many(service, 8, MONDAY)
    real, decided, gate = orders.add, asyncio.Event(), asyncio.Event()

    async def slow(*arguments):
        decided.set()
        await gate.wait()
        return await real(*arguments)

    monkeypatch.setattr(orders, "add", slow)
    under_way = asyncio.create_task(file_many(service, 8, MONDAY))
    await decided.wait()
    await _policy(service, SLOWER, MONDAY + HOUR)
    assert await retime(service, MONDAY + HOUR) == 8
    gate.set()
    await under_way
    await file_many(lagging, 8, MONDAY + HOUR)
    await lagging.close()

    assert await retime(service, MONDAY + 2 * HOUR) == 0, "its minute is one of the machine's, not of the service's"
    assert sorted(set(await _days(service))) == [7, 10]
    await _a_minute_later(service)
    assert await retime(service, MONDAY + 2 * HOUR) == 16
    assert set(await _days(service)) == {10}
    await _a_minute_later(service)
    assert await retime(service, MONDAY + 2 * HOUR) == 0
    assert await service.database.fetch("SELECT FROM retimings WHERE done_at IS NULL") == []


async def test_who_finds_the_work_taken_does_not_read_the_county(small_county, monkeypatch) -> None:
    service = small_county
    service._watching.cancel()
    await _policy(service, SLOWER, MONDAY + HOUR)
    reads = []

    async def counted():
        reads.append(1)

    monkeypatch.setattr(service, "reload", counted)
    async with service.database.transaction() as connection:
        await connection.execute("SELECT FROM retimings FOR UPDATE")
        assert await retime(service, MONDAY + HOUR) == 0
    assert reads == []
    await retime(service, MONDAY + HOUR)
    assert reads == [1]
    await retime(service, MONDAY + HOUR)
    assert reads == [1], "nor does anybody until the second walk"


CROWD = """
    WITH g (ids) AS (SELECT array_agg(id ORDER BY id) FROM grids)
    INSERT INTO orders
    SELECT 1, n, 'request', CASE WHEN n % 20 = 0 THEN 'offered' ELSE 'closed' END, 2, '0901', 'general',
           g.ids[1 + n / 20 * 7 % cardinality(g.ids)], 1, 1, 0, NULL, NULL, NULL, 0, false, NULL, NULL, $1, NULL,
           '{}', '{}', '{}', '{}', NULL, NULL, NULL, '', 0, '{}', '{}', $1, NULL, false, '{}'
    FROM generate_series(1, 20000) AS n, g
"""


async def test_only_open_orders_of_the_subtree_are_walked_each_once_and_by_their_index(county_database) -> None:
    await county_database.execute(CROWD, MONDAY)
    for table in ("orders", "grids"):
        await county_database.execute(f"ANALYZE {table}")
    for code in ("141123", "141123100", "141123100016"):
        grid = await county_database.fetchrow("SELECT id, lo, hi FROM grids WHERE code = $1", code)
        await retimings.ask(county_database, grid["id"], code, MONDAY)
        walked = []
        async with county_database.transaction() as connection:
            for mode in ("force_custom_plan", "force_generic_plan"):
                await connection.execute(f"SET LOCAL plan_cache_mode = {mode}")
                scan = await _scan(connection, "keys", "orders", f"{grid['lo']}, {grid['hi']}, 0, 0, 0, 7")
                assert (scan["Index Name"], "Filter" in scan) == ("orders_retimed", False)
                assert "grid_id" in scan["Index Cond"]
                assert "ROW(" in scan["Index Cond"], "it goes on where it stopped"
                scan = await _scan(connection, "orders", "orders", "'{1, 1}', '{20, 40}', '{offered}'")
                assert scan["Index Name"] == "orders_pkey"
                scan = await _scan(connection, "events", "events", "'{1, 1}', '{20, 40}'")
                assert scan["Index Name"] == "events_pkey"
            work = await retimings.claim(connection, await retimings.waiting(county_database))
            while keys := await retimings.keys(connection, work, 7):
                walked += [key[1:] for key in keys]
                await retimings.go_on(connection, work, keys[-1], 0)
                work = await retimings.claim(connection, [work.id])
            await retimings.over(connection, work, MONDAY)
            await retimings.over(connection, work, MONDAY)
        inside = await county_database.fetch(
            "SELECT o.region, o.id FROM orders AS o JOIN grids AS g ON g.id = o.grid_id"
            " WHERE g.lo >= $1 AND g.lo < $2 AND state <> 'closed'",
            *grid[1:],
        )
        assert sorted(walked) == sorted(map(tuple, inside)) != []


async def _scan(connection, name, table, values):
    """How a statement finds the rows of a table."""
    statement = await connection.prepare(retimings.SQL[name])
    types = ", ".join(parameter.name for parameter in statement.get_parameters())
    await connection.execute(f"PREPARE looked_at ({types}) AS {retimings.SQL[name]}")
    plan = await connection.fetchval(f"EXPLAIN (FORMAT JSON) EXECUTE looked_at ({values})")
    await connection.execute("DEALLOCATE looked_at")
    (scan,) = [node for node in _nodes(json.loads(plan)[0]["Plan"]) if node.get("Relation Name") == table]
    return scan


def _nodes(plan):
    yield plan
    for below in plan.get("Plans", ()):
        yield from _nodes(below)


async def test_the_index_holds_the_states_that_are_reckoned(database) -> None:
    (predicate,) = await database.fetchrow(
        "SELECT pg_get_expr(indpred, indrelid) FROM pg_index WHERE indexrelid = 'orders_retimed'::regclass"
    )
    among = retimings.SQL["keys"].partition("|| '') IN (")[2].partition(")")[0]
    for text in (predicate, among):
        assert set(re.findall(r"'(\w+)'", text)) == set(RETIMED)
