"""The board of a branch and the counters of a subtree, through the door their readers take."""

from collections import Counter
from itertools import pairwise
from typing import Any

import pytest

from dispatch.usecases import counters

SECRETARY, MEMBER, COUNTY, COUNTY_SECRETARY = "10001000054", "10001001278", "10001000002", "10001000020"
HERE, TOWN = "B141123100016", "B141123100"


@pytest.fixture
def town(phones) -> str:
    return phones["supervisor of Weifen town"]


async def read(door, path: str, who: str) -> dict[str, Any]:
    status, answer = await door.call("GET", path, who=who)
    assert status == 200, answer
    return answer


def columns(board: dict[str, Any]) -> dict[str, tuple[int, list[str]]]:
    return {one["column"]: (one["count"], [order["id"] for order in one["items"]]) for one in board["columns"]}


async def test_a_secretary_sees_every_order_of_the_branch_in_its_column(door):
    waiting, offered, handled = await door.file(), await door.file(), await door.file()
    for order in (offered, handled):
        await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(handled, "accept", who=MEMBER)
    board = columns(await read(door, "/board", SECRETARY))
    assert board["waiting"] == (1, [waiting["id"]])
    assert board["offered"] == (1, [offered["id"]])
    assert board["handled"] == (1, [handled["id"]])
    assert board["due_today"] == (2, [waiting["id"], offered["id"]])  # to be accepted on the same day
    assert board["overdue"] == board["to_decide"] == (0, [])


async def test_what_is_late_moves_from_due_to_overdue_when_its_time_has_come(door):
    order = await door.file()
    door.wait(hours=30)
    door.tokens.clear()
    board = columns(await read(door, "/board", SECRETARY))
    assert board["due_today"] == (0, [])
    assert board["overdue"] == (1, [order["id"]])
    assert (await read(door, "/counters", SECRETARY))["overdue"] == 1


async def test_a_column_shows_the_most_pressing_and_counts_them_all(door):
    filed = []
    for _ in range(4):
        filed.append((await door.file())["id"])
        door.wait(minutes=1)
    board = columns(await read(door, "/board?limit=2", SECRETARY))
    assert board["waiting"] == (4, filed[:2])


async def test_who_decides_finds_what_was_asked_on_their_own_board(door, phones):
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    await door.act(order, "ask", who=MEMBER, matter="extend", amount="1d", reason="材料未到")
    secretary = phones["secretary of Weifen town"]
    assert columns(await read(door, "/board", secretary))["to_decide"] == (1, [order["id"]])
    assert columns(await read(door, "/board", SECRETARY))["to_decide"] == (0, [])


async def test_as_many_are_counted_to_be_decided_as_are_shown_to_who_decides(door, phones, town):
    asked = []
    for _ in range(3):
        order = await door.file()
        await door.act(order, "offer", who=SECRETARY, member="M0070")
        await door.act(order, "accept", who=MEMBER)
        await door.act(order, "ask", who=MEMBER, matter="extend", amount="1d", reason="材料未到")
        asked.append(order["id"])
        door.wait(minutes=1)
    board = f"/board?branch={TOWN}"
    secretary = phones["secretary of Weifen town"]
    assert columns(await read(door, board, secretary))["to_decide"] == (3, asked)
    assert columns(await read(door, f"{board}&limit=1", secretary))["to_decide"] == (3, asked[:1])
    await door.service.database.execute(
        "UPDATE orders SET assignee_id = (SELECT person_id FROM person_contacts WHERE phone = $1) "
        "WHERE id = (SELECT min(id) FROM orders)",
        secretary,
    )
    # what they handle themselves somebody else decides
    assert columns(await read(door, f"{board}&limit=1", secretary))["to_decide"] == (2, asked[1:2])
    assert columns(await read(door, board, town))["to_decide"] == (3, asked)
    assert columns(await read(door, board, phones["administrator"]))["to_decide"] == (0, [])


async def test_a_board_is_for_those_who_serve_the_branch_or_stand_above_it(door, town):
    assert (await read(door, f"/board?branch={HERE}", town))["branch"]["id"] == HERE
    assert (await read(door, f"/board?branch={HERE}", COUNTY))["branch"]["id"] == HERE
    for who, query in ((SECRETARY, f"?branch={TOWN}"), (MEMBER, ""), (MEMBER, f"?branch={HERE}"), (COUNTY, "")):
        status, problem = await door.call("GET", f"/board{query}", who=who)
        assert (status, problem["code"]) == (403, "not_yours"), (who, query)
    status, problem = await door.call("GET", "/board?branch=nowhere", who=COUNTY)
    assert (status, problem["errors"][0]["field"]) == (422, "branch")


async def test_a_board_shows_of_a_return_what_the_list_of_decisions_does(door, phones):
    order = await door.file()
    await door.act(order, "return", who=SECRETARY, reason_code="beyond_means", reason="没有设备")
    found = {}
    for name, who in phones.items():
        status, board = await door.call("GET", f"/board?branch={TOWN}", who=who)
        if status == 200:
            count, items = columns(board)["to_decide"]
            _, waiting = await door.call("GET", "/decisions", who=who)
            assert count == len(items) == len(waiting["items"]), name
            found[name] = count
    assert set(found.values()) == {0, 1}, found


