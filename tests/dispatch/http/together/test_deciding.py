"""What is returned or asked for, and decided one level up."""

from datetime import datetime, timedelta

import pytest


async def test_a_return_goes_to_the_township_and_on_to_the_right_desk(door, town, fits, work) -> None:
    order = await door.file()
    before = await work.look(door, order)
    wrong = {"reason_code": "other_department", "reason": "路灯归市政", "unit": "nobody"}
    assert await work.refused(door, order, "return", who=work.SECRETARY, **wrong) == (422, "invalid")
    assert await work.refused(door, order, "return", who=work.SECRETARY, reason_code="other_department") == (
        422,
        "invalid",
    )
    assert await work.refused(door, order, "return", who=town, **{**wrong, "unit": work.DESK}) == (403, "not_yours")

    given = {**wrong, "unit": work.DESK, "category": "0201"}
    path, key = f"/orders/{order['id']}/actions", {"Idempotency-Key": "return-1"}
    status, back = await door.call("POST", path, who=work.SECRETARY, json={"action": "return", **given}, headers=key)
    assert status == 200, back
    rows = await door.rows()
    status, again = await door.call("POST", path, who=work.SECRETARY, json={"action": "return", **given}, headers=key)
    assert (status, again["version"]) == (200, back["version"])
    assert await door.rows() == rows, "a key acts once"
    assert (back["branch"]["id"], back["returns"], back["state"]) == (work.TOWN, 1, "routed")
    pending = back["pending"]
    assert (pending["matter"], pending["decider"]["id"], pending["branch"]["id"]) == ("return", work.TOWN, work.HERE)
    assert (pending["reason_code"], pending["reason"]) == ("other_department", "路灯归市政")
    assert (pending["suggested"]["id"], pending["category"]) == (work.DESK, "0201")

    assert await work.decisions(door, town, fits) == [order["id"]]
    assert await work.decisions(door, work.SECRETARY, fits) == []
    (item,) = await work.listed(door, "/decisions", town, "Decisions", fits)
    assert item["order"]["pending"]["reason"] == "路灯归市政"
    assert (item["due"], item["overdue"]) == (pending["due"], False)
    resident = await work.look(door, order)
    assert (resident["pending"]["label"]["zh"], resident["pending"]["due"]) == ("退单", pending["due"])
    assert [resident["pending"][name] for name in ("reason", "reason_code", "suggested", "category")] == [None] * 4
    assert resident["promises"] == before["promises"], "a return gains nobody any time"

    grid = resident["grid"]["code"]
    moved = await door.act(order, "route", who=town, grid=grid, category="0201", unit=work.DESK)
    assert (moved["branch"]["id"], moved["pending"], moved["state"]) == (work.DESK, None, "routed")
    assert await work.decisions(door, town, fits) == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert "路灯归市政" not in str(told)
    assert "suggested" not in str(told)
    _, inside = await door.call("GET", f"/orders/{order['id']}/events", who=town)
    (event,) = [one for one in inside["items"] if one["action"] == "return"]
    assert (event["data"]["suggested"], event["data"]["reason_code"]) == (work.DESK, "other_department")
    assert not {"affairs", "tell"} & set(event["data"])
    assert event["texts"] == {"internal_reason": "路灯归市政"}


async def test_after_two_returns_the_superior_s_decision_binds(door, town, work) -> None:
    order = await door.file()
    given = {"reason_code": "beyond_means", "reason": "没有设备"}
    for _ in range(2):
        await door.act(order, "return", who=work.SECRETARY, **given)
        assert await work.refused(door, order, "refuse", who=town) == (422, "invalid")
        back = await door.act(order, "refuse", who=town, reason="由你支部办理")
        assert (back["branch"]["id"], back["pending"]) == (work.HERE, None)
    assert "return" not in (await work.look(door, order, work.SECRETARY))["actions"]
    assert await work.refused(door, order, "return", who=work.SECRETARY, **given) == (409, "returns_binding")


