"""What becomes of people, codes and units when a grid is closed or gets another code: nobody reaches further."""

from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.usecases import reading, tree, tree_preview
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.import_county import import_county
from dispatch.usecases.reading import Narrowed
from dispatch.usecases.tree import Asked
from grid_model.changes import Op, Operation

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOSS = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))
TOWN, EAST, WEST = "141123100", "141123100016", "141123100017"


def asked(*lines):
    return Asked(tuple(Operation(number, *line) for number, line in enumerate(lines, 2)), None, "民政批复")


async def test_whoever_served_a_village_does_not_serve_the_town_it_is_closed_into(small_county) -> None:
    database = small_county.database
    await database.execute(
        "INSERT INTO roles (person_id, role, grid_id, branch_id, valid_from) VALUES (60, 'secretary', 3, 3, NULL),"
        " (58, 'supervisor', 3, NULL, NULL), (57, 'administrator', 3, NULL, '2026-12-01')"
    )
    before = await database.fetch("SELECT FROM roles WHERE grid_id = 2")
    change = asked((Op.CLOSE, EAST, TOWN))
    shown = await tree_preview.preview(small_county, BOSS, change.operations, None, MONDAY)
    ends = {one["role"]: one["ends"] for one in shown["roles"] if one["before"]["code"] == EAST}
    assert (ends["secretary"], ends["supervisor"], ends["administrator"], ends["member"]) == (True, True, True, False)
    await tree.ask(small_county, BOSS, change, MONDAY)
    assert await database.fetch("SELECT FROM roles WHERE grid_id = 2") == before
    ended = await database.fetch("SELECT person_id, valid_to FROM roles WHERE person_id IN (57, 58, 60) ORDER BY 1")
    assert [tuple(row) for row in ended] == [(58, date(2026, 11, 22)), (60, date(2026, 11, 22))]
    members = await database.fetch("SELECT grid_id, branch_id FROM roles WHERE role = 'member' AND grid_id = 3")
    assert {row["branch_id"] for row in members} == {2}, "the town's branch asks them, and they see their own village"


async def test_whoever_served_a_village_serves_the_one_it_is_merged_into(small_county) -> None:
    await small_county.database.execute(
        "INSERT INTO roles (person_id, role, grid_id, branch_id) VALUES (60, 'secretary', 3, 3)"
    )
    await tree.ask(small_county, BOSS, asked((Op.MERGE, EAST, "N1", "新城社区"), (Op.MERGE, WEST, "N1")), MONDAY)
    (row,) = await small_county.database.fetch("SELECT grid_id, valid_to FROM roles WHERE person_id = 60")
    assert (row["grid_id"], row["valid_to"]) == (small_county.world.tree.by_code("N1").id, None)


async def test_the_code_at_the_door_leads_to_the_grid_that_had_it(small_county, tmp_path) -> None:
    await tree.ask(small_county, BOSS, asked((Op.RECODE, EAST, "141123100999")), MONDAY)
    request = Request(
        "0901", "灯坏了", Place(grid=EAST), None, "10003000001", None, None, False, None, None
    )  # fmt: skip
    order = (await submit(small_county, request, Actor(), None, MONDAY)).order
    assert order.grid_id == 3
    reader = Actor(59, (Grant(Role.SUPERVISOR, 1, None),))
    listed, _ = await reading.listing(small_county, Narrowed(grid=EAST), reader, MONDAY)
    assert [one.order.id for one in listed] == [order.id]
    with pytest.raises(errors.Invalid):
        await reading.listing(small_county, Narrowed(grid="nowhere"), reader, MONDAY)

    head = "code,name,level,level_name,kind,parent_code\n"
    (tmp_path / "grids.csv").write_text(f"{head}{EAST},东城,2,村,village,{TOWN}\n", encoding="utf-8")
    report = await import_county(small_county.database, tmp_path)
    assert [(bad.row, bad.reason_key) for bad in report.faults] == [(2, "recoded_grid")]
    assert "141123100999" in report.faults[0].zh


async def test_a_unit_that_an_emergency_has_still_to_set_to_work_keeps_its_grid(small_county) -> None:
    await small_county.database.execute(
        "INSERT INTO emergencies (id, region, grid_id, starts_at, ends_at, reason, declared_at, declared_by)"
        " OVERRIDING SYSTEM VALUE VALUES (1, 1, 2, $1, $2, '山洪', $3, 1)",
        MONDAY + 2 * HOUR,
        MONDAY + 50 * HOUR,
        MONDAY,
    )
    await small_county.database.execute(
        "INSERT INTO branches (id, code, name, kind, grid_id, active, emergency_id)"
        " VALUES (200, '0E1-01', '抗洪', 'temporary', 3, false, 1)"
    )
    with pytest.raises(errors.Invalid) as refused:
        await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    assert "平急转换" in refused.value.data["faults"][0]["zh"]
