"""What a temporary branch held goes home when the emergency is over, and nothing is left behind."""

import asyncio
from datetime import timedelta

from structlog.testing import capture_logs

from dispatch.domain.order import Actor, Grant, Member
from dispatch.domain.vocabulary import Action, Matter, Role, State
from dispatch.storage import emergencies as stored
from dispatch.usecases import emergencies
from dispatch.usecases.declaring import Seconded, Temporary
from dispatch.usecases.ledger import verify
from dispatch.usecases.sweeping import ASIDE
from dispatch.usecases.turning import AGAIN, turn


async def test_what_a_temporary_branch_held_goes_home_and_each_order_in_its_own_way(service, flood):
    member, code = await flood.somebody(service, flood.OTHER)
    own, _ = await flood.somebody(service, flood.VILLAGE)
    boss = flood.supervisor(service)
    home = (await flood.file(service)).branch_id
    await emergencies.declare(
        service,
        boss,
        flood.wanted(
            members=(Seconded(code, "防汛临时党支部"),), branches=(Temporary("防汛临时党支部", flood.VILLAGE),)
        ),
        flood.NOW,
    )
    village = service.world.tree.by_code(flood.VILLAGE)
    (temporary,) = [one for one in service.world.branches.on(village.id) if one.kind == "temporary"]
    seconded = Member(member.person_id, (*member.grants, Grant(Role.MEMBER, village.id, temporary.id)))
    waiting, asked, theirs, ours = [await flood.file(service) for _ in range(4)]
    assert {one.branch_id for one in (waiting, asked, theirs, ours)} == {temporary.id} != {home}
    asked = await flood.do(service, asked, boss, action=Action.OFFER, members=(own,))
    for one, who in ((theirs, seconded), (ours, own)):
        offered = await flood.do(service, one, boss, action=Action.OFFER, members=(who,))
        await flood.do(service, offered, Actor(who.person_id, who.grants), action=Action.ACCEPT)
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    assert await turn(service, flood.NOW + flood.DAY) == 1
    after = [await flood.found(service, one) for one in (waiting, asked, theirs, ours)]
    assert [one.branch_id for one in after] == [home] * 4
    assert [one.supervisor_id for one in after] == [home] * 4
    assert [one.state for one in after] == [State.ROUTED, State.ROUTED, State.ROUTED, State.ACCEPTED]
    assert [one.assignee_id for one in after] == [None, None, None, own.person_id]
    told = [
        [event.action for event in await flood.events(service, one) if event.data.get("because") == "emergency_ended"]
        for one in after
    ]
    assert told == [[Action.ROUTE], [Action.ROUTE], [Action.RECALL, Action.ROUTE], [Action.ROUTE]]
    assert await turn(service, flood.NOW + flood.DAY + timedelta(minutes=2)) == 1  # the second walk finds nothing more
    assert [await flood.found(service, one) for one in after] == after
    assert await turn(service, flood.NOW + 2 * flood.DAY) == 0
    assert (await verify(service.database)).findings == []


