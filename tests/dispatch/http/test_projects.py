"""项目化 over HTTP: opened, planned, worked on, overdue, closed; and its ledger."""

import asyncio
from datetime import UTC, datetime

import pytest

from dispatch.usecases import ledger

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
BRANCH = "B141123100016"
HEADING = "做什么,谁来做,怎么做,期限,标准\n"
ROW = "排查楼道杂物,M0070,逐楼登记,2026-12-04,每栋一张清单\n"


def step(**change):
    plan = {"what": "排查楼道杂物", "who": "M0070", "how": "逐楼登记", "due": "2026-12-04", "standard": "每栋一张清单"}
    return {**plan, **change}


def of(project, place=1):
    """The order that a step is."""
    return {"id": project["plan"][place - 1]["order"]}


@pytest.fixture
def opens(door):
    async def run(who=SECRETARY, status=201, headers=None, **change):
        body = {
            "name": "楼道清零", "goal": "东城社区楼道无杂物", "branch": BRANCH, "category": "0101",
            "leader": "S035", "members": ["M0070"], **change,
        }  # fmt: skip
        answered, project = await door.call("POST", "/projects", who=who, json=body, headers=headers or {})
        assert answered == status, project
        return project

    return run


@pytest.fixture
def plans(door):
    async def run(project, *steps, who=SECRETARY, status=201, headers=None):
        path = f"/projects/{project['id']}/steps"
        answered, answer = await door.call("POST", path, who=who, json={"steps": list(steps)}, headers=headers or {})
        assert answered == status, answer
        return answer

    return run


@pytest.fixture
def shows(door):
    async def run(project, who=SECRETARY):
        status, answer = await door.call("GET", f"/projects/{project['id']}", who=who)
        assert status == 200, answer
        return answer

    return run


@pytest.fixture
def closes(door):
    async def run(project, who=SECRETARY):
        path = f"/projects/{project['id']}/close"
        return await door.call("POST", path, who=who, json={"reason": "全部步骤已完成"})

    return run


async def done(door, order):
    """Let a step be taken on, finished and found good."""
    await door.act(order, "accept", who=MEMBER)
    await door.act(order, "resolve", who=MEMBER, answer="已清理")
    return await door.act(order, "rate", who=SECRETARY, grade="satisfied")


async def test_a_project_from_its_opening_to_its_close_and_its_ledger_verifies(door, opens, plans, shows, closes):
    project = await opens()
    assert project["may"] == ["steps", "change"], "nothing of it is done yet"
    project = await plans(project, step(), step(what="清运", due="2026-12-11"))
    assert [one["stage"]["zh"] for one in project["plan"]] == ["待领任务", "待领任务"]
    assert (project["steps"], project["steps_left"], project["may"]) == (2, 2, ["steps", "change"])
    shown = (await door.call("GET", f"/orders/{of(project)['id']}", who=MEMBER))[1]
    assert shown["text"] == "【楼道清零】排查楼道杂物\n怎么做：逐楼登记\n标准：每栋一张清单"
    assert set(shown["promises"]) == {"accept", "resolve"}
    assert shown["promises"]["resolve"] == "2026-12-04T09:30:00+00:00"
    assert shown["actions"] == ["accept", "decline", "note"]
    rated = await done(door, of(project))
    assert (rated["state"], rated["grade"], rated["stage"]["zh"]) == ("closed", "satisfied", "已完成")
    assert (await shows(project))["plan"][0]["grade"] == "satisfied"
    status, refused = await closes(project)
    assert (status, refused["code"]) == (409, "steps_open")
    assert "第 2 步" in refused["detail"]
    assert "第 1 步" not in refused["detail"]
    await door.act(of(project, 2), "withdraw", who=SECRETARY, reason="改由社区统一清运")
    status, closed = await closes(project)
    assert (status, closed["state"], closed["may"]) == (200, "closed", [])
    assert (await closes(project))[1]["closed_at"] == closed["closed_at"]
    await plans(project, step(), status=409)
    for closed_only, found in (("true", 1), ("false", 0)):
        listed = (await door.call("GET", f"/projects?closed={closed_only}", who=COUNTY))[1]
        assert len(listed["items"]) == found
    entries = (await door.call("GET", f"/projects/{project['id']}/ledger", who=COUNTY))[1]["items"]
    assert [one["at"] for one in entries] == sorted(one["at"] for one in entries)
    assert [one["what"]["zh"] for one in entries if one["step"] is None] == ["立项", "列步骤", "结项"]
    assert [one["what"]["zh"] for one in entries if one["step"] == 2] == ["点单", "分派", "派单", "撤单"]
    verified = await ledger.verify(door.service.database)
    assert not list(verified.findings)


