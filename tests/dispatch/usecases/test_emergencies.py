"""平急转换 on a small county: other rules for a while, and afterwards everything is as it was."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from structlog.testing import capture_logs

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import Actor, Command, Grant, Member
from dispatch.domain.vocabulary import Action, Clock, Matter, Mode, Role, State
from dispatch.storage import emergencies as stored
from dispatch.storage import orders
from dispatch.storage.orders import Saved
from dispatch.usecases import emergencies
from dispatch.usecases.declaring import Seconded, Temporary, Wanted
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.ledger import verify
from dispatch.usecases.retiming import retime
from dispatch.usecases.sweeping import ASIDE
from dispatch.usecases.turning import AGAIN, turn
from grid_model.tree import Tree

NOW = datetime(2026, 7, 22, 2, tzinfo=UTC)  # ten in the morning of a Wednesday
TOWNSHIP, VILLAGE, OTHER = "141123100", "141123100016", "141123101200"
DAY = timedelta(days=1)


@pytest.fixture
def service(small_county):
    return small_county


def supervisor(service, code=TOWNSHIP, person=1):
    return Actor(person, (Grant(Role.SUPERVISOR, service.world.tree.by_code(code).id, None),))


async def somebody(service, code):
    """A member who serves in another village than the one where the temporary branch is: (person, code, grants)."""
    world = service.world
    low, high = world.tree.interval(world.tree.by_code(code).id)
    row = await service.database.fetchrow(
        """SELECT p.id, p.code, r.grid_id, r.branch_id FROM roles AS r JOIN people AS p ON p.id = r.person_id
        JOIN grids AS g ON g.id = r.grid_id
        WHERE r.role = 'member' AND g.lo >= $1 AND g.lo < $2
          AND (SELECT count(*) FROM roles AS o WHERE o.person_id = p.id) = 1 ORDER BY p.id LIMIT 1""",
        low, high,
    )  # fmt: skip
    return Member(row["id"], (Grant(Role.MEMBER, row["grid_id"], row["branch_id"]),)), row["code"]


def wanted(**change):
    return replace(Wanted(TOWNSHIP, None, NOW + 3 * DAY, "山洪", (Temporary("防汛临时党支部", VILLAGE),), ()), **change)


async def file(service, grid=VILLAGE, category="0901", now=NOW):
    request = Request(category, "水进屋了", Place(grid=grid), None, "10003000001", None, None, False, None, None)
    return (await submit(service, request, Actor(), None, now)).order


async def do(service, order, actor, now=NOW, **command):
    outcome = act(order, Command(**command), actor, now, service.world)
    assert await orders.save(service.database, [Saved(outcome, order.version, now, now)])
    return outcome.order


async def found(service, order):
    return (await orders.find(service.database, order.region, order.id)).order


async def events(service, order):
    return [event for event, _, _ in await orders.events(service.database, order.region, order.id)]


async def picture(service, at):
    """Everything an emergency may touch: who serves and where, what is active, where matters go, by which rules."""
    await service.reload()
    world = service.world
    tree: Tree = world.tree
    roles = await service.database.fetch("SELECT person_id, role, grid_id, branch_id, valid_from, valid_to FROM roles")
    routes = {
        (grid.id, category): getattr(world.branches.nearest(grid.id, category, owner), "id", None)
        for grid in tree.grids()
        for category, owner in (("0901", "P"), ("0101", "G"), ("0201", "D"))
    }
    return {
        "roles": sorted(map(str, roles)),
        "branches": [branch for branch in world.branches if branch.active],
        "routes": routes,
        "modes": {grid.id: world.mode_at(grid.id, at) for grid in tree.grids()},
        "rules": (world.policy, world.emergency, world.calendar),
    }


async def test_afterwards_everything_is_as_it_was_and_all_of_it_on_the_ledger(service):
    _, code = await somebody(service, OTHER)
    before = await picture(service, NOW)
    plan = wanted(
        members=(Seconded(code, "防汛临时党支部"),),
        branches=(Temporary("防汛临时党支部", VILLAGE, secretary=code), Temporary("转移安置临时党支部", TOWNSHIP)),
    )
    made = await emergencies.declare(service, supervisor(service), plan, NOW)
    during = await picture(service, NOW)
    assert made["stage"] == "active"
    assert all(during[part] != before[part] for part in ("roles", "branches", "routes", "modes"))
    village = service.world.tree.by_code(VILLAGE).id
    assert service.world.branches.get(during["routes"][village, "0901"]).name == "防汛临时党支部"
    assert during["routes"][village, "0201"] == before["routes"][village, "0201"]  # desks are as they were
    later = NOW + 3 * DAY
    assert await turn(service, later - timedelta(microseconds=1)) == 0
    assert service.world.mode_at(village, later) is Mode.NORMAL  # the rules change with the clock, not with the job
    assert await turn(service, later) == 1
    assert await picture(service, later) == before | {"modes": dict.fromkeys(before["modes"], Mode.NORMAL)}
    rows = await service.database.fetch("SELECT data ->> 'what' AS what, actor_id FROM county_events ORDER BY number")
    assert [tuple(row) for row in rows] == [("declared", 1), ("begun", None), ("restored", None)]
    assert (await verify(service.database)).findings == []


async def test_what_a_temporary_branch_held_goes_home_and_each_order_in_its_own_way(service):
    member, code = await somebody(service, OTHER)
    own, _ = await somebody(service, VILLAGE)
    boss = supervisor(service)
    home = (await file(service)).branch_id
    await emergencies.declare(
        service,
        boss,
        wanted(members=(Seconded(code, "防汛临时党支部"),), branches=(Temporary("防汛临时党支部", VILLAGE),)),
        NOW,
    )
    village = service.world.tree.by_code(VILLAGE)
    (temporary,) = [one for one in service.world.branches.on(village.id) if one.kind == "temporary"]
    seconded = Member(member.person_id, (*member.grants, Grant(Role.MEMBER, village.id, temporary.id)))
    waiting, asked, theirs, ours = [await file(service) for _ in range(4)]
    assert {one.branch_id for one in (waiting, asked, theirs, ours)} == {temporary.id} != {home}
    asked = await do(service, asked, boss, action=Action.OFFER, members=(own,))
    for one, who in ((theirs, seconded), (ours, own)):
        offered = await do(service, one, boss, action=Action.OFFER, members=(who,))
        await do(service, offered, Actor(who.person_id, who.grants), action=Action.ACCEPT)
    await emergencies.end(service, boss, 1, NOW + DAY)
    assert await turn(service, NOW + DAY) == 1
    after = [await found(service, one) for one in (waiting, asked, theirs, ours)]
    assert [one.branch_id for one in after] == [home] * 4
    assert [one.supervisor_id for one in after] == [home] * 4
    assert [one.state for one in after] == [State.ROUTED, State.ROUTED, State.ROUTED, State.ACCEPTED]
    assert [one.assignee_id for one in after] == [None, None, None, own.person_id]
    told = [
        [event.action for event in await events(service, one) if event.data.get("because") == "emergency_ended"]
        for one in after
    ]
    assert told == [[Action.ROUTE], [Action.ROUTE], [Action.RECALL, Action.ROUTE], [Action.ROUTE]]
    assert await turn(service, NOW + DAY + timedelta(minutes=2)) == 1  # the second walk finds nothing more
    assert [await found(service, one) for one in after] == after
    assert await turn(service, NOW + 2 * DAY) == 0
    assert (await verify(service.database)).findings == []


async def test_nothing_that_stands_still_or_waits_for_a_temporary_branch_is_left_behind(service):
    boss, (own, _) = supervisor(service), await somebody(service, VILLAGE)
    before = await file(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    village = service.world.tree.by_code(VILLAGE)
    (temporary,) = [one for one in service.world.branches.on(village.id) if one.kind == "temporary"]
    handler = Actor(own.person_id, own.grants)

    async def taken(order):
        offered = await do(service, order, boss, action=Action.OFFER, members=(own,))
        return await do(service, offered, handler, action=Action.ACCEPT)

    parked = await taken(await file(service))
    parked = await do(
        service, parked, handler, action=Action.ASK, matter=Matter.PARK, on=(NOW + 30 * DAY).date(), data={}
    )
    parked = await do(service, parked, boss, action=Action.PARK)
    called = await do(service, await taken(before), handler, action=Action.WHISTLE, unit=temporary.id)
    assert (parked.branch_id, [one.branch for one in called.affairs.open_assists()]) == (temporary.id, [temporary.id])
    await emergencies.end(service, boss, 1, NOW + DAY)
    assert await turn(service, NOW + DAY) == 1
    still = await found(service, parked)
    assert (still.state, still.branch_id, still.assignee_id) == (State.PARKED, before.branch_id, own.person_id)
    assert (await found(service, called)).affairs.open_assists() == ()
    assert (await verify(service.database)).findings == []


async def test_what_a_process_that_had_not_heard_yet_files_goes_home_with_the_second_walk(service):
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    stale = service.world
    await emergencies.end(service, boss, 1, NOW + DAY)
    await turn(service, NOW + DAY)
    service._world = stale
    late = await file(service, now=NOW + DAY)
    assert service.world.branches.get(late.branch_id).kind == "temporary"
    await turn(service, NOW + DAY + timedelta(minutes=1))
    assert service.world.branches.get((await found(service, late)).branch_id).kind != "temporary"


async def kind_of(service, order):
    return service.world.branches.get((await found(service, order)).branch_id).kind


async def walks(service):
    return (await service.database.fetchrow("SELECT homed FROM emergencies"))["homed"]


async def test_an_order_that_somebody_has_locked_is_waited_for(service):
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    order = await file(service)
    await emergencies.end(service, boss, 1, NOW + DAY)
    async with service.database.transaction() as connection:
        await connection.fetch("SELECT FROM orders FOR UPDATE")
        turning = asyncio.create_task(turn(service, NOW + DAY))
        while not await service.database.fetch("SELECT FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
    await turning
    assert (await kind_of(service, order), await walks(service)) == ("branch", 1)


async def test_one_that_is_locked_for_long_holds_up_none_and_goes_home_afterwards(service, monkeypatch):
    monkeypatch.setattr(stored, "PATIENCE_MS", 50)
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    stuck, other = await file(service), await file(service)
    await emergencies.end(service, boss, 1, NOW + DAY)
    now = NOW + DAY
    async with service.database.transaction() as connection:
        await connection.fetch("SELECT FROM orders WHERE id = $1 FOR UPDATE", stuck.id)
        for _ in range(3):
            await turn(service, now)
            now += AGAIN
        assert [await kind_of(service, one) for one in (stuck, other)] == ["temporary", "branch"]
        assert await walks(service) == 0
    await turn(service, now)
    assert (await kind_of(service, stuck), await walks(service)) == ("branch", 1)
    assert await service.database.fetch("SELECT FROM set_aside") == []


async def test_one_that_fails_is_set_aside_with_an_alarm_and_tried_again(service):
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    broken, other = await file(service), await file(service)
    await emergencies.end(service, boss, 1, NOW + DAY)
    change = "UPDATE orders SET clocks = $2 WHERE id = $1"
    (whole,) = await service.database.fetchrow("SELECT clocks FROM orders WHERE id = $1", broken.id)
    await service.database.execute(change, broken.id, '{"no such clock": 1}')
    now = NOW + DAY
    with capture_logs() as logs:
        for _ in range(4):
            await turn(service, now)
            now += AGAIN
    assert [log["order"] for log in logs if log["event"] == "order_set_aside"] == [broken.id]
    assert await walks(service) == 0
    await service.database.execute(change, broken.id, whole)
    await turn(service, NOW + DAY + ASIDE)
    assert [await kind_of(service, one) for one in (broken, other)] == ["branch", "branch"]
    assert await service.database.fetch("SELECT FROM set_aside") == []
    await turn(service, NOW + DAY + 2 * ASIDE)
    assert await walks(service) == 2
    assert (await verify(service.database)).findings == []


async def test_what_was_resolved_there_can_be_reopened_where_somebody_answers_for_it(service):
    boss = supervisor(service)
    own, _ = await somebody(service, VILLAGE)
    await emergencies.declare(service, boss, wanted(), NOW)
    order = await file(service)
    order = await do(service, order, boss, action=Action.OFFER, members=(own,))
    for action in (Action.ACCEPT, Action.RESOLVE):
        order = await do(service, order, Actor(own.person_id, own.grants), action=action)
    await emergencies.end(service, boss, 1, NOW + DAY)
    await turn(service, NOW + DAY)
    order = await found(service, order)
    assert (order.state, await kind_of(service, order)) == (State.RESOLVED, "branch")
    assert service.world.branches.get(order.supervisor_id).active
    assert (await verify(service.database)).findings == []


@pytest.mark.parametrize("called_off", [False, True])
async def test_what_was_filed_while_the_scheduler_slept_keeps_no_clock_of_the_emergency(service, called_off):
    boss = supervisor(service)
    before = await file(service, category="0101", now=NOW)
    await emergencies.declare(service, boss, wanted(starts_at=NOW + DAY, ends_at=NOW + 2 * DAY), NOW)
    at = NOW + DAY + timedelta(hours=1)
    meanwhile = await file(service, category="0101", now=at)
    assert meanwhile.promises[Clock.RESOLVE] - at < before.promises[Clock.RESOLVE] - NOW
    end = at + timedelta(minutes=1) if called_off else NOW + 2 * DAY
    if called_off:
        await emergencies.end(service, boss, 1, end)
    await turn(service, end)
    await retime(service, end)
    fresh = await file(service, category="0101", now=end)
    assert (await found(service, meanwhile)).promises[Clock.RESOLVE] - at == fresh.promises[Clock.RESOLVE] - end
    assert await walks(service) == 2
    assert await turn(service, end + timedelta(minutes=5)) == 0
    rows = await service.database.fetch("SELECT data ->> 'what' AS what FROM county_events ORDER BY number")
    assert [row["what"] for row in rows] == ["declared", *["ended"][:called_off], "lapsed"]


async def test_it_begins_and_is_restored_once_however_many_schedulers_turn(service):
    start = NOW + DAY
    boss = supervisor(service)
    made = await emergencies.declare(service, boss, wanted(starts_at=start), NOW)
    village = service.world.tree.by_code(VILLAGE).id
    assert made["stage"] == "planned"
    assert service.world.mode_at(village, NOW) is Mode.NORMAL
    assert service.world.mode_at(village, start) is Mode.EMERGENCY
    assert sum(await asyncio.gather(*(turn(service, start) for _ in range(4)))) >= 1
    await asyncio.gather(*(turn(service, NOW + 3 * DAY) for _ in range(4)))
    rows = await service.database.fetch("SELECT data ->> 'what' AS what FROM county_events ORDER BY number")
    assert [row["what"] for row in rows] == ["declared", "begun", "restored"]
    asked = await service.database.fetch("SELECT because FROM retimings ORDER BY id")
    assert [row["because"] for row in asked] == ["emergency_began", "emergency_ended"]


async def test_open_deadlines_follow_the_rules_there_and_back(service):
    order = await file(service, category="0101")
    await emergencies.declare(service, supervisor(service), wanted(branches=()), NOW)
    await retime(service, NOW)
    during = await found(service, order)
    assert during.promises != order.promises
    await emergencies.end(service, supervisor(service), 1, NOW + timedelta(minutes=1))
    await retime(service, NOW + timedelta(minutes=1))
    assert (await found(service, order)).promises == order.promises


async def test_one_that_is_called_off_before_its_time_never_begins(service):
    before = await picture(service, NOW)
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(starts_at=NOW + DAY), NOW)
    made = await emergencies.end(service, boss, 1, NOW + timedelta(hours=1))
    assert (made["stage"], made["begun_at"], made["branches"][0]["name"]) == ("over", None, "防汛临时党支部")
    assert await turn(service, NOW + 2 * DAY) == 0
    assert await picture(service, NOW) == before


async def test_it_lasts_longer_where_it_is_extended(service):
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW)
    made = await emergencies.extend(service, boss, 1, NOW + 5 * DAY, NOW + DAY)
    assert datetime.fromisoformat(made["ends_at"]) == NOW + 5 * DAY
    assert await turn(service, NOW + 4 * DAY) == 0
    with pytest.raises(errors.Invalid):
        await emergencies.extend(service, boss, 1, NOW + 4 * DAY, NOW + DAY)
    with pytest.raises(errors.Invalid):
        await emergencies.extend(service, boss, 1, NOW + 91 * DAY, NOW + DAY)
    with pytest.raises(errors.EmergencyOver):
        await emergencies.extend(service, boss, 1, NOW + 9 * DAY, NOW + 5 * DAY)


async def test_two_never_overlap_in_nested_subtrees_at_the_same_time(service):
    root = service.world.tree.root.code
    chief = supervisor(service, root)
    await emergencies.declare(service, chief, wanted(branches=()), NOW)
    for asked in (wanted(grid=grid, branches=()) for grid in (root, TOWNSHIP, VILLAGE)):
        for starts_at, ends_at in ((NOW + DAY, NOW + 2 * DAY), (NOW + 2 * DAY, NOW + 9 * DAY), (None, NOW + 9 * DAY)):
            with pytest.raises(errors.EmergencyOverlaps):
                await emergencies.declare(service, chief, replace(asked, starts_at=starts_at, ends_at=ends_at), NOW)
    after = wanted(grid=VILLAGE, branches=(), starts_at=NOW + 3 * DAY, ends_at=NOW + 4 * DAY)
    beside = wanted(grid=OTHER, branches=(), starts_at=NOW + DAY, ends_at=NOW + 2 * DAY)
    for other in (after, beside):
        await emergencies.declare(service, chief, other, NOW)
    assert [one["id"] for one in await emergencies.listing(service, chief, NOW, running=True, most=9)] == [2, 3, 1]


async def test_of_two_declared_at_the_same_moment_one_is_refused(service):
    boss = supervisor(service)
    tried = await asyncio.gather(
        *(emergencies.declare(service, boss, wanted(), NOW) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in tried].count(errors.EmergencyOverlaps) == 2


NONSENSE = (
    ({"ends_at": NOW}, {"ends_at"}),
    ({"starts_at": NOW - DAY, "ends_at": NOW - timedelta(hours=1)}, {"starts_at", "ends_at"}),
    ({"starts_at": NOW - DAY}, {"starts_at"}),
    ({"ends_at": NOW + 91 * DAY}, {"ends_at"}),
    ({"starts_at": NOW + 91 * DAY, "ends_at": NOW + 92 * DAY}, {"starts_at"}),
    ({"branches": (Temporary("甲", OTHER), Temporary("甲", VILLAGE))}, {"branches.0.grid", "branches.1.name"}),
    ({"branches": (Temporary("甲", "nowhere"),)}, {"branches.0.grid"}),
    ({"members": (Seconded("nobody", "防汛临时党支部"),)}, {"members"}),
    ({"members": (Seconded("nobody", "elsewhere"),)}, {"members.0.branch"}),
    ({"grid": "nowhere"}, {"grid"}),
    (
        {"starts_at": datetime(9999, 12, 1, tzinfo=UTC), "ends_at": datetime.max.replace(tzinfo=UTC)},
        {"starts_at", "ends_at"},
    ),
    ({"starts_at": datetime.min.replace(tzinfo=UTC)}, {"starts_at"}),
    ({"reason": "洪" * 2001}, {"reason"}),
    ({"reason": " \n"}, {"reason"}),
    ({"reason": "山\x00洪"}, {"reason"}),
    ({"branches": (Temporary("名" * 101, VILLAGE),)}, {"branches.0.name"}),
    ({"branches": (Temporary("两\n行", VILLAGE),)}, {"branches.0.name"}),
)


async def test_what_makes_no_sense_is_refused_field_by_field_and_nothing_is_kept(service):
    for change, fields in NONSENSE:
        with pytest.raises(errors.Invalid) as refused:
            await emergencies.declare(service, supervisor(service), wanted(**change), NOW)
        assert {fault["field"] for fault in refused.value.data["faults"]} == fields
    assert await emergencies.listing(service, supervisor(service), NOW, running=False, most=9) == []
    assert await service.database.fetch("SELECT FROM county_events") == []


async def test_only_a_supervisor_at_or_above_the_grid_declares_extends_or_ends(service):
    boss = supervisor(service)
    others = (
        supervisor(service, VILLAGE),
        supervisor(service, OTHER),
        Actor(1, (Grant(Role.SECRETARY, service.world.tree.root.id, None),)),
        Actor(),
    )
    for other in others:
        with pytest.raises(errors.NotYours):
            await emergencies.declare(service, other, wanted(), NOW)
    await emergencies.declare(service, boss, wanted(), NOW)
    for other in others:
        with pytest.raises(errors.NotYours):
            await emergencies.end(service, other, 1, NOW)
        with pytest.raises(errors.NotYours):
            await emergencies.extend(service, other, 1, NOW + 4 * DAY, NOW)
    with pytest.raises(errors.EmergencyNotFound):
        await emergencies.end(service, boss, 99, NOW)


async def test_who_serves_through_it_and_why_is_told_to_those_who_answer_for_something_there(service):
    person, code = await somebody(service, OTHER)
    boss = supervisor(service)
    await emergencies.declare(
        service, boss, wanted(members=(Seconded(code, "防汛临时党支部"), Seconded("P9", "防汛临时党支部"))), NOW
    )
    grid = service.world.tree.by_code

    async def told(actor):
        (one,) = await emergencies.listing(service, actor, NOW, running=True, most=9)
        return one["reason"], [each["person"] for each in one["members"]]

    everything = "山洪", sorted([code, "P9"])
    for role, at in ((Role.SECRETARY, VILLAGE), (Role.SUPERVISOR, "141123"), (Role.ADMINISTRATOR, "141123")):
        assert await told(Actor(1, (Grant(role, grid(at).id, None),))) == everything
    assert await told(Actor(1, (Grant(Role.MEMBER, grid(VILLAGE).id, None),))) == (None, [])
    elsewhere = Grant(Role.SECRETARY, grid(OTHER).id, None)
    seconded = (*person.grants, Grant(Role.MEMBER, grid(VILLAGE).id, None), elsewhere)
    assert await told(Actor(person.person_id, seconded)) == (None, [code])


async def test_what_was_asked_for_from_elsewhere_is_marked_on_the_ledger(service):
    boss = supervisor(service)
    await emergencies.declare(service, boss, wanted(), NOW, by="console")
    await emergencies.extend(service, boss, 1, NOW + 5 * DAY, NOW, by="console")
    await emergencies.end(service, boss, 1, NOW + DAY)
    rows = await service.database.fetch("SELECT data ->> 'by' AS by FROM county_events ORDER BY number")
    assert [row["by"] for row in rows] == ["console", None, "console", None, None]
