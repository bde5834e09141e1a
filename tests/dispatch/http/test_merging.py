"""并单、拆单 through the door: one answer for all, and no more told to anybody than is theirs."""

import pytest

from dispatch.usecases.ledger import verify

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
FAR = "141123101200"


async def accepted(door, **change):
    order = await door.file(**change)
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    return order


async def look(door, order, **who):
    status, seen = await door.call("GET", f"/orders/{order['id']}", **who)
    assert status == 200, seen
    return seen


async def refused(door, path, who, **body):
    """What a request is refused with; whatever it was, nothing has changed."""
    rows = await door.rows()
    status, problem = await door.call("POST", path, who=who, json=body)
    assert await door.rows() == rows
    return status, problem["code"], [one["field"] for one in problem.get("errors") or ()]


async def test_two_requests_about_one_matter_are_answered_as_one(door):
    lead = await accepted(door)
    child = await door.file(text="楼道里也有水", contact={"phone": "10003000002", "name": "演示群众002"})
    merged = await door.act(child, "merge", who=SECRETARY, into=lead["number"], reason="王家与李家说的是同一处")
    assert (merged["state"], merged["merged_into"], merged["due"]) == ("merged", lead["number"], None)
    assert {"unmerge", "note"} <= set(merged["actions"])

    await door.act(child, "note", code=child["query_code"], text="今天又漏了")
    status, parts = await door.call("GET", f"/orders/{lead['id']}/merged", who=MEMBER)
    assert status == 200
    assert [(one["id"], one["text"]) for one in parts["items"]] == [(child["id"], "楼道里也有水")]
    assert [note["text"] for note in parts["items"][0]["notes"]] == ["今天又漏了"]
    assert "10003000002" not in str(parts), "how a resident is reached is not told with it"
    assert (await look(door, lead, who=MEMBER))["absorbed"] == [child["number"]]

    theirs = await look(door, child, code=child["query_code"])
    assert (theirs["state"], theirs["text"], theirs["answer"]) == ("merged", "楼道里也有水", None)
    assert theirs["merged_into"] == lead["number"]
    status, _ = await door.call("GET", f"/orders/{lead['id']}", code=child["query_code"])
    assert status == 403, "one query code opens one order"

    await door.act(lead, "resolve", who=MEMBER, answer="总管已更换", note="李家另有一事")
    for order in (lead, child):
        seen = await look(door, order, code=order["query_code"])
        assert (seen["state"], seen["answer"], seen["due"]["milestone"]) == ("resolved", "总管已更换", "rate")
        _, history = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
        assert not [word for word in ("李家", "王家") if word in str(history)], "what is for the house stays there"
    await door.act(child, "rate", code=child["query_code"], grade="satisfied")
    assert (await look(door, lead, code=lead["query_code"]))["state"] == "resolved"
    assert (await verify(door.service.database)).findings == []


async def test_several_are_merged_at_once_and_taken_apart_one_by_one(door):
    lead = await accepted(door)
    children = [await door.file(text=f"第{n}户") for n in range(3)]
    body = {"lead": lead["number"], "orders": [one["id"] for one in children], "reason": "同一处"}
    for _ in range(2):
        status, made = await door.call("POST", "/merges", who=SECRETARY, json=body, headers={"Idempotency-Key": "one"})
        assert (status, made["lead"], made["merged"]) == (200, lead["id"], body["orders"])
    rows = await door.rows()
    status, problem = await door.call(
        "POST", "/merges", who=SECRETARY, json={**body, "reason": "别的"}, headers={"Idempotency-Key": "one"}
    )
    assert (status, problem["code"]) == (422, "key_reused")
    assert await door.rows() == rows
    apart = await door.act(children[1], "unmerge", who=SECRETARY, reason="不是一处")
    assert (apart["state"], apart["merged_into"]) == ("routed", None)
    assert apart["promises"] == children[1]["promises"]
    seen = await look(door, lead, who=SECRETARY)
    assert seen["absorbed"] == [children[0]["number"], children[2]["number"]]
    again = await refused(door, f"/orders/{children[1]['id']}/actions", SECRETARY, action="unmerge")
    assert again == (409, "not_merged", [])
    assert (await verify(door.service.database)).findings == []


async def test_when_the_one_is_withdrawn_the_others_wait_for_a_member_again(door):
    lead, child = await accepted(door), await door.file()
    await door.act(child, "merge", who=SECRETARY, into=lead["id"])
    await door.act(lead, "withdraw", code=lead["query_code"], reason="已自行解决")
    seen = await look(door, child, code=child["query_code"])
    assert (seen["state"], seen["merged_into"], seen["promises"]) == ("routed", None, child["promises"])
    door.wait(hours=3)
    await door.sweep()
    assert (await look(door, child, who=SECRETARY))["state"] == "offered"
    assert (await verify(door.service.database)).findings == []


async def test_a_merge_that_makes_no_sense_is_refused_in_words(door):
    lead, child, other = await accepted(door), await door.file(), await door.file()
    far = await door.file(place={"grid": FAR})
    path = f"/orders/{child['id']}/actions"

    def into(number, who=SECRETARY, **more):
        return refused(door, path, who, action="merge", into=number, **more)

    assert await into(child["id"]) == (422, "invalid", ["into"])
    assert await into("141123000000000") == (422, "invalid", ["into"])
    assert await into("nonsense") == (422, "invalid", ["into"])
    assert await into(far["id"]) == (403, "not_yours", [])
    assert await into(lead["id"], who=MEMBER) == (403, "not_yours", [])
    assert await into(lead["id"], version=1) == (409, "stale", [])
    assert await into(lead["id"], extra=1) == (422, "invalid", ["extra"])
    await door.act(other, "merge", who=SECRETARY, into=lead["id"])
    assert await into(other["id"]) == (422, "invalid", ["into"])
    named = await refused(door, f"/orders/{lead['id']}/actions", SECRETARY, action="merge", into=child["id"])
    assert named == (422, "invalid", ["into"]), "what answers for others is not merged itself"

    async def many(*numbers, who=SECRETARY):
        return await refused(door, "/merges", who, lead=lead["id"], orders=list(numbers))

    assert await many(child["id"], child["number"]) == (422, "invalid", ["orders.1"])
    assert await many(child["id"], "nonsense", other["id"]) == (422, "invalid", ["orders.1"])
    assert await many(child["id"], other["id"]) == (422, "invalid", ["orders.1"])
    assert await many(child["id"], far["id"]) == (422, "invalid", ["orders.1"])
    assert await many(*[child["id"]] * 51) == (422, "invalid", ["orders"])
    assert await many() == (422, "invalid", ["orders"])
    status, _ = await door.call("POST", "/merges", json={"lead": lead["id"], "orders": [child["id"]]})
    assert status == 401


@pytest.mark.parametrize("who", [MEMBER, None])
async def test_who_merged_orders_are_not_theirs_reads_none_of_them(door, who):
    lead, child = await door.file(place={"grid": FAR}), await door.file(place={"grid": FAR})
    await door.act(child, "merge", who=COUNTY, into=lead["id"])
    status, problem = await door.call("GET", f"/orders/{lead['id']}/merged", who=who)
    assert (status, problem["code"]) == ((401, "unauthenticated") if who is None else (403, "not_yours"))
