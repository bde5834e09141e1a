"""Refusals and failures have one form, and answers fit the schemas that are published."""

import json
from base64 import b64encode
from http import HTTPStatus
from importlib.resources import files
from typing import Any

import pytest
from structlog.testing import capture_logs

from dispatch.domain import errors
from dispatch.http.errors import STATUS, refused
from dispatch.http.openapi import document

EXAMPLES = json.loads(files("dispatch.web").joinpath("examples.json").read_text("utf-8"))
SECRETARY, MEMBER, COUNTY, ADMINISTRATOR = "10001000054", "10001001278", "10001000002", "10001000001"


def _refusals(base: type[errors.Refusal] = errors.Refusal) -> list[type[errors.Refusal]]:
    return [found for below in base.__subclasses__() for found in (below, *_refusals(below))]


def test_every_refusal_has_a_status_and_a_code_of_its_own() -> None:
    assert set(_refusals()) == set(STATUS)
    codes = [refusal.code for refusal in STATUS]
    assert len(set(codes)) == len(codes)
    assert all(
        HTTPStatus.BAD_REQUEST <= status < HTTPStatus.INTERNAL_SERVER_ERROR or status == 503
        for status in STATUS.values()
    )


_DATA = {
    "state_zh": "待派单",
    "state_en": "waiting",
    "action_zh": "接单",
    "action_en": "accept",
    "state": "routed",
    "version": 3,
    "seconds": 2,
    "limit": 9,
    "grid": "1",
    "zh_detail": "坏了",
    "en_detail": "broken",
    "id": 4,
    "at": "2026-11-23 09:00",
    "starts_at": "2026-11-23 09:00",
    "ends_at": "2026-11-24 09:00",
    "matter_zh": "延期",
    "matter_en": "an extension",
    "units_zh": "便民服务中心",
    "units_en": "the desk",
    "subject_zh": "评价不实",
    "subject_en": "a false rating",
    "steps_zh": "第 1 步",
    "steps_en": "step 1",
    "most": 2,
}


@pytest.mark.parametrize("refusal", list(STATUS))
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_refusal_can_be_told_in_both_languages(refusal: type[errors.Refusal], lang: str, fits) -> None:
    instance = refusal() if refusal is errors.Invalid else refusal(**_DATA)
    detail = instance.text(lang)
    assert any(ch >= "\u4e00" for ch in detail.replace("待派单", "").replace("接单", "")) == (lang == "zh")
    response = refused(instance, lang)
    assert response.content_type == "application/problem+json"
    assert response.status == STATUS[refusal]


async def test_the_language_is_the_clients_to_choose(door) -> None:
    for headers, query, english in (
        ({}, "", False),
        ({"Accept-Language": "en-GB,en;q=0.9"}, "", True),
        ({"Accept-Language": "zh-CN"}, "", False),
        ({"Accept-Language": "zh-CN"}, "?lang=en", True),
        ({"Accept-Language": "en"}, "?lang=zh", False),
    ):
        heard = await door.send("GET", f"/api/v1/grids/999{query}", headers=headers)
        assert heard.refusal() == (404, "grid_not_found")
        assert ("There is no grid" in heard.json["detail"]) == english


async def test_a_failure_of_ours_is_told_without_details_and_logged_with_its_reference(door) -> None:
    order = await door.file()
    await door.service.database.execute("DROP TABLE contact_views")
    with capture_logs() as logs:
        heard = await door.send("GET", f"/api/v1/orders/{order['id']}", headers={"X-Query-Code": order["query_code"]})
    assert heard.refusal() == (500, "internal")
    problem = heard.json
    assert problem["reference"] in problem["detail"]
    assert "contact_views" not in heard.body.decode()
    (logged,) = [line for line in logs if line["event"] == "internal_error"]
    assert logged["reference"] == problem["reference"]
    assert logged["route"] == "/api/v1/orders/{id}"
    assert order["query_code"] not in str(logged)
    assert (await door.send("GET", "/healthz")).status == 200


