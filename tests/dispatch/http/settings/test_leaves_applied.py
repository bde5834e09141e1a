"""Leaves whose day comes are applied whole and once, whatever stands in the way."""

import asyncio

import pytest

from dispatch.domain import errors, numbers
from dispatch.settings import Settings
from dispatch.usecases import settings
from dispatch.usecases.service import Service
from dispatch.usecases.settings import apply_leaves


async def test_a_leave_to_come_is_applied_when_its_day_comes_and_once_however_many_do_it(door, team) -> None:
    assert (await team.leave(door, team.TOMORROW, team.SUNDAY))["running"] is False
    team.later(door, hours=14)  # late in the evening of the day before
    assert await apply_leaves(door.service, door.service.now()) == 0
    order = await team.offered(door, team.MEMBER)
    team.later(door, hours=1)
    done = await asyncio.gather(*(apply_leaves(door.service, door.service.now()) for _ in range(4)))
    assert sum(done) == 1
    assert await apply_leaves(door.service, door.service.now()) == 0
    assert len(await team.events(door, order, "decline")) == 1


async def test_a_leave_that_is_cut_off_while_it_is_applied_is_applied_later_and_whole(door, team) -> None:
    await team.leave(door, team.TOMORROW, team.SUNDAY)
    first, second = await team.offered(door, team.MEMBER), await team.offered(door, team.MEMBER)
    team.later(door, hours=15)
    now = door.service.now()
    async with door.service.database.transaction() as connection:  # somebody holds the later of the two orders
        await connection.fetch("SELECT FROM orders ORDER BY id DESC LIMIT 1 FOR UPDATE")
        task = asyncio.create_task(apply_leaves(door.service, now))
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not await team.events(door, first, "decline")
    assert await apply_leaves(door.service, now) == 1
    for order in (first, second):
        assert len(await team.events(door, order, "decline")) == 1


async def test_a_leave_that_can_not_be_applied_holds_up_no_other(door, team) -> None:
    broken, order = await team.offered(door, team.OTHER), await team.offered(door, team.MEMBER)
    for who in (team.OTHER, team.MEMBER):
        await team.leave(door, team.TOMORROW, team.SUNDAY, who)
    team.later(door, hours=15)
    parsed = numbers.parse(broken["id"])
    await door.service.database.execute("UPDATE orders SET urgency = 'soon' WHERE id = $1", parsed[1])
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert len(await team.events(door, order, "decline")) == 1
    await door.service.database.execute("UPDATE orders SET urgency = 'general' WHERE id = $1", parsed[1])
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert len(await team.events(door, broken, "decline")) == 1


async def test_of_very_many_offers_the_first_are_given_back_at_once_and_the_others_soon(
    door, monkeypatch, team
) -> None:
    assert settings.BATCH > 2
    monkeypatch.setattr(settings, "BATCH", 2)
    handled = [await team.offered(door, team.MEMBER) for _ in range(3)]
    for order in handled:
        await door.act(order, "accept", who=team.MEMBER)
    waiting = [await team.offered(door, team.MEMBER) for _ in range(5)]
    leave = await team.leave(door, team.TODAY, team.SUNDAY)
    assert leave["returned"] == [order["id"] for order in waiting[:2]]
    assert leave["asked"] == [order["id"] for order in handled], "whoever handles something handles little"
    door.wait(minutes=10)
    await asyncio.gather(*(apply_leaves(door.service, door.service.now()) for _ in range(3)))
    for order in waiting:
        assert len(await team.events(door, order, "decline")) == 1
    for order in handled:
        assert len(await team.events(door, order, "note")) == 1


async def test_a_leave_that_the_database_is_too_slow_for_holds_up_no_other(door, team) -> None:
    slow, order = await team.offered(door, team.OTHER), await team.offered(door, team.MEMBER)
    for who in (team.OTHER, team.MEMBER):
        await team.leave(door, team.TOMORROW, team.SUNDAY, who)
    team.later(door, hours=15)
    database = await door.service.database.fetchrow("SELECT current_database() AS name")
    await door.service.database.execute(f'ALTER DATABASE "{database["name"]}" SET statement_timeout = 1000')
    world = door.service.world  # to read it may take longer than that
    impatient = await Service.open(Settings(), door.service.database.url, connections=2, world=world)
    try:
        async with door.service.database.transaction() as connection:  # somebody holds the order of the first leave
            await connection.fetch("SELECT FROM orders WHERE id = $1 FOR UPDATE", numbers.parse(slow["id"])[1])
            for _ in range(2):
                with pytest.raises(errors.Unavailable):
                    await apply_leaves(impatient, door.service.now())
                assert len(await team.events(door, order, "decline")) == 1
        assert await apply_leaves(impatient, door.service.now()) == 1
    finally:
        await impatient.close()
    assert len(await team.events(door, slow, "decline")) == 1


async def test_what_the_system_offers_while_a_leave_is_taken_is_given_back_soon(door, team) -> None:
    database = door.service.database
    order = await door.file()
    await database.execute("UPDATE people SET capacity = 0 WHERE code <> $1", team.CODES[team.MEMBER])
    door.wait(hours=2, minutes=30)
    async with database.transaction() as connection:  # the sweep has read who serves, and is about to save the offer
        await connection.execute("LOCK TABLE events IN SHARE MODE")
        sweeping = asyncio.create_task(door.sweep())
        while not sweeping.done() and not (await database.fetch("SELECT FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.01)
        leave = await team.leave(door, team.TODAY, team.SUNDAY)
    await sweeping
    assert leave["returned"] == []
    assert (await team.seen(door, order))["state"] == "offered"
    door.wait(minutes=5)
    assert await apply_leaves(door.service, door.service.now()) == 0
    (declined,) = await team.events(door, order, "decline")
    assert (declined["actor"], declined["data"]["because"]) == (team.CODES[team.MEMBER], "leave")


async def test_a_leave_that_was_over_before_anybody_looked_gives_nothing_back(door, team) -> None:
    await team.leave(door, team.TOMORROW, team.TOMORROW)
    order = await team.offered(door, team.MEMBER)
    team.later(door, days=3)
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert not await team.events(door, order, "decline")
