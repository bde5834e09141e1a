"""五诺 over HTTP: 报诺, 定诺, 亮诺, 践诺, 销诺."""

import pytest

from dispatch.usecases import ledger

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"


@pytest.fixture
def pledges(door):
    async def run(who=MEMBER, status=201, headers=None, **change):
        body = {"category": "1001", "text": "每周探访两位独居老人", "due": "2026-12-25", **change}
        answered, order = await door.call("POST", "/pledges", who=who, json=body, headers=headers or {})
        assert answered == status, order
        return order

    return run


@pytest.fixture
def board(door):
    async def run(who=None, query=""):
        status, answer = await door.call("GET", f"/pledges{query}", who=who)
        assert status == 200, answer
        return answer["items"]

    return run


async def test_a_pledge_goes_through_its_five_stages(door, pledges, board):
    pledge = await pledges()
    assert (pledge["kind"], pledge["state"], pledge["stage"]["zh"]) == ("pledge", "routed", "已报诺，待定诺")
    assert (pledge["urgency"], pledge["filed_for_others"], pledge["actions"]) == (
        "general",
        False,
        ["note", "withdraw", "urge"],
    )
    assert pledge["promises"]["resolve"] == "2026-12-25T09:30:00+00:00"
    assert await board() == []
    accepted = await door.act(pledge, "offer", who=SECRETARY, member="M0070")
    assert accepted["stage"]["zh"] == "已定诺，待亮诺"
    assert await board(who=COUNTY) == []
    taken = await door.act(pledge, "accept", who=MEMBER)
    assert taken["stage"]["zh"] == "已亮诺，践诺中"
    (shown,) = await board()
    assert (shown["text"], shown["by"], shown["overdue"]) == ("每周探访两位独居老人", None, False)
    (named,) = await board(who=COUNTY)
    assert named == {**shown, "by": {"code": "M0070", "name": "演示党员0070"}}
    await door.act(pledge, "note", who=MEMBER, text="本周已探访")
    resolved = await door.act(pledge, "resolve", who=MEMBER, answer="已探访四周，两位老人身体平稳")
    assert resolved["stage"]["zh"] == "已践诺，待销诺"
    rated = await door.act(pledge, "rate", who=SECRETARY, grade="very_satisfied")
    assert (rated["state"], rated["stage"]["zh"]) == ("closed", "已销诺")
    (kept,) = await board(query="?state=closed&branch=B141123100016&grid=141123100")
    assert (kept["grade"], kept["stage"]["zh"]) == ("very_satisfied", "已销诺")
    assert await board(query="?grid=141123101") == []
    events = (await door.call("GET", f"/orders/{pledge['id']}/events", who=SECRETARY))[1]["items"]
    assert events[-1]["data"]["through"] == "branch"
    verified = await ledger.verify(door.service.database)
    assert not list(verified.findings)


async def test_only_the_pledger_can_be_asked_and_nobody_by_the_ladder(door, pledges, phones):
    pledge = await pledges()
    another = (await door.call("GET", "/me", who=phones["another member there"]))[1]["code"]
    for asked, field in (
        ({"member": another}, "member"),
        ({"members": ["M0070", another]}, "member"),
        ({"rung": "pool"}, "rung"),
    ):
        status, refused = await door.call(
            "POST", f"/orders/{pledge['id']}/actions", who=SECRETARY, json={"action": "offer", **asked}
        )
        assert (status, refused["errors"][0]["field"]) == (422, field)
    for _ in range(4):
        door.wait(hours=2)
        await door.sweep()
    shown = (await door.call("GET", f"/orders/{pledge['id']}", who=SECRETARY))[1]
    assert (shown["state"], shown["asked"]) == ("routed", 0)
    told = await door.service.database.fetch("SELECT notice FROM outbox WHERE person_id IS NULL ORDER BY created_at")
    assert [row["notice"] for row in told] == ["route.routed", "note.routed", "warn.routed"]


async def test_what_the_branch_does_not_decide_rises_and_is_decided_above(door, pledges, phones):
    pledge = await pledges()
    door.wait(hours=8, minutes=31)
    await door.sweep()
    above = phones["secretary of Weifen town"]
    shown = (await door.call("GET", f"/orders/{pledge['id']}", who=above))[1]
    assert (shown["level"], shown["branch"]["id"]) == (1, "B141123100")
    assert (await door.act(pledge, "offer", who=above, member="M0070"))["state"] == "offered"


