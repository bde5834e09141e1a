"""Working together, through the door its users take: returns, decisions, co-handling, follow-ups, appeals, urging."""

from datetime import datetime, timedelta
from typing import Any

import pytest

SECRETARY, MEMBER, OTHER, COUNTY, COUNTY_SECRETARY = (
    "10001000054", "10001001278", "10001001279", "10001000002", "10001000020",
)  # fmt: skip
HERE, TOWN, DESK = "B141123100016", "B141123100", "D141123100"


@pytest.fixture
def town(phones) -> str:
    return phones["secretary of Weifen town"]


@pytest.fixture
def supervisor(phones) -> str:
    return phones["supervisor of Weifen town"]


@pytest.fixture
def officer(phones) -> str:
    return phones["officer at the town's desk"]


async def accepted(door, **change: Any) -> dict[str, Any]:
    order = await door.file(**change)
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    return order


async def later(door, **span: float) -> None:
    """Wait so long that whoever acts next has to log in anew, and let the clock do what is due."""
    door.wait(**span)
    door.tokens.clear()
    await door.sweep()


async def look(door, order: dict[str, Any], who: str | None = None) -> dict[str, Any]:
    """Read the order as somebody, or as the resident."""
    code = order["query_code"] if who is None else None
    status, seen = await door.call("GET", f"/orders/{order['id']}", who=who, code=code)
    assert status == 200, seen
    return seen


async def refused(door, order: dict[str, Any], action: str, *, who: str | None = None, **more: Any) -> tuple[int, str]:
    """Try what is refused, and see that nothing has changed."""
    before, version = await door.rows(), (await look(door, order))["version"]
    code = order["query_code"] if who is None else None
    status, problem = await door.call(
        "POST", f"/orders/{order['id']}/actions", who=who, code=code, json={"action": action, **more}
    )
    assert status >= 400, problem
    assert problem["detail"]
    assert await door.rows() == before
    assert (await look(door, order))["version"] == version
    return status, problem["code"]


async def listed(door, path: str, who: str, schema: str, fits) -> list[dict[str, Any]]:
    """Read every page of a list, one at a time."""
    found, cursor = [], ""
    while True:
        status, page = await door.call("GET", f"{path}?limit=1{cursor}", who=who)
        assert status == 200, page
        fits(page, schema)
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def decisions(door, who: str, fits) -> list[str]:
    return [item["order"]["id"] for item in await listed(door, "/decisions", who, "Decisions", fits)]


async def test_a_return_goes_to_the_township_and_on_to_the_right_desk(door, town, fits) -> None:
    order = await door.file()
    before = await look(door, order)
    wrong = {"reason_code": "other_department", "reason": "路灯归市政", "unit": "nobody"}
    assert await refused(door, order, "return", who=SECRETARY, **wrong) == (422, "invalid")
    assert await refused(door, order, "return", who=SECRETARY, reason_code="other_department") == (422, "invalid")
    assert await refused(door, order, "return", who=town, **{**wrong, "unit": DESK}) == (403, "not_yours")

    given = {**wrong, "unit": DESK, "category": "0201"}
    path, key = f"/orders/{order['id']}/actions", {"Idempotency-Key": "return-1"}
    status, back = await door.call("POST", path, who=SECRETARY, json={"action": "return", **given}, headers=key)
    assert status == 200, back
    rows = await door.rows()
    status, again = await door.call("POST", path, who=SECRETARY, json={"action": "return", **given}, headers=key)
    assert (status, again["version"]) == (200, back["version"])
    assert await door.rows() == rows, "a key acts once"
    assert (back["branch"]["id"], back["returns"], back["state"]) == (TOWN, 1, "routed")
    pending = back["pending"]
    assert (pending["matter"], pending["decider"]["id"], pending["branch"]["id"]) == ("return", TOWN, HERE)
    assert (pending["reason_code"], pending["reason"]) == ("other_department", "路灯归市政")
    assert (pending["suggested"]["id"], pending["category"]) == (DESK, "0201")

    assert await decisions(door, town, fits) == [order["id"]]
    assert await decisions(door, SECRETARY, fits) == []
    (item,) = await listed(door, "/decisions", town, "Decisions", fits)
    assert item["order"]["pending"]["reason"] == "路灯归市政"
    assert (item["due"], item["overdue"]) == (pending["due"], False)
    resident = await look(door, order)
    assert (resident["pending"]["label"]["zh"], resident["pending"]["due"]) == ("退单", pending["due"])
    assert [resident["pending"][name] for name in ("reason", "reason_code", "suggested", "category")] == [None] * 4
    assert resident["promises"] == before["promises"], "a return gains nobody any time"

    grid = resident["grid"]["code"]
    moved = await door.act(order, "route", who=town, grid=grid, category="0201", unit=DESK)
    assert (moved["branch"]["id"], moved["pending"], moved["state"]) == (DESK, None, "routed")
    assert await decisions(door, town, fits) == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert "路灯归市政" not in str(told)
    assert "suggested" not in str(told)
    _, inside = await door.call("GET", f"/orders/{order['id']}/events", who=town)
    (event,) = [one for one in inside["items"] if one["action"] == "return"]
    assert (event["data"]["suggested"], event["data"]["reason_code"]) == (DESK, "other_department")
    assert not {"affairs", "tell"} & set(event["data"])
    assert event["texts"] == {"internal_reason": "路灯归市政"}


