"""The rules change under open orders: each is reckoned anew once, and its old promise stays on the ledger."""

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain.policy import DEFAULT, EMERGENCY
from dispatch.domain.policy_file import Policies
from dispatch.domain.vocabulary import Action, Clock
from dispatch.settings import Settings
from dispatch.storage import rows
from dispatch.usecases import calendars, policy, retiming
from dispatch.usecases.calendars import By
from dispatch.usecases.ledger import verify
from dispatch.usecases.retiming import BATCH, retime
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import sweep

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
HOUR = timedelta(hours=1)
SLOWER = DEFAULT.overridden([("general", "", "accept", "2wd"), ("general", "", "resolve", "10d")])
EVENTS = "SELECT * FROM events WHERE action = 'retime' ORDER BY order_id, version"


async def _policy(service, wanted, now):
    await policy.replace(service.database, service.world, Policies(wanted, EMERGENCY), None, now)


async def _orders(service):
    return {row["id"]: rows.order(row) for row in await service.database.fetch("SELECT * FROM orders")}


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
    real, calls = retiming._batch, []

    async def dying(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("cut off")
        return await real(*arguments)

    monkeypatch.setattr(retiming, "_batch", dying)
    with pytest.raises(RuntimeError):
        await retime(service, MONDAY + HOUR)
    monkeypatch.setattr(retiming, "_batch", real)
    await retime(service, MONDAY + HOUR)
    doubled = await service.database.fetch(
        "SELECT FROM events WHERE action = 'retime' GROUP BY order_id HAVING count(*) > 1"
    )
    assert doubled == []
    waiting = await service.database.fetch("SELECT FROM retimings WHERE done_at IS NULL")
    assert waiting == []


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