async def test_an_extension_is_asked_and_granted_one_level_up_twice_at_most(door, town, fits, work) -> None:
    order = await work.accepted(door)
    promised = datetime.fromisoformat((await work.look(door, order))["promises"]["resolve"])
    ask = {"matter": "extend", "reason": "配件周五才到"}
    for wrong in ({}, {"amount": "3x"}, {"amount": "0d"}, {"amount": "3d", "on": "2026-12-01"}, {"amount": "3wd"}):
        assert await work.refused(door, order, "ask", who=work.MEMBER, **ask, **wrong) == (422, "invalid"), wrong
    for count in (1, 2):
        asked = await door.act(order, "ask", who=work.MEMBER, **ask, amount="1d")
        assert (asked["pending"]["matter"], asked["pending"]["amount"]) == ("extend", "1d")
        assert await work.refused(door, order, "ask", who=work.SECRETARY, matter="complex", reason="难") == (
            409,
            "already_asked",
        )
        for who in (work.MEMBER, work.SECRETARY):
            assert await work.refused(door, order, "extend", who=who) == (403, "not_yours"), "one level up decides"
        granted = await door.act(order, "extend", who=town, reason="情况属实")
        assert granted["extensions"] == count
        later = datetime.fromisoformat(granted["promises"]["resolve"])
        assert later == promised + count * timedelta(days=1)
    assert await work.refused(door, order, "ask", who=work.MEMBER, **ask, amount="1d") == (409, "extended_before")
    resident = await work.look(door, order)
    assert "配件周五才到" not in str(resident)
    assert await work.decisions(door, town, fits) == []


async def test_what_is_complex_has_a_month_once_the_superior_says_so(door, town, work) -> None:
    order = await work.accepted(door)
    await door.act(order, "ask", who=work.SECRETARY, matter="complex", reason="涉及多户")
    assert await work.refused(door, order, "complex", who=town) == (422, "invalid")
    granted = await door.act(order, "complex", who=town, reason="同意，月底前拿出方案")
    assert (granted["urgency"], granted["pending"]) == ("complex", None)


async def test_a_parked_order_shows_its_plan_and_resumes_on_its_day(door, town, work) -> None:
    order = await work.accepted(door)
    ask = {"matter": "park", "reason": "等开春解冻后重铺管道"}
    assert await work.refused(door, order, "ask", who=work.MEMBER, **ask) == (422, "invalid")
    assert await work.refused(door, order, "ask", who=work.MEMBER, **ask, on="2026-11-23") == (422, "invalid")
    assert await work.refused(door, order, "ask", who=work.MEMBER, **ask, on="2028-01-01") == (422, "invalid")
    await door.act(order, "ask", who=work.MEMBER, **ask, on="2026-12-03")
    parked = await door.act(order, "park", who=town)
    assert (parked["state"], parked["overdue"]) == ("parked", False)
    resident = await work.look(door, order)
    assert resident["plan"] == "等开春解冻后重铺管道"
    assert datetime.fromisoformat(resident["parked_until"]) == door.service.now() + timedelta(days=10)
    for who, found in ((town, [order["id"]]), (work.SECRETARY, [order["id"]])):
        _, page = await door.call("GET", "/orders?state=parked", who=who)
        assert [one["id"] for one in page["items"]] == found
    await work.later(door, days=9)
    assert (await work.look(door, order))["state"] == "parked"
    await work.later(door, days=1, minutes=1)
    resumed = await work.look(door, order)
    assert (resumed["state"], resumed["parked_until"], resumed["plan"]) == ("accepted", None, None)
    before, after = parked["promises"]["resolve"], resumed["promises"]["resolve"]
    assert datetime.fromisoformat(after) == datetime.fromisoformat(before) + timedelta(days=10)


@pytest.mark.parametrize("path", ["/decisions", "/assists", "/follow-ups"])
async def test_a_list_of_what_waits_is_for_those_who_are_logged_in_and_has_pages(door, path: str, work) -> None:
    assert (await door.call("GET", path))[0] == 401
    for query in ("?limit=0", "?limit=101", "?cursor=x", "?cursor=WzEsMl0", "?state=routed"):
        status, problem = await door.call("GET", path + query, who=work.COUNTY)
        assert (status, problem["code"]) == (422, "invalid"), query
    assert await door.call("GET", path, who=work.COUNTY) == (200, {"items": [], "next": None})


async def test_what_waits_for_a_decision_comes_first_due_first_page_by_page(door, town, fits, work) -> None:
    orders = []
    for _ in range(3):
        orders.append(await door.file())
        await door.act(orders[-1], "return", who=work.SECRETARY, reason_code="unclear", reason="找不到人")
        door.wait(minutes=5)
    assert await work.decisions(door, town, fits) == [order["id"] for order in orders]
    door.wait(days=2)
    door.tokens.clear()
    _, page = await door.call("GET", "/decisions", who=town)
    assert [item["overdue"] for item in page["items"]] == [True] * 3
    await door.sweep()
    for item in await work.listed(door, "/decisions", work.COUNTY_SECRETARY, "Decisions", fits):
        assert item["order"]["pending"]["decider"]["id"] == "B141123", "undecided, it rises"
    assert await work.decisions(door, town, fits) == []
