"""The tree changes under open orders: all of it or nothing, every order carried over, the past as it was."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
import shapely

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Action, Role, State
from dispatch.storage import rows
from dispatch.usecases import carrying, reading, tree, tree_preview
from dispatch.usecases.carrying import carry_over
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.import_county import import_county
from dispatch.usecases.ledger import verify
from dispatch.usecases.tree import Asked
from grid_model.changes import Op, Operation

MONDAY = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)  # Monday 09:00 in Shanghai
HOUR = timedelta(hours=1)
BOSS = Actor(1, (Grant(Role.ADMINISTRATOR, 1, None),))
SUPERVISOR = Actor(59, (Grant(Role.SUPERVISOR, 1, None),))
EAST, WEST, SOUTH, NORTH = "141123100016", "141123100017", "141123101200", "141123102200"


def asked(*lines, on=None, key=None):
    operations = tuple(Operation(number, *line) for number, line in enumerate(lines, 2))
    return Asked(operations, on, "民政批复", key)


async def file(service, grid, at=MONDAY, *, category="0901", place=None):
    request = Request(
        category, "灯坏了", place or Place(grid=grid), None, "10003000001", None, None, False, None, None
    )  # fmt: skip
    return (await submit(service, request, Actor(), None, at)).order


async def found(service):
    return {one["id"]: rows.order(one) for one in await service.database.fetch("SELECT * FROM orders")}


async def told(service):
    events = await service.database.fetch("SELECT * FROM events WHERE action = 'transfer' ORDER BY order_id, version")
    return [rows.event(row) for row in events]


async def a_minute_later(service):
    await service.database.execute("UPDATE transfers SET not_before = not_before - interval '1 hour'")


async def a_boss_on_the_books(service):
    """Let whoever asks administer the county in the books, too, and return the next day."""
    await service.database.execute("INSERT INTO roles (person_id, role, grid_id) VALUES (1, 'administrator', 1)")
    return (MONDAY + timedelta(days=1)).date()


async def done(service, now):
    while await service.database.fetch("SELECT FROM transfers WHERE done_at IS NULL"):
        await a_minute_later(service)
        await carry_over(service, now)


async def test_a_closed_village_gives_its_orders_and_people_to_its_successor(small_county) -> None:
    order = await file(small_county, EAST)
    made = await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY + HOUR)
    assert (made["number"], made["state"], made["orders_carried"]) == (1, "applied", 0)
    assert await carry_over(small_county, MONDAY + HOUR) == 1

    moved = (await found(small_county))[order.id]
    assert (moved.grid_id, moved.branch_id) == (4, 4)
    assert (moved.state, moved.clocks, moved.promises) == (order.state, order.clocks, order.promises)
    (event,) = await told(small_county)
    assert event.action is Action.TRANSFER
    want = {"grid": 4, "grid_before": 3, "path_before": "兴县 / 蔚汾镇 / 东城社区", "because": "close"}
    assert want.items() <= event.data.items()
    branch = small_county.world.branches.get(3)
    assert (branch.active, branch.grid_id) == (False, 4)
    count = "SELECT count(*) FROM roles WHERE branch_id = $1 AND grid_id = $1"
    assert [(await small_county.database.fetchrow(count, at))[0] for at in (3, 4)] == [0, 24]
    assert small_county.world.places.by_code(EAST).grid_id == 4, "the code at the door still leads somewhere"
    assert (await verify(small_county.database)).findings == []
    await done(small_county, MONDAY + HOUR)
    assert len(await told(small_county)) == 1, "each order once"


async def test_history_keeps_the_path_as_it_was(small_county) -> None:
    order = await file(small_county, EAST)
    lines = ((Op.RENAME, EAST, None, "晋绥社区"), (Op.RECODE, EAST, "141123101300"), (Op.MOVE, EAST, "141123101"))
    await tree.ask(small_county, BOSS, asked(*lines), MONDAY + HOUR)
    await done(small_county, MONDAY + HOUR)
    way = await reading.way(small_county, (order.region, order.id), SUPERVISOR)
    assert way["place"]["grid"] == {"code": EAST, "name": "东城社区", "path": "兴县 / 蔚汾镇 / 东城社区"}
    now = await reading.order(small_county, (order.region, order.id), SUPERVISOR, MONDAY + HOUR)
    assert now["grid"] == {"code": "141123101300", "name": "晋绥社区", "path": "兴县 / 魏家滩镇 / 晋绥社区"}
    assert await told(small_county) == [], "nothing about the order itself has changed"
    assert small_county.world.places.by_address("东城社区第三排").grid_id == 3, "people go on saying the old name"
    assert small_county.world.places.by_address("晋绥社区第三排").grid_id == 3
    kept = await small_county.database.fetch("SELECT code, path, valid_to FROM grid_versions")
    assert [tuple(row) for row in kept] == [(EAST, "兴县 / 蔚汾镇 / 东城社区", MONDAY + HOUR)]


async def test_a_split_sends_each_order_where_its_point_lies_and_the_others_to_whoever_is_above(small_county) -> None:
    def box(left, right):
        return shapely.to_wkb(shapely.box(left, 30, right, 31))

    await small_county.database.execute("INSERT INTO grid_polygons VALUES (3, $1)", box(110, 112))
    await small_county.reload()
    east = await file(small_county, None, place=Place(lon=110.5, lat=30.5))
    west = await file(small_county, None, place=Place(lon=111.5, lat=30.5))
    unknown = await file(small_county, EAST)
    assert {one.grid_id for one in (east, west, unknown)} == {3}
    first = (Op.SPLIT, EAST, "141123100201", "河东社区", None, None, box(110, 111))
    second = (Op.SPLIT, EAST, "141123100202", "河西社区", None, None, box(111, 112))
    shown = await tree_preview.preview(small_county, BOSS, asked(first, second).operations, None, MONDAY)
    assert [one["name"] for one in shown["new_grids"]] == ["河东社区", "河西社区"]
    assert (shown["orders"]["total"], shown["orders"]["items"][0]["to"]["name"]) == (3, "蔚汾镇")
    assert await found(small_county) == {one.id: one for one in (east, west, unknown)}, "a preview writes nothing"

    await tree.ask(small_county, BOSS, asked(first, second), MONDAY + HOUR)
    await done(small_county, MONDAY + HOUR)
    after, by_code = await found(small_county), small_county.world.tree.by_code
    assert after[east.id].grid_id == by_code("141123100201").id
    assert after[west.id].grid_id == by_code("141123100202").id
    assert after[unknown.id].grid_id == 2
    assert after[east.id].branch_id == 3, "the branch goes with the first part"
    assert {after[west.id].branch_id, after[unknown.id].branch_id} == {2}, "who held it is not above it any more"
    assert (await verify(small_county.database)).findings == []


async def test_with_a_fault_nothing_happens_and_all_of_them_are_told(small_county) -> None:
    await small_county.database.execute(
        "INSERT INTO emergencies (region, grid_id, starts_at, ends_at, reason, declared_at, declared_by)"
        " VALUES (1, 8, $1, $1, '山洪', $1, 1)",
        MONDAY,
    )
    lines = ((Op.RENAME, "X", None, "新"), (Op.MOVE, "141123", EAST), (Op.RECODE, "141123", "141124"))
    with pytest.raises(errors.Invalid) as refused:
        await tree.ask(small_county, BOSS, asked(*lines, (Op.RENAME, WEST, None, "好")), MONDAY)
    fields = [one["field"] for one in refused.value.data["faults"]]
    assert {"operations.2", "operations.3", "operations.4"} == set(fields)
    with pytest.raises(errors.Invalid, match="invalid") as refused:
        await tree.ask(small_county, BOSS, asked((Op.CLOSE, NORTH, "141123102")), MONDAY)
    assert "平急转换" in refused.value.data["faults"][0]["zh"]
    assert await small_county.database.fetch("SELECT FROM tree_versions UNION ALL SELECT FROM grid_versions") == []
    assert small_county.world.tree.by_code(WEST).name == "西城社区"


@pytest.mark.parametrize(
    "actor", [SUPERVISOR, Actor(1, (Grant(Role.ADMINISTRATOR, 2, None),)), Actor(1, (Grant(Role.MEMBER, 1, None),))]
)
async def test_only_who_administers_all_of_it_may(small_county, actor) -> None:
    with pytest.raises(errors.NotYours):
        await tree.ask(small_county, actor, asked((Op.MOVE, EAST, "141123101")), MONDAY)


async def test_a_day_to_come_waits_for_the_scheduler_and_a_tree_that_has_moved_on_is_not_forced(small_county) -> None:
    tomorrow = await a_boss_on_the_books(small_county)
    waits = await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST), on=tomorrow), MONDAY)
    late = await tree.ask(small_county, BOSS, asked((Op.RENAME, EAST, None, "新"), on=tomorrow), MONDAY)
    assert (waits["state"], late["state"]) == ("waiting", "waiting")
    assert await tree.apply_due(small_county, MONDAY + HOUR) == 0
    assert small_county.world.tree.grid(3).active
    assert await tree.apply_due(small_county, MONDAY + timedelta(days=1)) == 1
    assert not small_county.world.tree.grid(3).active
    states = [(one["number"], one["state"]) for one in (await tree.listing(small_county, BOSS, None, 20)).items]
    assert states == [(late["number"], "refused"), (waits["number"], "applied")]
    subjects = await small_county.database.fetch("SELECT data ->> 'did' AS did FROM county_events ORDER BY number")
    assert [row["did"] for row in subjects] == ["asked", "asked", "applied", "refused"]
    assert (await verify(small_county.database)).findings == []


async def test_the_same_request_changes_the_tree_once(small_county) -> None:
    same = asked((Op.RENAME, EAST, None, "新"), key=b"k" * 32 + b"b" * 32)
    one, other = await asyncio.gather(*(tree.ask(small_county, BOSS, same, MONDAY) for _ in range(2)))
    assert one == other
    again = asked((Op.RENAME, EAST, None, "又"), key=b"k" * 32 + b"c" * 32)
    with pytest.raises(errors.KeyReused):
        await tree.ask(small_county, BOSS, again, MONDAY)
    assert small_county.world.tree.grid(3).name == "新"


async def test_carrying_over_goes_on_where_it_was_cut_off(small_county, monkeypatch) -> None:
    monkeypatch.setattr(carrying, "BATCH", 3)
    placed = [await file(small_county, EAST) for _ in range(10)]
    await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY + HOUR)
    real, calls = carrying.whole_or_singly, []

    async def dying(*arguments):
        calls.append(1)
        if len(calls) == 3:
            raise RuntimeError("cut off")
        return await real(*arguments)

    monkeypatch.setattr(carrying, "whole_or_singly", dying)
    with pytest.raises(RuntimeError):
        await carry_over(small_county, MONDAY + HOUR)
    assert len(await told(small_county)) == 6
    assert await carry_over(small_county, MONDAY + HOUR) == 4
    assert [event.order_id for event in await told(small_county)] == [order.id for order in placed]


async def test_an_order_that_cannot_be_read_is_set_aside_and_tried_again(small_county) -> None:
    good, bad = [await file(small_county, EAST) for _ in range(2)]
    await small_county.database.execute("UPDATE orders SET urgency = 'none' WHERE id = $1", bad.id)
    await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY + HOUR)
    assert await carry_over(small_county, MONDAY + HOUR) == 1
    assert [row["order_id"] for row in await small_county.database.fetch("SELECT * FROM set_aside")] == [bad.id]
    await small_county.database.execute("UPDATE orders SET urgency = 'general' WHERE id = $1", bad.id)
    await done(small_county, MONDAY + HOUR)
    assert {one.grid_id for one in (await found(small_county)).values()} == {4}
    assert await small_county.database.fetch("SELECT * FROM set_aside") == []
    assert good.id != bad.id


async def test_what_is_filed_by_the_tree_before_is_found_by_the_second_walk(small_county) -> None:
    await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    assert await carry_over(small_county, MONDAY) == 0
    order = await file(small_county, WEST)
    await small_county.database.execute("UPDATE orders SET grid_id = 3 WHERE id = $1", order.id)  # as one late would
    await a_minute_later(small_county)
    assert await carry_over(small_county, MONDAY) == 1


async def test_who_has_the_same_role_on_both_sides_keeps_it_once(small_county) -> None:
    await small_county.database.execute(
        "INSERT INTO roles (person_id, role, grid_id, branch_id, valid_to) VALUES"
        " (60, 'secretary', 3, 3, NULL), (60, 'secretary', 4, 4, '2026-12-31')"
    )
    await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    kept = await small_county.database.fetch("SELECT grid_id, branch_id, valid_to FROM roles WHERE person_id = 60")
    assert [tuple(row) for row in kept] == [(4, 4, None)]


async def test_after_one_change_upon_another_every_open_order_has_a_grid_and_a_branch_that_are_there(
    small_county,
) -> None:
    filed = [await file(small_county, grid) for grid in (EAST, WEST, SOUTH, NORTH, "141123100") for _ in range(3)]
    lists = (
        ((Op.MERGE, EAST, "141123100300", "新城社区"), (Op.MERGE, WEST, "141123100300")),
        ((Op.MOVE, "141123100300", "141123102"), (Op.RECODE, SOUTH, NORTH), (Op.RECODE, NORTH, SOUTH)),
        ((Op.CLOSE, "141123101", "141123102"), (Op.RENAME, "141123102", None, "瓦塘街道")),
        ((Op.SPLIT, "141123100300", "141123100300"), (Op.SPLIT, "141123100300", "N", "新区", "141123100")),
    )
    for number, lines in enumerate(lists, 1):
        now = MONDAY + number * HOUR
        await tree.ask(small_county, BOSS, asked(*lines), now)
        await done(small_county, now)
        world, after = small_county.world, await found(small_county)
        assert after.keys() == {order.id for order in filed}
        for order in filed:
            one = after[order.id]
            assert world.tree.grid(one.grid_id).active
            branch = world.branches.get(one.branch_id)
            assert branch.active
            assert world.tree.within(one.grid_id, branch.grid_id)
            assert (one.promises, one.clocks, one.state) == (order.promises, order.clocks, State.ROUTED)
        assert (await verify(small_county.database)).findings == []


async def test_an_import_says_what_it_leaves_out_and_cannot_name_what_was_closed(small_county, tmp_path) -> None:
    await tree.ask(small_county, BOSS, asked((Op.CLOSE, EAST, WEST)), MONDAY)
    head = "code,name,level,level_name,kind,parent_code\n"
    (tmp_path / "grids.csv").write_text(f"{head}141123,兴县,0,县,county,\n", encoding="utf-8")
    report = await import_county(small_county.database, tmp_path)
    assert (report.faults, report.left_out) == ((), 6)
    (tmp_path / "grids.csv").write_text(f"{head}{EAST},东城,2,村,village,141123100\n", encoding="utf-8")
    report = await import_county(small_county.database, tmp_path)
    assert [(bad.row, bad.reason_key) for bad in report.faults] == [(2, "closed_grid")]
