"""A change of the tree that waits for its day: it means what it meant, asks again whether it may, holds up no other."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.storage import tree as versions
from dispatch.usecases import tree
from dispatch.usecases.ledger import verify
from dispatch.usecases.tree import Asked
from grid_model.changes import Op, Operation

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TUESDAY = MONDAY + timedelta(days=1)
NEXT_DAY = TUESDAY.date()
HOUR = timedelta(hours=1)
BOSS = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))
EAST, WEST, SOUTH, NORTH = "141123100016", "141123100017", "141123101200", "141123102200"


def asked(*lines, on=NEXT_DAY):
    return Asked(tuple(Operation(number, *line) for number, line in enumerate(lines, 2)), on, "民政批复")


@pytest.fixture
async def county(small_county):
    """The small county, in whose books the asker administers all."""
    await small_county.database.execute("INSERT INTO roles (person_id, role, grid_id) VALUES (1, 'administrator', 1)")
    return small_county


async def states(service):
    return {one["number"]: one["state"] for one in (await tree.listing(service, BOSS, None, 20)).items}


async def test_it_is_refused_where_a_code_means_another_grid_by_its_day(county) -> None:
    low = Actor(1, (Grant(Role.ADMINISTRATOR, 2, None),))
    waits = await tree.ask(county, low, asked((Op.RENAME, EAST, None, "我的村")), MONDAY)
    await tree.ask(county, BOSS, asked((Op.RECODE, EAST, "141123100999"), (Op.RECODE, SOUTH, EAST), on=None), MONDAY)
    assert await tree.apply_due(county, TUESDAY) == 0
    assert "我的村" not in {grid.name for grid in county.world.tree.grids()}
    assert (await states(county))[waits["number"]] == "refused"


async def test_it_is_refused_where_whoever_asked_does_not_administer_it_any_more(county) -> None:
    waits = await tree.ask(county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    await county.database.execute("UPDATE people SET active = false WHERE id = 1")
    assert await tree.apply_due(county, TUESDAY) == 0
    assert county.world.tree.by_code(EAST).active
    row = next(one for one in (await tree.listing(county, BOSS, None, 9)).items if one["number"] == waits["number"])
    assert "不再管理" in row["faults"][0]["zh"]


async def test_one_that_fails_holds_up_no_other_and_no_code_is_in_the_way(county) -> None:
    await tree.ask(county, BOSS, asked((Op.RECODE, EAST, "~4"), on=None), MONDAY)
    first = await tree.ask(county, BOSS, asked((Op.RECODE, WEST, "W2")), MONDAY)
    broken = await tree.ask(county, BOSS, asked((Op.RENAME, SOUTH, None, "好村")), MONDAY)
    last = await tree.ask(county, BOSS, asked((Op.RENAME, NORTH, None, "好村")), MONDAY)
    await county.database.execute("UPDATE tree_versions SET operations = '[{}]' WHERE number = $1", broken["number"])
    assert await tree.apply_due(county, TUESDAY) == 2
    await county.database.execute("DELETE FROM tree_versions WHERE number = $1", broken["number"])
    assert {(await states(county))[one["number"]] for one in (first, last)} == {"applied"}
    assert county.world.tree.grid(4).code == "W2"


async def test_it_waits_on_while_only_an_emergency_stands_against_it(county) -> None:
    waits = await tree.ask(county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    await county.database.execute(
        "INSERT INTO emergencies (region, grid_id, starts_at, ends_at, reason, declared_at, declared_by)"
        " VALUES (1, 3, $1, $2, '山洪', $1, 1)",
        MONDAY,
        TUESDAY,
    )
    assert await tree.apply_due(county, TUESDAY) == 0
    assert (await states(county))[waits["number"]] == "waiting"
    await county.database.execute("UPDATE emergencies SET homed = 2")
    assert await tree.apply_due(county, TUESDAY + HOUR) == 1


async def test_it_may_be_taken_back_until_its_day(county) -> None:
    waits = await tree.ask(county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    with pytest.raises(errors.NotYours):
        await tree.cancel(county, Actor(59, (Grant(Role.SUPERVISOR, 1, None),)), waits["number"], MONDAY)
    with pytest.raises(errors.VersionNotFound):
        await tree.cancel(county, BOSS, 99, MONDAY)
    for _ in range(2):
        assert (await tree.cancel(county, BOSS, waits["number"], MONDAY))["state"] == "cancelled"
    assert await tree.apply_due(county, TUESDAY) == 0
    done = await tree.ask(county, BOSS, asked((Op.RENAME, EAST, None, "新"), on=None), TUESDAY)
    with pytest.raises(errors.VersionOver):
        await tree.cancel(county, BOSS, done["number"], TUESDAY)
    told = await county.database.fetch("SELECT data ->> 'did' AS did FROM county_events ORDER BY number")
    assert [row["did"] for row in told] == ["asked", "cancelled", "applied"]
    assert (await verify(county.database)).findings == []


async def test_nobody_plans_the_tree_of_far_years(county) -> None:
    with pytest.raises(errors.Invalid):
        await tree.ask(county, BOSS, asked((Op.CLOSE, EAST, WEST), on=date(9999, 12, 31)), MONDAY)


async def test_nobody_stands_at_the_door_while_the_tree_is_being_changed(county, monkeypatch) -> None:
    monkeypatch.setattr(versions, "PAUSE_S", 0.01)
    async with county.database.transaction() as connection:
        await versions.lock(connection)
        with pytest.raises(errors.TreeBusy):
            await tree.ask(county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)


async def test_who_supervises_a_village_reads_of_no_other(county) -> None:
    await tree.ask(county, BOSS, asked((Op.RENAME, NORTH, None, "好村"), on=None), MONDAY)
    there, elsewhere = (Actor(59, (Grant(Role.SUPERVISOR, at, None),)) for at in (1, 3))
    assert len((await tree.listing(county, there, None, 20)).items) == 1
    assert (await tree.listing(county, elsewhere, None, 20)).items == []
