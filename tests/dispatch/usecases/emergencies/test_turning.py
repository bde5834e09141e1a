"""Other rules for a while, and afterwards everything is as it was."""

import asyncio
from datetime import datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.vocabulary import Clock, Mode
from dispatch.usecases import emergencies
from dispatch.usecases.declaring import Seconded, Temporary
from dispatch.usecases.ledger import verify
from dispatch.usecases.retiming import retime
from dispatch.usecases.turning import turn


async def test_afterwards_everything_is_as_it_was_and_all_of_it_on_the_ledger(service, flood):
    _, code = await flood.somebody(service, flood.OTHER)
    before = await flood.picture(service, flood.NOW)
    plan = flood.wanted(
        members=(Seconded(code, "防汛临时党支部"),),
        branches=(
            Temporary("防汛临时党支部", flood.VILLAGE, secretary=code),
            Temporary("转移安置临时党支部", flood.TOWNSHIP),
        ),
    )
    made = await emergencies.declare(service, flood.supervisor(service), plan, flood.NOW)
    during = await flood.picture(service, flood.NOW)
    assert made["stage"] == "active"
    assert all(during[part] != before[part] for part in ("roles", "branches", "routes", "modes"))
    village = service.world.tree.by_code(flood.VILLAGE).id
    assert service.world.branches.get(during["routes"][village, "0901"]).name == "防汛临时党支部"
    assert during["routes"][village, "0201"] == before["routes"][village, "0201"]  # desks are as they were
    later = flood.NOW + 3 * flood.DAY
    assert await turn(service, later - timedelta(microseconds=1)) == 0
    assert service.world.mode_at(village, later) is Mode.NORMAL  # the rules change with the clock, not with the job
    assert await turn(service, later) == 1
    assert await flood.picture(service, later) == before | {"modes": dict.fromkeys(before["modes"], Mode.NORMAL)}
    rows = await service.database.fetch("SELECT data ->> 'what' AS what, actor_id FROM county_events ORDER BY number")
    assert [tuple(row) for row in rows] == [("declared", 1), ("begun", None), ("restored", None)]
    assert (await verify(service.database)).findings == []


@pytest.mark.parametrize("called_off", [False, True])
async def test_what_was_filed_while_the_scheduler_slept_keeps_no_clock_of_the_emergency(service, called_off, flood):
    boss = flood.supervisor(service)
    before = await flood.file(service, category="0101", now=flood.NOW)
    await emergencies.declare(
        service, boss, flood.wanted(starts_at=flood.NOW + flood.DAY, ends_at=flood.NOW + 2 * flood.DAY), flood.NOW
    )
    at = flood.NOW + flood.DAY + timedelta(hours=1)
    meanwhile = await flood.file(service, category="0101", now=at)
    assert meanwhile.promises[Clock.RESOLVE] - at < before.promises[Clock.RESOLVE] - flood.NOW
    end = at + timedelta(minutes=1) if called_off else flood.NOW + 2 * flood.DAY
    if called_off:
        await emergencies.end(service, boss, 1, end)
    await turn(service, end)
    await retime(service, end)
    fresh = await flood.file(service, category="0101", now=end)
    assert (await flood.found(service, meanwhile)).promises[Clock.RESOLVE] - at == fresh.promises[Clock.RESOLVE] - end
    assert await flood.walks(service) == 2
    assert await turn(service, end + timedelta(minutes=5)) == 0
    rows = await service.database.fetch("SELECT data ->> 'what' AS what FROM county_events ORDER BY number")
    assert [row["what"] for row in rows] == ["declared", *["ended"][:called_off], "lapsed"]


async def test_it_begins_and_is_restored_once_however_many_schedulers_turn(service, flood):
    start = flood.NOW + flood.DAY
    boss = flood.supervisor(service)
    made = await emergencies.declare(service, boss, flood.wanted(starts_at=start), flood.NOW)
    village = service.world.tree.by_code(flood.VILLAGE).id
    assert made["stage"] == "planned"
    assert service.world.mode_at(village, flood.NOW) is Mode.NORMAL
    assert service.world.mode_at(village, start) is Mode.EMERGENCY
    assert sum(await asyncio.gather(*(turn(service, start) for _ in range(4)))) >= 1
    await asyncio.gather(*(turn(service, flood.NOW + 3 * flood.DAY) for _ in range(4)))
    rows = await service.database.fetch("SELECT data ->> 'what' AS what FROM county_events ORDER BY number")
    assert [row["what"] for row in rows] == ["declared", "begun", "restored"]
    asked = await service.database.fetch("SELECT because FROM retimings ORDER BY id")
    assert [row["because"] for row in asked] == ["emergency_began", "emergency_ended"]


async def test_open_deadlines_follow_the_rules_there_and_back(service, flood):
    order = await flood.file(service, category="0101")
    await emergencies.declare(service, flood.supervisor(service), flood.wanted(branches=()), flood.NOW)
    await retime(service, flood.NOW)
    during = await flood.found(service, order)
    assert during.promises != order.promises
    await emergencies.end(service, flood.supervisor(service), 1, flood.NOW + timedelta(minutes=1))
    await retime(service, flood.NOW + timedelta(minutes=1))
    assert (await flood.found(service, order)).promises == order.promises


async def test_one_that_is_called_off_before_its_time_never_begins(service, flood):
    before = await flood.picture(service, flood.NOW)
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(starts_at=flood.NOW + flood.DAY), flood.NOW)
    made = await emergencies.end(service, boss, 1, flood.NOW + timedelta(hours=1))
    assert (made["stage"], made["begun_at"], made["branches"][0]["name"]) == ("over", None, "防汛临时党支部")
    assert await turn(service, flood.NOW + 2 * flood.DAY) == 0
    assert await flood.picture(service, flood.NOW) == before


async def test_it_lasts_longer_where_it_is_extended(service, flood):
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    made = await emergencies.extend(service, boss, 1, flood.NOW + 5 * flood.DAY, flood.NOW + flood.DAY)
    assert datetime.fromisoformat(made["ends_at"]) == flood.NOW + 5 * flood.DAY
    assert await turn(service, flood.NOW + 4 * flood.DAY) == 0
    with pytest.raises(errors.Invalid):
        await emergencies.extend(service, boss, 1, flood.NOW + 4 * flood.DAY, flood.NOW + flood.DAY)
    with pytest.raises(errors.Invalid):
        await emergencies.extend(service, boss, 1, flood.NOW + 91 * flood.DAY, flood.NOW + flood.DAY)
    with pytest.raises(errors.EmergencyOver):
        await emergencies.extend(service, boss, 1, flood.NOW + 9 * flood.DAY, flood.NOW + 5 * flood.DAY)