async def test_every_answer_fits_the_schema_that_is_published(door, fits) -> None:
    order = await door.file()
    ident = order["id"]
    tried: set[tuple[str, str]] = set()

    async def answered(
        method: str,
        path: str,
        *,
        query: str = "",
        code: str | None = None,
        ident: Any = ident,
        code_of: str = "141123100016",
        number: int = 1,
        **more: Any,
    ) -> Any:
        operation = document()["paths"][f"/api/v1{path}"][method.lower()]
        url = path.replace("{id}", str(ident)).replace("{code}", code_of)
        url = url.replace("{number}", str(number)).replace("{photo}", "A" * 22) + query
        status, answer = await door.call(method, url, code=code, **more)
        response = operation["responses"][str(status)]
        tried.add((method, path))
        if "content" in response:
            ((kind, content),) = response["content"].items()
            fits(answer, content["schema"]["$ref"].rsplit("/", 1)[-1])
            assert kind == ("application/json" if status < 400 else "application/problem+json")
        return answer

    code = order["query_code"]
    body = {
        "category": "0901",
        "text": "再报一次",
        "place": {"lon": 111.1, "lat": 38.4},
        "contact": {"phone": "10003000001"},
    }
    await answered("POST", "/orders", json=body)
    await answered("POST", "/orders", json={})
    for who, action, more in (
        (SECRETARY, "offer", {"member": "M0070"}),
        (MEMBER, "decline", {"reason": "外出"}),
        (SECRETARY, "offer", {"member": "M0070"}),
        (MEMBER, "accept", {}),
        (MEMBER, "accept", {}),
        (MEMBER, "contact", {"how": "visit", "note": "明天去"}),
        (MEMBER, "note", {"text": "内部", "internal": True}),
        (MEMBER, "resolve", {"answer": "已办好"}),
        (None, "rate", {"grade": "dissatisfied"}),
    ):
        json = {"action": action, **more}
        await answered("POST", "/orders/{id}/actions", json=json, who=who, code=None if who else code)
        for path in ("/orders/{id}", "/orders/{id}/events", "/orders/{id}/route"):
            for reader in (COUNTY, SECRETARY, MEMBER):
                await answered("GET", path, who=reader)
            await answered("GET", path, code=code)
            await answered("GET", path)
    door.wait(hours=8)
    await door.sweep()
    for path in ("/orders/{id}", "/orders/{id}/events", "/orders/{id}/route", "/orders/{id}/candidates"):
        await answered("GET", path, who=COUNTY)
    await answered("GET", "/orders/{id}/candidates", who=MEMBER)
    await answered("GET", "/orders", who=COUNTY)
    await answered("GET", "/orders", who=COUNTY, query="?limit=1")
    await answered("GET", "/orders", who=COUNTY, query="?limit=0")
    await answered("GET", "/orders")
    await answered("GET", "/me", who=COUNTY)
    await answered("POST", "/sessions", json={"phone": COUNTY, "password": "wrong"})
    await answered("POST", "/sessions", json={"phone": COUNTY, "password": "yanshi-2026"})
    for path in ("/orders/{id}/deadlines", "/orders/{id}/forecast"):
        for reader in (COUNTY, SECRETARY):
            await answered("GET", path, who=reader)
        await answered("GET", path, code=code)
        await answered("GET", path)
    await _everything_that_waits(answered)
    await _everything_of_members_and_rules(answered)
    await _everything_of_projects_and_pledges(answered)
    await _everything_of_several(answered, ident)
    await _everything_of_administrators(answered)
    await _everything_of_contacts_and_photos(answered)
    await answered("DELETE", "/sessions", who=COUNTY)
    for path in ("/grids/{code}", "/grids/{code}/children", "/grids/{code}/outlines", "/lifecycle", "/categories"):
        await answered("GET", path)
    await answered("GET", "/grids/locate", query="?address=东城社区")
    await answered("GET", "/grids/locate", query="?code=9")
    assert tried == {
        (method.upper(), path.removeprefix("/api/v1"))
        for path, methods in document()["paths"].items()
        if path.startswith("/api/v1")
        for method in methods
    }