async def test_after_two_returns_the_superior_s_decision_binds(door, town) -> None:
    order = await door.file()
    given = {"reason_code": "beyond_means", "reason": "没有设备"}
    for _ in range(2):
        await door.act(order, "return", who=SECRETARY, **given)
        assert await refused(door, order, "refuse", who=town) == (422, "invalid")
        back = await door.act(order, "refuse", who=town, reason="由你支部办理")
        assert (back["branch"]["id"], back["pending"]) == (HERE, None)
    assert "return" not in (await look(door, order, SECRETARY))["actions"]
    assert await refused(door, order, "return", who=SECRETARY, **given) == (409, "returns_binding")


async def test_an_extension_is_asked_and_granted_one_level_up_twice_at_most(door, town, fits) -> None:
    order = await accepted(door)
    promised = datetime.fromisoformat((await look(door, order))["promises"]["resolve"])
    ask = {"matter": "extend", "reason": "配件周五才到"}
    for wrong in ({}, {"amount": "3x"}, {"amount": "0d"}, {"amount": "3d", "on": "2026-12-01"}, {"amount": "3wd"}):
        assert await refused(door, order, "ask", who=MEMBER, **ask, **wrong) == (422, "invalid"), wrong
    for count in (1, 2):
        asked = await door.act(order, "ask", who=MEMBER, **ask, amount="1d")
        assert (asked["pending"]["matter"], asked["pending"]["amount"]) == ("extend", "1d")
        assert await refused(door, order, "ask", who=SECRETARY, matter="complex", reason="难") == (409, "already_asked")
        for who in (MEMBER, SECRETARY):
            assert await refused(door, order, "extend", who=who) == (403, "not_yours"), "one level up decides"
        granted = await door.act(order, "extend", who=town, reason="情况属实")
        assert granted["extensions"] == count
        later = datetime.fromisoformat(granted["promises"]["resolve"])
        assert later == promised + count * timedelta(days=1)
    assert await refused(door, order, "ask", who=MEMBER, **ask, amount="1d") == (409, "extended_before")
    resident = await look(door, order)
    assert "配件周五才到" not in str(resident)
    assert await decisions(door, town, fits) == []


async def test_what_is_complex_has_a_month_once_the_superior_says_so(door, town) -> None:
    order = await accepted(door)
    await door.act(order, "ask", who=SECRETARY, matter="complex", reason="涉及多户")
    assert await refused(door, order, "complex", who=town) == (422, "invalid")
    granted = await door.act(order, "complex", who=town, reason="同意，月底前拿出方案")
    assert (granted["urgency"], granted["pending"]) == ("complex", None)