async def test_an_overdue_step_rises_level_by_level_as_an_order_does(door, opens, plans, shows):
    project = await plans(await opens(), step(), step(due="2026-11-27"))
    door.set_time(datetime(2026, 11, 23, 9, 29, tzinfo=UTC))
    await door.sweep()
    assert [one["level"] for one in (await shows(project))["plan"]] == [0, 0]
    await door.act(of(project, 2), "accept", who=MEMBER)
    for day, levels in ((23, [1, 0]), (24, [2, 0]), (27, [2, 1]), (30, [2, 2])):
        door.set_time(datetime(2026, 11, day, 9, 30, tzinfo=UTC))
        door.tokens.clear()  # nobody is logged in for days
        await door.sweep()
        project = await shows(project)
        assert [one["level"] for one in project["plan"]] == levels
    assert (project["steps_overdue"], [one["overdue"] for one in project["plan"]]) == (2, [True, True])
    assert project["plan"][0]["supervisor"]["id"] == project["plan"][1]["supervisor"]["id"] == "B141123"
    assert project["plan"][1]["assignee"] == "M0070", "who handles it keeps it"


async def test_nobody_but_whom_a_step_names_is_asked_and_the_secretary_is_told_once(door, opens, plans):
    order = of(await plans(await opens(), step()))
    await door.act(order, "decline", who=MEMBER, reason="外出")
    for _ in range(3):
        await door.sweep()
        door.wait(hours=2)
    shown = (await door.call("GET", f"/orders/{order['id']}", who=SECRETARY))[1]
    assert (shown["state"], shown["asked"], shown["stage"]["zh"]) == ("routed", 0, "待落实责任人")
    told = await door.service.database.fetch(
        "SELECT notice, branch_id FROM outbox WHERE person_id IS NULL AND notice IN ('decline.routed', 'note.routed')"
    )
    assert [row["notice"] for row in told] == ["decline.routed"]
    status, refused = await door.call(
        "POST", f"/orders/{order['id']}/actions", who=SECRETARY, json={"action": "offer", "rung": "pool"}
    )
    assert (status, refused["errors"][0]["field"]) == (422, "rung")
    again = await door.act(order, "offer", who=SECRETARY, member="M0070")
    assert again["state"] == "offered"


async def test_a_poor_step_is_done_again_and_a_closed_project_is_open_then(door, opens, plans, shows, closes):
    project = await plans(await opens(), step())
    await done(door, of(project))
    assert (await closes(project))[0] == 200
    await door.act(of(project), "reopen", who=SECRETARY, reason="又堆上了")
    project = await shows(project)
    assert (project["state"], project["steps_left"]) == ("reopened", 1)


@pytest.mark.parametrize("dry_run", [True, False])
async def test_a_sheet_with_three_faulty_rows_is_refused_whole(door, opens, dry_run):
    project = await opens()
    before = await door.rows()
    csv = HEADING + ROW + "清运,S999,用车,2026-12-11,无残留\n" + ROW + "复查,M0070,,2026-12-32,无反弹\n" + (
        "总结,M0070,开会,2026-11-20,形成材料\n"
    )  # fmt: skip
    path = f"/projects/{project['id']}/steps/import"
    status, refused = await door.call("POST", path, who=SECRETARY, json={"csv": csv, "dry_run": dry_run})
    assert status == 422
    assert [one["field"] for one in refused["errors"]] == ["rows.3.who", "rows.5", "rows.5", "rows.6.due"]
    assert await door.rows() == before


async def test_a_sheet_is_looked_through_and_then_filed(door, opens):
    project = await opens()
    path = f"/projects/{project['id']}/steps/import"
    sheet = {"csv": "due,standard,what,how,who\n2026-12-04,每栋一张清单,排查,逐楼登记,M0070\n"}
    for dry_run, steps in ((True, 0), (False, 1), (False, 2)):
        status, answer = await door.call("POST", path, who=SECRETARY, json={**sheet, "dry_run": dry_run})
        assert (status, answer["rows"], answer["project"]["steps"]) == (200, 1, steps)
    for broken in ("", "做什么\n", "做什么,谁来做\n甲,乙\n", HEADING, 'a"b\n"'):
        status, _ = await door.call("POST", path, who=SECRETARY, json={"csv": broken})
        assert status == 422


async def test_the_same_key_opens_and_files_once(door, opens, plans):
    key = {"Idempotency-Key": "k-1"}
    project = await opens(headers=key)
    assert (await opens(headers=key))["id"] == project["id"]
    assert (await opens(headers=key, status=422, name="别的"))["code"] == "key_reused"
    first = await plans(project, step(), step(), headers=key)
    assert await plans(project, step(), step(), headers=key) == first
    assert (await plans(project, step(), headers=key, status=422))["code"] == "key_reused"