async def test_nothing_that_stands_still_or_waits_for_a_temporary_branch_is_left_behind(service, flood):
    boss, (own, _) = flood.supervisor(service), await flood.somebody(service, flood.VILLAGE)
    before = await flood.file(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    village = service.world.tree.by_code(flood.VILLAGE)
    (temporary,) = [one for one in service.world.branches.on(village.id) if one.kind == "temporary"]
    handler = Actor(own.person_id, own.grants)

    async def taken(order):
        offered = await flood.do(service, order, boss, action=Action.OFFER, members=(own,))
        return await flood.do(service, offered, handler, action=Action.ACCEPT)

    parked = await taken(await flood.file(service))
    parked = await flood.do(
        service, parked, handler, action=Action.ASK, matter=Matter.PARK, on=(flood.NOW + 30 * flood.DAY).date(), data={}
    )
    parked = await flood.do(service, parked, boss, action=Action.PARK)
    called = await flood.do(service, await taken(before), handler, action=Action.WHISTLE, unit=temporary.id)
    assert (parked.branch_id, [one.branch for one in called.affairs.open_assists()]) == (temporary.id, [temporary.id])
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    assert await turn(service, flood.NOW + flood.DAY) == 1
    still = await flood.found(service, parked)
    assert (still.state, still.branch_id, still.assignee_id) == (State.PARKED, before.branch_id, own.person_id)
    assert (await flood.found(service, called)).affairs.open_assists() == ()
    assert (await verify(service.database)).findings == []


async def test_what_a_process_that_had_not_heard_yet_files_goes_home_with_the_second_walk(service, flood):
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    stale = service.world
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    await turn(service, flood.NOW + flood.DAY)
    service._world = stale
    late = await flood.file(service, now=flood.NOW + flood.DAY)
    assert service.world.branches.get(late.branch_id).kind == "temporary"
    await turn(service, flood.NOW + flood.DAY + timedelta(minutes=1))
    assert service.world.branches.get((await flood.found(service, late)).branch_id).kind != "temporary"


async def test_an_order_that_somebody_has_locked_is_waited_for(service, flood):
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    order = await flood.file(service)
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    async with service.database.transaction() as connection:
        await connection.fetch("SELECT FROM orders FOR UPDATE")
        turning = asyncio.create_task(turn(service, flood.NOW + flood.DAY))
        while not await service.database.fetch("SELECT FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
    await turning
    assert (await flood.kind_of(service, order), await flood.walks(service)) == ("branch", 1)


async def test_one_that_is_locked_for_long_holds_up_none_and_goes_home_afterwards(service, monkeypatch, flood):
    monkeypatch.setattr(stored, "PATIENCE_MS", 50)
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    stuck, other = await flood.file(service), await flood.file(service)
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    now = flood.NOW + flood.DAY
    async with service.database.transaction() as connection:
        await connection.fetch("SELECT FROM orders WHERE id = $1 FOR UPDATE", stuck.id)
        for _ in range(3):
            await turn(service, now)
            now += AGAIN
        assert [await flood.kind_of(service, one) for one in (stuck, other)] == ["temporary", "branch"]
        assert await flood.walks(service) == 0
    await turn(service, now)
    assert (await flood.kind_of(service, stuck), await flood.walks(service)) == ("branch", 1)
    assert await service.database.fetch("SELECT FROM set_aside") == []


async def test_one_that_fails_is_set_aside_with_an_alarm_and_tried_again(service, flood):
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    broken, other = await flood.file(service), await flood.file(service)
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    change = "UPDATE orders SET clocks = $2 WHERE id = $1"
    (whole,) = await service.database.fetchrow("SELECT clocks FROM orders WHERE id = $1", broken.id)
    await service.database.execute(change, broken.id, '{"no such clock": 1}')
    now = flood.NOW + flood.DAY
    with capture_logs() as logs:
        for _ in range(4):
            await turn(service, now)
            now += AGAIN
    assert [log["order"] for log in logs if log["event"] == "order_set_aside"] == [broken.id]
    assert await flood.walks(service) == 0
    await service.database.execute(change, broken.id, whole)
    await turn(service, flood.NOW + flood.DAY + ASIDE)
    assert [await flood.kind_of(service, one) for one in (broken, other)] == ["branch", "branch"]
    assert await service.database.fetch("SELECT FROM set_aside") == []
    await turn(service, flood.NOW + flood.DAY + 2 * ASIDE)
    assert await flood.walks(service) == 2
    assert (await verify(service.database)).findings == []


async def test_what_was_resolved_there_can_be_reopened_where_somebody_answers_for_it(service, flood):
    boss = flood.supervisor(service)
    own, _ = await flood.somebody(service, flood.VILLAGE)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    order = await flood.file(service)
    order = await flood.do(service, order, boss, action=Action.OFFER, members=(own,))
    for action in (Action.ACCEPT, Action.RESOLVE):
        order = await flood.do(service, order, Actor(own.person_id, own.grants), action=action)
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    await turn(service, flood.NOW + flood.DAY)
    order = await flood.found(service, order)
    assert (order.state, await flood.kind_of(service, order)) == (State.RESOLVED, "branch")
    assert service.world.branches.get(order.supervisor_id).active
    assert (await verify(service.database)).findings == []