async def test_a_parked_order_shows_its_plan_and_resumes_on_its_day(door, town) -> None:
    order = await accepted(door)
    ask = {"matter": "park", "reason": "等开春解冻后重铺管道"}
    assert await refused(door, order, "ask", who=MEMBER, **ask) == (422, "invalid")
    assert await refused(door, order, "ask", who=MEMBER, **ask, on="2026-11-23") == (422, "invalid")
    assert await refused(door, order, "ask", who=MEMBER, **ask, on="2028-01-01") == (422, "invalid")
    await door.act(order, "ask", who=MEMBER, **ask, on="2026-12-03")
    parked = await door.act(order, "park", who=town)
    assert (parked["state"], parked["overdue"]) == ("parked", False)
    resident = await look(door, order)
    assert resident["plan"] == "等开春解冻后重铺管道"
    assert datetime.fromisoformat(resident["parked_until"]) == door.service.now() + timedelta(days=10)
    for who, found in ((town, [order["id"]]), (SECRETARY, [order["id"]])):
        _, page = await door.call("GET", "/orders?state=parked", who=who)
        assert [one["id"] for one in page["items"]] == found
    await later(door, days=9)
    assert (await look(door, order))["state"] == "parked"
    await later(door, days=1, minutes=1)
    resumed = await look(door, order)
    assert (resumed["state"], resumed["parked_until"], resumed["plan"]) == ("accepted", None, None)
    before, after = parked["promises"]["resolve"], resumed["promises"]["resolve"]
    assert datetime.fromisoformat(after) == datetime.fromisoformat(before) + timedelta(days=10)


async def test_two_units_are_called_and_the_result_waits_for_both(door, town, officer, supervisor, fits) -> None:
    order = await accepted(door)
    call = {"text": "请派人一同查看水沟"}
    assert await refused(door, order, "whistle", who=MEMBER, **call, unit=HERE) == (422, "invalid"), "it leads itself"
    assert await refused(door, order, "whistle", who=MEMBER, **call, unit="X9") == (422, "invalid")
    assert await refused(door, order, "whistle", who=MEMBER, unit=DESK) == (422, "invalid")
    assert await refused(door, order, "whistle", who=MEMBER, **call, unit=DESK, within="9999wd") == (422, "invalid")
    await door.act(order, "whistle", who=MEMBER, **call, unit=DESK, within="2d")
    called = await door.act(order, "whistle", who=SECRETARY, **call, unit=TOWN, within="1d")
    assert [(one["unit"]["id"], one["required"], one["wanted"]) for one in called["assists"]] == [
        (DESK, True, call["text"]),
        (TOWN, True, call["text"]),
    ]
    assert await refused(door, order, "whistle", who=MEMBER, **call, unit=DESK) == (422, "invalid"), "called already"
    assert await refused(door, order, "resolve", who=MEMBER, answer="已疏通") == (409, "answers_open")

    (item,) = await listed(door, "/assists", officer, "AssistsWanted", fits)
    assert (item["order"]["id"], item["assist"], item["overdue"]) == (order["id"], 1, False)
    assert "answer" in item["order"]["actions"]
    assert await listed(door, "/assists", MEMBER, "AssistsWanted", fits) == []
    await later(door, days=1, minutes=1)
    (late,) = await listed(door, "/assists", town, "AssistsWanted", fits)
    assert (late["assist"], late["overdue"]) == (2, True)

    answered = await door.act(order, "answer", who=officer, text="排水口已清理")
    assert answered["assists"][0]["answer"] == "排水口已清理"
    assert await refused(door, order, "answer", who=officer, text="再说一遍") == (403, "not_yours")
    assert await refused(door, order, "waive", who=SECRETARY, assist=2, reason="不必") == (403, "not_yours")
    assert await refused(door, order, "waive", who=supervisor, assist=1, reason="不必") == (422, "invalid")
    waived = await door.act(order, "waive", who=supervisor, assist=2, reason="镇里已知情")
    assert [one["waived"] for one in waived["assists"]] == [False, True]
    resident = await look(door, order)
    assert resident["assists"] == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert not [text for text in (call["text"], "排水口已清理", "镇里已知情", DESK) if text in str(told["items"][4:])]
    resolved = await door.act(order, "resolve", who=MEMBER, answer="已疏通")
    assert resolved["state"] == "resolved"


