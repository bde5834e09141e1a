"""Units that are called to co-handle, and what waits for their answer."""

from datetime import datetime, timedelta


async def test_two_units_are_called_and_the_result_waits_for_both(door, town, officer, supervisor, fits, work) -> None:
    order = await work.accepted(door)
    call = {"text": "请派人一同查看水沟"}
    assert await work.refused(door, order, "whistle", who=work.MEMBER, **call, unit=work.HERE) == (422, "invalid"), (
        "it leads itself"
    )
    assert await work.refused(door, order, "whistle", who=work.MEMBER, **call, unit="X9") == (422, "invalid")
    assert await work.refused(door, order, "whistle", who=work.MEMBER, unit=work.DESK) == (422, "invalid")
    assert await work.refused(door, order, "whistle", who=work.MEMBER, **call, unit=work.DESK, within="9999wd") == (
        422,
        "invalid",
    )
    await door.act(order, "whistle", who=work.MEMBER, **call, unit=work.DESK, within="2d")
    called = await door.act(order, "whistle", who=work.SECRETARY, **call, unit=work.TOWN, within="1d")
    assert [(one["unit"]["id"], one["required"], one["wanted"]) for one in called["assists"]] == [
        (work.DESK, True, call["text"]),
        (work.TOWN, True, call["text"]),
    ]
    assert await work.refused(door, order, "whistle", who=work.MEMBER, **call, unit=work.DESK) == (422, "invalid"), (
        "called already"
    )
    assert await work.refused(door, order, "resolve", who=work.MEMBER, answer="已疏通") == (409, "answers_open")

    (item,) = await work.listed(door, "/assists", officer, "AssistsWanted", fits)
    assert (item["order"]["id"], item["assist"], item["overdue"]) == (order["id"], 1, False)
    assert "answer" in item["order"]["actions"]
    assert await work.listed(door, "/assists", work.MEMBER, "AssistsWanted", fits) == []
    await work.later(door, days=1, minutes=1)
    (late,) = await work.listed(door, "/assists", town, "AssistsWanted", fits)
    assert (late["assist"], late["overdue"]) == (2, True)

    answered = await door.act(order, "answer", who=officer, text="排水口已清理")
    assert answered["assists"][0]["answer"] == "排水口已清理"
    assert await work.refused(door, order, "answer", who=officer, text="再说一遍") == (403, "not_yours")
    assert await work.refused(door, order, "waive", who=work.SECRETARY, assist=2, reason="不必") == (403, "not_yours")
    assert await work.refused(door, order, "waive", who=supervisor, assist=1, reason="不必") == (422, "invalid")
    waived = await door.act(order, "waive", who=supervisor, assist=2, reason="镇里已知情")
    assert [one["waived"] for one in waived["assists"]] == [False, True]
    resident = await work.look(door, order)
    assert resident["assists"] == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert not [
        text for text in (call["text"], "排水口已清理", "镇里已知情", work.DESK) if text in str(told["items"][4:])
    ]
    resolved = await door.act(order, "resolve", who=work.MEMBER, answer="已疏通")
    assert resolved["state"] == "resolved"


async def test_the_clock_stands_still_for_a_department_alone(door, town, supervisor, officer, work) -> None:
    order = await work.accepted(door)
    await door.act(order, "whistle", who=work.MEMBER, text="请一同查看", unit=work.TOWN)
    assert await work.refused(door, order, "ask", who=work.MEMBER, matter="hold", reason="等答复") == (422, "invalid")
    await door.act(order, "whistle", who=work.MEMBER, text="请一同查看", unit=work.DESK, within="2d")
    await door.act(order, "ask", who=work.MEMBER, matter="hold", reason="等便民中心")
    assert (await work.refused(door, order, "hold", who=town))[0] == 403, "the town was called to co-handle itself"
    held = await door.act(order, "hold", who=supervisor)
    assert held["paused_at"] is not None
    await work.later(door, days=1)
    on = await door.act(order, "answer", who=officer, text="已派人")
    assert on["paused_at"] is None
    before, after = held["promises"]["resolve"], on["promises"]["resolve"]
    assert datetime.fromisoformat(after) == datetime.fromisoformat(before) + timedelta(days=1)