async def _everything_of_contacts_and_photos(answered) -> None:
    """What is hidden, and what is refused of photos: a picture is no JSON, and is tried where photos are."""
    for who in (MEMBER, SECRETARY, None):
        await answered("POST", "/orders/{id}/contact-views", who=who, json={"reason": "call"})
    await answered("GET", "/orders/{id}/photos/{photo}", who=SECRETARY)
    await answered("POST", "/photos", data=b"", headers={"Content-Type": "image/png"})


async def _everything_that_waits(answered) -> None:
    """What waits for a decision, for a co-handler, for a follow-up."""
    for path in ("/decisions", "/assists", "/follow-ups", "/counters", "/board", "/board/mark", "/statistics"):
        for who in (COUNTY, SECRETARY, MEMBER, None):
            await answered("GET", path, who=who)
    for path in ("/board", "/board/mark"):
        await answered("GET", path, who=COUNTY, query="?branch=nowhere")
    await answered("GET", "/counters", who=COUNTY, query="?by=branch")


async def _everything_of_several(answered, ident: str) -> None:
    """What concerns several orders, or none yet; changes of the tree, and reports."""
    unfiled = {"category": "0901", "text": "邻居家的水流到门口", "place": {"grid": "141123100016"}}
    close = {"op": "rename", "code": "141123100016", "name": "东城社区"}
    for who in (SECRETARY, MEMBER, None):
        await answered("POST", "/similar", who=who, json=unfiled)
        await answered("POST", "/drafts", who=who, json={"text": "路灯坏了，我电话10003000009"})
        await answered("GET", "/me/households", who=who)
        await answered("GET", "/orders/{id}/similar", who=who)
        await answered("GET", "/orders/{id}/merged", who=who)
        await answered("POST", "/merges", who=who, json={"lead": ident, "orders": [ident]})
        note = {"action": "note", "text": "已看"}
        await answered("POST", "/orders/batch", who=who, json={"orders": [ident], "action": note})
        await answered("GET", "/reports", who=who, query="?report=returns")
    for who in (ADMINISTRATOR, MEMBER):
        await answered("GET", "/tree/versions", who=who)
        await answered("POST", "/tree/preview", who=who, json={"operations": [close]})
        await answered("POST", "/tree/changes", who=who, json={"operations": [close], "reason": "演示"})
        await answered("DELETE", "/tree/versions/{number}", who=who)


async def _everything_of_administrators(answered) -> None:
    """What stands, its files, what rules would come to, and people, each as somebody who may and as one who may not."""
    people = "code,name,phone\nM0070,演示党员,10001001278\n"
    holidays = EXAMPLES["post_api_v1_calendar_import"]["body"]
    for who in (ADMINISTRATOR, MEMBER):
        await answered("GET", "/county", who=who)
        for text in (people, "code\n"):
            sent = [{"name": "people.csv", "content": b64encode(text.encode()).decode()}]
            checked = await answered("POST", "/county/imports", who=who, json={"files": sent})
            await answered("POST", "/county/imports/{id}", who=who, ident=checked.get("id") or "gone")
        rules = {"version": 0, "clocks": {"general": {"accept": "8h"}}}
        await answered("POST", "/policy/preview", who=who, json=rules)
        await answered("POST", "/policy/whatif", who=who, json=rules)
        for working in (True, False):
            days = {"days": [{"date": "2026-12-05", "working": working}]}
            await answered("POST", "/calendar/preview", who=who, json=days)
        await answered("POST", "/calendar/import/preview", who=who, json=holidays)
        await answered("POST", "/people/search", who=who, json={"role": "secretary"})
        for code in ("M0071", "nobody"):
            await answered("GET", "/people/{code}", who=who, code_of=code)
            role = {"role": "grid_worker", "grid": "141123100016"}
            person = await answered("POST", "/people/{code}/roles", who=who, json=role, code_of=code)
            number = next((one["number"] for one in person.get("roles", ()) if one["role"] == "grid_worker"), 1)
            path = "/people/{code}/roles/{number}/end"
            await answered("POST", path, who=who, json={}, code_of=code, number=number)
            await answered("PUT", "/people/{code}/password", who=who, json={"password": "yanshi-2026"}, code_of=code)
            await answered("PUT", "/people/{code}/active", who=who, json={"active": False}, code_of=code)