async def test_the_clock_stands_still_for_a_department_alone(door, town, supervisor, officer) -> None:
    order = await accepted(door)
    await door.act(order, "whistle", who=MEMBER, text="请一同查看", unit=TOWN)
    assert await refused(door, order, "ask", who=MEMBER, matter="hold", reason="等答复") == (422, "invalid")
    await door.act(order, "whistle", who=MEMBER, text="请一同查看", unit=DESK, within="2d")
    await door.act(order, "ask", who=MEMBER, matter="hold", reason="等便民中心")
    assert (await refused(door, order, "hold", who=town))[0] == 403, "the town was called to co-handle itself"
    held = await door.act(order, "hold", who=supervisor)
    assert held["paused_at"] is not None
    await later(door, days=1)
    on = await door.act(order, "answer", who=officer, text="已派人")
    assert on["paused_at"] is None
    before, after = held["promises"]["resolve"], on["promises"]["resolve"]
    assert datetime.fromisoformat(after) == datetime.fromisoformat(before) + timedelta(days=1)


async def dissatisfied(door) -> dict[str, Any]:
    order = await accepted(door)
    await door.act(order, "contact", who=MEMBER)
    await door.act(order, "resolve", who=MEMBER, answer="已办好")
    await door.act(order, "rate", code=order["query_code"], grade="dissatisfied")
    return order


async def test_whoever_is_dissatisfied_is_asked_how_it_went_from_outside_the_branch(door, supervisor, fits) -> None:
    order = await dissatisfied(door)
    again = await look(door, order, supervisor)
    assert (again["state"], again["reopened"], again["level"]) == ("routed", 1, 1)
    assert (again["follow_up"]["why"], again["follow_up"]["tries"]) == ("dissatisfied", 0)
    assert (await look(door, order))["follow_up"] is None
    for who in (SECRETARY, MEMBER):
        assert await listed(door, "/follow-ups", who, "FollowUpsWanted", fits) == []
        assert (await look(door, order, who))["contact"]["masked"]
    (item,) = await listed(door, "/follow-ups", supervisor, "FollowUpsWanted", fits)
    assert item["order"]["id"] == order["id"]
    assert item["order"]["contact"]["masked"], "a list is no look on record"
    assert (await look(door, order, supervisor))["contact"]["masked"], "nor is a look at the order a tap"
    assert (await door.reveal(order, supervisor))["contact"]["phone"] == "10003000001"
    shown = await look(door, order, supervisor)
    assert (shown["contact"]["phone"], shown["place"]) == ("10003000001", None)
    assert len((await look(door, order))["contact_views"]) == 1

    assert await refused(door, order, "follow_up", who=supervisor, reached=True) == (422, "invalid")
    assert await refused(door, order, "follow_up", who=supervisor, reached=False, solved=True) == (422, "invalid")
    assert await refused(door, order, "follow_up", who=SECRETARY, reached=False) == (403, "not_yours")
    tried = await door.act(order, "follow_up", who=supervisor, reached=False)
    assert tried["follow_up"]["tries"] == 1
    asked = await door.act(
        order, "follow_up", who=supervisor, reached=True, solved=False, satisfied=False, text="水还在流"
    )
    assert (asked["follow_up"], asked["contact"]["masked"]) == (None, True)
    assert (await look(door, order, supervisor))["contact"]["masked"], "it is over"
    assert await listed(door, "/follow-ups", supervisor, "FollowUpsWanted", fits) == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert "水还在流" not in str(told)


async def test_a_poor_result_is_sent_back_by_the_superior(door, town) -> None:
    order = await accepted(door)
    await door.act(order, "resolve", who=MEMBER, answer="已办好")
    assert await refused(door, order, "review", who=town) == (422, "invalid")
    assert await refused(door, order, "review", who=SECRETARY, reason="没办好") == (403, "not_yours")
    back = await door.act(order, "review", who=town, reason="没有到场")
    assert (back["state"], back["branch"]["id"], back["reopened"]) == ("routed", HERE, 0)