async def test_each_may_do_what_is_theirs_and_strangers_find_nothing(door, opens, plans, phones, closes):
    assert (await opens(who=MEMBER, status=403))["code"] == "not_yours"
    project = await opens(who=COUNTY)
    for who in (MEMBER, COUNTY):
        assert (await plans(project, step(), who=who, status=403))["code"] == "not_yours"
    path = f"/projects/{project['id']}"
    assert (await door.call("PATCH", path, who=MEMBER, json={"members": [], "reason": "调整"}))[0] == 403
    assert (await closes(project, who=MEMBER))[0] == 403
    assert (await door.call("GET", path))[0] == 401
    row = await door.service.database.fetchrow(
        "SELECT c.phone FROM roles AS r JOIN grids AS g ON g.id = r.grid_id JOIN person_contacts AS c USING (person_id)"
        " WHERE r.role = 'member' AND g.code LIKE '141123101%' LIMIT 1"
    )
    stranger = row["phone"]
    assert (await door.call("GET", path, who=stranger))[0] == 404
    assert (await door.call("GET", "/projects", who=stranger))[1]["items"] == []
    assert (await door.call("GET", "/projects/99999999999999999999", who=COUNTY))[0] == 404


async def test_the_leader_and_the_task_force_change_and_the_steps_stay(door, opens, plans, phones):
    project = await plans(await opens(), step())
    another = (await door.call("GET", "/me", who=phones["another member there"]))[1]["code"]
    path = f"/projects/{project['id']}"
    status, refused = await door.call("PATCH", path, who=SECRETARY, json={"leader": "nobody", "reason": "轮岗"})
    assert (status, refused["errors"][0]["field"]) == (422, "leader")
    change = {"leader": another, "members": ["M0070", "S035"], "reason": "轮岗"}
    changed = (await door.call("PATCH", path, who=SECRETARY, json=change))[1]
    assert (changed["leader"]["code"], [one["code"] for one in changed["members"]]) == (another, ["M0070", "S035"])
    assert (await plans(project, step(), status=403))["code"] == "not_yours"
    later = await plans(project, step(), who=phones["another member there"])
    assert [one["place"] for one in later["plan"]] == [1, 2]
    assert (await done(door, of(later)))["state"] == "closed", "whoever filed it says whether it will do"


async def test_a_department_s_project_is_a_desk_s_and_its_steps_are_for_its_officers(door, opens, plans, phones):
    refused = await opens(category="0201", status=422)
    assert [one["field"] for one in refused["errors"]] == ["branch"]
    head, officer = (phones[one] for one in ("head of the town's desk", "officer at the town's desk"))
    codes = [(await door.call("GET", "/me", who=one))[1]["code"] for one in (head, officer)]
    asked = {"category": "0201", "branch": "D141123100", "leader": codes[0], "members": [codes[1], "M0070"]}
    project = await opens(who=head, **asked)
    refused = await plans(project, step(), who=head, status=422)
    assert [one["field"] for one in refused["errors"]] == ["steps.0.who"]
    planned = await plans(project, step(who=codes[1]), who=head)
    assert planned["plan"][0]["assignee"] == codes[1]


async def test_nothing_is_closed_of_which_no_step_was_filed(closes, opens):
    status, refused = await closes(await opens())
    assert (status, refused["code"]) == (409, "no_steps")


async def test_who_serves_nowhere_near_any_more_leads_nothing(door, opens, plans, shows, closes):
    project = await plans(await opens(), step())
    await door.service.database.execute(
        "DELETE FROM roles WHERE person_id = (SELECT id FROM people WHERE code = 'S035')"
    )
    await plans(project, step(), status=403)
    assert (await closes(project))[0] == 403
    assert (await shows(project))["may"] == [], "what was led may still be read"


async def test_a_project_goes_along_with_its_branch(door, opens, plans):
    project = await opens()
    change = {"operations": [{"op": "close", "code": "141123100016", "to": "141123100017"}], "reason": "民政批复"}
    assert (await door.call("POST", "/tree/changes", who="10001000001", json=change))[0] == 201
    project = await plans(project, step())
    assert project["branch"]["id"] == "B141123100017"


async def test_as_many_file_steps_at_once_as_want_to(door, opens, plans):
    project = await opens()
    await asyncio.gather(*(plans(project, step(what=f"第{number}处")) for number in range(8)))
    assert (await door.call("GET", f"/projects/{project['id']}", who=SECRETARY))[1]["steps"] == 8
