"""Who may declare an emergency and what makes sense, and who is told of it."""

import asyncio
from dataclasses import replace

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.usecases import emergencies
from dispatch.usecases.declaring import Seconded


async def test_two_never_overlap_in_nested_subtrees_at_the_same_time(service, flood):
    root = service.world.tree.root.code
    chief = flood.supervisor(service, root)
    await emergencies.declare(service, chief, flood.wanted(branches=()), flood.NOW)
    for asked in (flood.wanted(grid=grid, branches=()) for grid in (root, flood.TOWNSHIP, flood.VILLAGE)):
        for starts_at, ends_at in (
            (flood.NOW + flood.DAY, flood.NOW + 2 * flood.DAY),
            (flood.NOW + 2 * flood.DAY, flood.NOW + 9 * flood.DAY),
            (None, flood.NOW + 9 * flood.DAY),
        ):
            with pytest.raises(errors.EmergencyOverlaps):
                await emergencies.declare(
                    service, chief, replace(asked, starts_at=starts_at, ends_at=ends_at), flood.NOW
                )
    after = flood.wanted(
        grid=flood.VILLAGE, branches=(), starts_at=flood.NOW + 3 * flood.DAY, ends_at=flood.NOW + 4 * flood.DAY
    )
    beside = flood.wanted(
        grid=flood.OTHER, branches=(), starts_at=flood.NOW + flood.DAY, ends_at=flood.NOW + 2 * flood.DAY
    )
    for other in (after, beside):
        await emergencies.declare(service, chief, other, flood.NOW)
    assert [one["id"] for one in await emergencies.listing(service, chief, flood.NOW, running=True, most=9)] == [
        2,
        3,
        1,
    ]


async def test_of_two_declared_at_the_same_moment_one_is_refused(service, flood):
    boss = flood.supervisor(service)
    tried = await asyncio.gather(
        *(emergencies.declare(service, boss, flood.wanted(), flood.NOW) for _ in range(3)), return_exceptions=True
    )
    assert [type(one) for one in tried].count(errors.EmergencyOverlaps) == 2


async def test_what_makes_no_sense_is_refused_field_by_field_and_nothing_is_kept(service, flood):
    for change, fields in flood.NONSENSE:
        with pytest.raises(errors.Invalid) as refused:
            await emergencies.declare(service, flood.supervisor(service), flood.wanted(**change), flood.NOW)
        assert {fault["field"] for fault in refused.value.data["faults"]} == fields
    assert await emergencies.listing(service, flood.supervisor(service), flood.NOW, running=False, most=9) == []
    assert await service.database.fetch("SELECT FROM county_events") == []


async def test_only_a_supervisor_at_or_above_the_grid_declares_extends_or_ends(service, flood):
    boss = flood.supervisor(service)
    others = (
        flood.supervisor(service, flood.VILLAGE),
        flood.supervisor(service, flood.OTHER),
        Actor(1, (Grant(Role.SECRETARY, service.world.tree.root.id, None),)),
        Actor(),
    )
    for other in others:
        with pytest.raises(errors.NotYours):
            await emergencies.declare(service, other, flood.wanted(), flood.NOW)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW)
    for other in others:
        with pytest.raises(errors.NotYours):
            await emergencies.end(service, other, 1, flood.NOW)
        with pytest.raises(errors.NotYours):
            await emergencies.extend(service, other, 1, flood.NOW + 4 * flood.DAY, flood.NOW)
    with pytest.raises(errors.EmergencyNotFound):
        await emergencies.end(service, boss, 99, flood.NOW)


async def test_who_serves_through_it_and_why_is_told_to_those_who_answer_for_something_there(service, flood):
    person, code = await flood.somebody(service, flood.OTHER)
    boss = flood.supervisor(service)
    await emergencies.declare(
        service,
        boss,
        flood.wanted(members=(Seconded(code, "防汛临时党支部"), Seconded("P9", "防汛临时党支部"))),
        flood.NOW,
    )
    grid = service.world.tree.by_code

    async def told(actor):
        (one,) = await emergencies.listing(service, actor, flood.NOW, running=True, most=9)
        return one["reason"], [each["person"] for each in one["members"]]

    everything = "山洪", sorted([code, "P9"])
    for role, at in ((Role.SECRETARY, flood.VILLAGE), (Role.SUPERVISOR, "141123"), (Role.ADMINISTRATOR, "141123")):
        assert await told(Actor(1, (Grant(role, grid(at).id, None),))) == everything
    assert await told(Actor(1, (Grant(Role.MEMBER, grid(flood.VILLAGE).id, None),))) == (None, [])
    elsewhere = Grant(Role.SECRETARY, grid(flood.OTHER).id, None)
    seconded = (*person.grants, Grant(Role.MEMBER, grid(flood.VILLAGE).id, None), elsewhere)
    assert await told(Actor(person.person_id, seconded)) == (None, [code])


async def test_what_was_asked_for_from_elsewhere_is_marked_on_the_ledger(service, flood):
    boss = flood.supervisor(service)
    await emergencies.declare(service, boss, flood.wanted(), flood.NOW, by="console")
    await emergencies.extend(service, boss, 1, flood.NOW + 5 * flood.DAY, flood.NOW, by="console")
    await emergencies.end(service, boss, 1, flood.NOW + flood.DAY)
    rows = await service.database.fetch("SELECT data ->> 'by' AS by FROM county_events ORDER BY number")
    assert [row["by"] for row in rows] == ["console", None, "console", None, None]