async def test_two_reviewers_that_agree_uphold_an_appeal_and_the_grade_stays(door, phones, fits) -> None:
    order = await dissatisfied(door)
    appeal = {"subject": "rating", "reason": "当天已办好，有照片"}
    assert await refused(door, order, "appeal", who=SECRETARY, subject="mood", reason="x") == (422, "invalid")
    assert await refused(door, order, "appeal", who=MEMBER, **appeal) == (403, "not_yours"), "it is no longer theirs"
    pending = (await door.act(order, "appeal", who=SECRETARY, **appeal))["pending"]
    assert (pending["matter"], pending["subject"], pending["decider"]["id"]) == ("appeal", "rating", "B141123")
    assert (await look(door, order))["pending"]["subject"] is None
    for who in (SECRETARY, phones["secretary of Weifen town"]):
        assert await decisions(door, who, fits) == []
        judged = await refused(door, order, "judge", who=who, upholds=True, reason="属实")
        assert judged == (403, "not_yours")
    for first, who in ((True, COUNTY), (False, COUNTY_SECRETARY)):
        assert await decisions(door, who, fits) == [order["id"]]
        seen = await door.act(order, "judge", who=who, upholds=True, reason="属实")
        assert (seen["pending"] is not None) == first
        if first:
            assert await decisions(door, who, fits) == [], "nobody judges twice"
            again = await refused(door, order, "judge", who=who, upholds=True, reason="属实")
            assert again == (403, "not_yours")
    assert seen["excluded"] == ["rating"]
    assert await refused(door, order, "appeal", who=SECRETARY, **appeal) == (409, "nothing_to_appeal")
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert [one["data"]["grade"] for one in told["items"] if one["action"] == "rate"] == ["dissatisfied"]
    assert "有照片" not in str(told)


async def test_the_resident_urges_once_a_day(door) -> None:
    order = await door.file()
    urged = await door.act(order, "urge", code=order["query_code"], text="水越来越大")
    assert datetime.fromisoformat(urged["urged_at"]) == door.service.now()
    assert "urge" not in urged["actions"]
    door.wait(hours=3)
    assert await refused(door, order, "urge") == (409, "urged_today")
    assert await refused(door, order, "urge", who=SECRETARY) == (403, "not_yours")
    await later(door, hours=21)
    await door.act(order, "urge", code=order["query_code"])


async def test_a_supervisor_sets_a_day(door, supervisor) -> None:
    order = await accepted(door)
    for day in ("2026-11-23", "2030-01-01", "yesterday", "2026-02-30"):
        given = await refused(door, order, "supervise", who=supervisor, text="请抓紧", on=day)
        assert given == (422, "invalid"), day
    seen = await door.act(order, "supervise", who=supervisor, text="请抓紧", on="2026-11-26")
    assert datetime.fromisoformat(seen["supervise_by"]) > door.service.now() + timedelta(days=2)
    await later(door, days=4)
    assert (await look(door, order, supervisor))["supervise_by"] is None


async def test_what_only_the_system_does_is_refused_to_everybody(door, town) -> None:
    order = await accepted(door)
    for action in ("pass_up", "transfer"):
        for who in (SECRETARY, MEMBER, town, COUNTY):
            assert (await refused(door, order, action, who=who))[0] in (403, 409)


@pytest.mark.parametrize("path", ["/decisions", "/assists", "/follow-ups"])
async def test_a_list_of_what_waits_is_for_those_who_are_logged_in_and_has_pages(door, path: str) -> None:
    assert (await door.call("GET", path))[0] == 401
    for query in ("?limit=0", "?limit=101", "?cursor=x", "?cursor=WzEsMl0", "?state=routed"):
        status, problem = await door.call("GET", path + query, who=COUNTY)
        assert (status, problem["code"]) == (422, "invalid"), query
    assert await door.call("GET", path, who=COUNTY) == (200, {"items": [], "next": None})


async def test_what_waits_for_a_decision_comes_first_due_first_page_by_page(door, town, fits) -> None:
    orders = []
    for _ in range(3):
        orders.append(await door.file())
        await door.act(orders[-1], "return", who=SECRETARY, reason_code="unclear", reason="找不到人")
        door.wait(minutes=5)
    assert await decisions(door, town, fits) == [order["id"] for order in orders]
    door.wait(days=2)
    door.tokens.clear()
    _, page = await door.call("GET", "/decisions", who=town)
    assert [item["overdue"] for item in page["items"]] == [True] * 3
    await door.sweep()
    for item in await listed(door, "/decisions", COUNTY_SECRETARY, "Decisions", fits):
        assert item["order"]["pending"]["decider"]["id"] == "B141123", "undecided, it rises"
    assert await decisions(door, town, fits) == []