async def test_the_counters_are_the_same_before_and_after_they_are_folded(door):
    for _ in range(3):
        await door.file()
    ended = await door.file()
    await door.act(ended, "withdraw", code=ended["query_code"])
    before = await read(door, "/counters", COUNTY)
    assert (before["open"], before["by_state"]["routed"]) == (3, 3)
    assert (before["filed_today"], before["ended_today"]) == (4, 1)
    assert before["by_level"] == [3, 0, 0, 0, 0]
    await counters.fold(door.service, door.service.now())
    assert await read(door, "/counters", COUNTY) == before


async def test_a_subtree_is_told_apart_by_what_lies_right_below_it(door, town):
    await door.file()
    await door.file(place={"grid": "141123101200"})
    county = await read(door, "/counters", COUNTY)
    below = {one["grid"]["code"]: one["open"] for one in county["items"]}
    assert Counter(below) == Counter({**dict.fromkeys(below, 0), "141123100": 1, "141123101": 1})
    own = await read(door, "/counters", town)
    assert (own["grid"]["code"], own["open"]) == ("141123100", 1)
    assert {one["grid"]["code"]: one["open"] for one in own["items"]}["141123100016"] == 1
    held = await read(door, "/counters?by=branch", town)
    assert [(one["branch"]["id"], one["open"], one["filed_today"]) for one in held["items"]] == [(HERE, 1, None)]


async def test_what_is_settled_is_counted_for_its_day_alone(door):
    order = await door.file()
    await door.act(order, "withdraw", code=order["query_code"])
    door.wait(hours=24)
    door.tokens.clear()
    answer = await read(door, "/counters", COUNTY)
    assert (answer["open"], answer["filed_today"], answer["ended_today"]) == (0, 0, 0)


async def test_what_has_risen_is_counted_at_its_level(door):
    await door.file()
    for _ in range(3):
        door.wait(hours=30)
        await door.sweep()
    door.tokens.clear()
    answer = await read(door, "/counters", COUNTY)
    assert sum(answer["by_level"][1:]) == answer["open"] == 1


async def test_counters_are_for_those_who_answer_for_the_grid(door, town):
    for who, query in ((MEMBER, ""), (SECRETARY, "?grid=141123"), (town, "?grid=141123101")):
        status, problem = await door.call("GET", f"/counters{query}", who=who)
        assert (status, problem["code"]) == (403, "not_yours"), (who, query)
    assert (await door.call("GET", "/counters"))[0] == 401
    assert (await door.call("GET", "/board"))[0] == 401
    status, problem = await door.call("GET", "/counters?grid=999", who=COUNTY)
    assert status == 422, problem


async def test_counters_name_nobody(door, fits):
    await door.file()
    answer = await read(door, "/counters?by=branch", COUNTY_SECRETARY)
    fits(answer, "CountersAnswer")
    assert "10003000001" not in str(answer)
    board = await read(door, "/board", SECRETARY)
    fits(board, "BoardAnswer")
    assert "10003000001" not in str(board)


async def test_the_mark_of_a_board_changes_when_the_board_does_and_only_then(door, phones):
    async def seen() -> tuple[str, str]:
        found = await read(door, "/board?limit=20", SECRETARY)
        mark = await read(door, "/board/mark", SECRETARY)
        assert mark["branch"] == found["branch"]
        return mark["mark"], str([(one["column"], one["count"], one["items"]) for one in found["columns"]])

    marks = [await seen(), await seen()]
    order, other = await door.file(), await door.file()
    marks += [await seen(), await seen()]
    for action, who, more in (
        ("offer", SECRETARY, {"member": "M0070"}),
        ("accept", MEMBER, {}),
        ("ask", MEMBER, {"matter": "extend", "amount": "2d", "reason": "物料明天才到"}),
        ("extend", phones["secretary of Weifen town"], {}),
    ):
        await door.act(order, action, who=who, **more)
        marks += [await seen(), await seen()]
    door.wait(hours=1)
    await door.act(other, "withdraw", code=other["query_code"])
    marks += [await seen(), await seen()]
    for (mark, board), (following, changed) in pairwise(marks):
        assert (mark == following) == (board == changed)
    assert len({mark for mark, _ in marks}) == 7


async def test_the_mark_of_a_board_is_for_those_who_may_see_it_and_tells_when_an_order_is_late(door, town):
    for who, query, status in ((MEMBER, "", 403), (town, "?branch=B141123", 403), (None, "", 401)):
        assert (await door.call("GET", f"/board/mark{query}", who=who))[0] == status, (who, query)
    await door.file()
    before = await read(door, f"/board/mark?branch={HERE}", town)
    door.wait(hours=10)
    assert (await read(door, f"/board/mark?branch={HERE}", town))["mark"] != before["mark"]