async def test_nobody_rates_or_closes_what_they_pledged_themselves(door, pledges):
    await door.service.database.execute(
        "INSERT INTO roles (person_id, role, grid_id, branch_id)"
        " SELECT p.id, 'secretary', b.grid_id, b.id FROM people AS p, branches AS b"
        " WHERE p.code = 'M0070' AND b.code = 'B141123100016'"
    )
    pledge = await pledges()
    assert not {"offer", "rate"} & set(pledge["actions"])
    path = f"/orders/{pledge['id']}/actions"
    own = {"action": "offer", "member": "M0070"}
    assert (await door.call("POST", path, who=MEMBER, json=own))[0] == 403
    await door.act(pledge, "offer", who=SECRETARY, member="M0070")
    await door.act(pledge, "accept", who=MEMBER)
    resolved = await door.act(pledge, "resolve", who=MEMBER, answer="已做")
    assert not {"rate", "close", "reopen"} & set(resolved["actions"])
    for asked in (
        {"action": "rate", "grade": "very_satisfied"},
        {"action": "close", "reason": "已完成"},
        {"action": "reopen", "reason": "再做"},
    ):
        assert (await door.call("POST", path, who=MEMBER, json=asked))[0] == 403
    poor = await door.act(pledge, "rate", who=SECRETARY, grade="dissatisfied")
    assert (poor["state"], poor["level"], poor["follow_up"]) == ("routed", 1, None), "one level higher, as any order"


async def test_a_branch_that_forgot_to_rate_may_do_so_later(door, pledges):
    pledge = await pledges()
    await door.act(pledge, "offer", who=SECRETARY, member="M0070")
    await door.act(pledge, "accept", who=MEMBER)
    await door.act(pledge, "resolve", who=MEMBER, answer="已做")
    door.wait(days=30)
    door.tokens.clear()
    await door.sweep()
    shown = (await door.call("GET", f"/orders/{pledge['id']}", who=SECRETARY))[1]
    assert (shown["state"], shown["grade"]) == ("closed", None)
    assert (await door.act(pledge, "rate", who=SECRETARY, grade="fair"))["grade"] == "fair"


async def test_a_branch_may_decline_a_pledge_and_a_pledger_may_take_it_back(door, pledges, board):
    declined = await door.act(await pledges(), "redirect", who=SECRETARY, to="本人", reason="与岗位不符")
    assert (declined["state"], declined["stage"]["zh"]) == ("redirected", "未定诺")
    withdrawn = await door.act(await pledges(), "withdraw", who=MEMBER, reason="调离")
    assert withdrawn["stage"]["zh"] == "已撤诺"
    assert await board() == []


async def test_a_pledge_is_the_members_own_of_their_branch_s_matters_until_a_day_to_come(door, pledges, phones):
    for change, field in (
        ({"category": "0201"}, "category"),
        ({"category": "9002"}, "category"),
        ({"category": "0000"}, "category"),
        ({"due": "2026-11-22"}, "due"),
        ({"due": "2036-11-22"}, "due"),
        ({"due": "2026-02-30"}, "due"),
    ):
        refused = await pledges(status=422, **change)
        assert [one["field"] for one in refused["errors"]] == [field]
    assert (await pledges(who=COUNTY, status=403))["code"] == "not_yours"
    officer = await pledges(who=phones["officer at the town's desk"], category="0201")
    assert officer["branch"]["id"] == "D141123100"
    assert (await door.call("POST", "/pledges", json={}))[0] == 422


async def test_the_same_key_pledges_once_and_lists_tell_the_kinds_apart(door, pledges):
    key = {"Idempotency-Key": "p-1"}
    pledge = await pledges(headers=key)
    assert (await pledges(headers=key))["id"] == pledge["id"]
    assert (await pledges(headers=key, status=422, text="别的"))["code"] == "key_reused"
    await door.file()
    for kind, found in (("request", 1), ("pledge", 1), ("project_task", 0)):
        for who in (MEMBER, COUNTY, SECRETARY):
            items = (await door.call("GET", f"/orders?kind={kind}", who=who))[1]["items"]
            assert [one["kind"] for one in items] == [kind] * found
    opened = (await door.call("GET", "/orders?kind=pledge&state=routed", who=COUNTY))[1]["items"]
    assert [one["id"] for one in opened] == [pledge["id"]]