async def _everything_of_members_and_rules(answered) -> None:
    """Members' own settings, the county's rules, and emergencies: each as somebody who may and as one who may not."""
    for who in (MEMBER, None):
        await answered("GET", "/me/settings", who=who)
        await answered("PUT", "/me/settings", who=who, json={"capacity": 3})
        await answered("GET", "/me/leaves", who=who)
        days = {"first_day": "2027-03-01", "last_day": "2027-03-02"}
        leave = await answered("POST", "/me/leaves", who=who, json=days)
        await answered("DELETE", "/me/leaves/{id}", who=who, ident=leave.get("leave", {}).get("id", 1))
    for who in (ADMINISTRATOR, MEMBER):
        policy = await answered("GET", "/policy", who=who)
        await answered("PUT", "/policy", who=who, json={"version": 0, **policy["document"]})
        await answered("GET", "/calendar", who=who, query="?month=2026-10")
        await answered("PUT", "/calendar/days", who=who, json={"days": [{"day": "2026-12-05", "working": True}]})
        await answered("POST", "/calendar/import", who=who, json={"year": 2027, "days": []})
    for who in (COUNTY, MEMBER):
        await answered("GET", "/county/acts", who=who)
        await answered("GET", "/emergencies", who=who)
        await answered("POST", "/grids/{code}/assign-batch", who=who, json={"dry_run": True})
        declared = await answered(
            "POST",
            "/emergencies",
            who=who,
            json={"grid": "141123100016", "ends_at": "2026-11-26T00:00:00Z", "reason": "演示：强降雨"},
        )
        for path in ("/emergencies/{id}/extend", "/emergencies/{id}/end"):
            body = {"ends_at": "2026-11-27T00:00:00Z"} if path.endswith("extend") else {}
            await answered("POST", path, who=who, json=body, ident=declared.get("id", 1))
    await answered("POST", "/grids/{code}/assign-batch", who=COUNTY, json={"dry_run": True})


async def _everything_of_projects_and_pledges(answered) -> None:
    """A project and a pledge, each as somebody who may and as one who may not."""
    step = {"what": "排查", "who": "M0070", "how": "逐楼登记", "due": "2026-12-04", "standard": "一楼一表"}
    for who in (SECRETARY, MEMBER, None):
        await answered(
            "POST",
            "/projects",
            who=who,
            json={
                "name": "楼道清零",
                "goal": "楼道无杂物",
                "branch": "B141123100016",
                "category": "0101",
                "leader": "S035",
                "members": ["M0070"],
            },
        )
        await answered("POST", "/projects/{id}/steps", who=who, json={"steps": [step]}, ident=1)
        csv = "what,who,how,due,standard\n排查,M0070,逐楼登记,2026-12-04,一楼一表\n"
        for text in (csv, "what\n"):
            await answered("POST", "/projects/{id}/steps/import", who=who, json={"csv": text}, ident=1)
        await answered("PATCH", "/projects/{id}", who=who, json={"members": [], "reason": "调整"}, ident=1)
        await answered("POST", "/projects/{id}/close", who=who, json={"reason": "完成"}, ident=1)
        for path in ("/projects", "/projects/{id}", "/projects/{id}/ledger"):
            await answered("GET", path, who=who, ident=1)
        await answered("GET", "/projects/{id}", who=who, ident=9)
        pledged = {"category": "1001", "text": "探访老人", "due": "2026-12-25"}
        pledge = await answered("POST", "/pledges", who=who, json=pledged)
        if who == MEMBER:
            for by, json in ((SECRETARY, {"action": "offer", "member": "M0070"}), (MEMBER, {"action": "accept"})):
                await answered("POST", "/orders/{id}/actions", who=by, json=json, ident=pledge["id"])
        await answered("GET", "/pledges", who=who)
        await answered("GET", "/pledges", who=who, query="?grid=9")
