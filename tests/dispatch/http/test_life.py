"""The whole life of an order, through the door its users take."""

from datetime import datetime
from typing import Any

SECRETARY, MEMBER, OTHER, COUNTY = "10001000054", "10001001278", "10001001279", "10001000002"


async def test_a_request_walks_from_filing_to_closed(door) -> None:
    order = await door.file()
    code = order["query_code"]
    assert (order["state"], order["branch"]["id"], order["level"]) == ("routed", "B141123100016", 0)
    assert order["due"]["milestone"] == "accept"

    offered = await door.act(order, "offer", who=SECRETARY, member="M0070", version=order["version"])
    assert offered["state"] == "offered"
    accepted = await door.act(order, "accept", who=MEMBER)
    assert accepted["state"] == "accepted"
    assert (accepted["place"], accepted["contact"]["masked"]) == (None, True), "only a look on record shows them"
    status, looked = await door.call("GET", f"/orders/{order['id']}", who=MEMBER)
    assert (looked["place"], looked["contact"]["masked"]) == ({"grid": "141123100016"}, True)
    assert (await door.reveal(order, MEMBER))["contact"]["phone"] == "10003000001"
    await door.act(order, "contact", who=MEMBER, how="phone", note="约好明天上门")
    resolved = await door.act(order, "resolve", who=MEMBER, answer="已疏通水沟,两家都到场确认")
    assert resolved["state"] == "resolved"
    assert resolved["assignee"] == "M0070"
    status, seen = await door.call("GET", f"/orders/{order['id']}", code=code)
    assert seen["answer"] == "已疏通水沟,两家都到场确认", "the resident reads the answer on the order itself"
    assert "assignee" not in seen
    assert [(look["by"], look["reason"]) for look in seen["contact_views"]] == [("M0070", None), ("M0070", "call")]
    closed = await door.act(order, "rate", code=code, grade="very_satisfied")
    assert (closed["state"], closed["grade"], closed["due"]) == ("closed", "very_satisfied", None)

    status, history = await door.call("GET", f"/orders/{order['number']}/events", code=code)
    assert status == 200
    actions = [event["action"] for event in history["items"]]
    assert actions == ["submit", "route", "offer", "accept", "contact", "resolve", "rate"]
    assert [event["version"] for event in history["items"]] == list(range(1, 8))
    assert "约好明天上门" not in str(history), "what is internal is not for the resident"


async def test_an_order_that_nobody_touches_climbs_to_the_county_and_stays_there(door) -> None:
    order = await door.file()
    seen: list[tuple[int, str]] = []
    for _ in range(24 * 9):
        door.wait(hours=1)
        await door.sweep()
        now = await _look(door, order)
        if not seen or seen[-1] != (now["level"], now["branch"]["name"]):
            seen.append((now["level"], now["branch"]["name"]))
    assert [level for level, _ in seen] == [0, 1, 2]
    assert now["listed"]
    status, listed = await door.call("GET", "/orders?listed=true", who=COUNTY)
    assert [item["id"] for item in listed["items"]] == [order["id"]], "the county finds it in its list"
    assert now["overdue"]
    assert now["state"] in ("routed", "offered")
    status, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    assert status == 200
    rises = [event for event in history["items"] if event["action"] == "escalate"]
    assert [datetime.fromisoformat(event["due_at"]).astimezone().isoformat() for event in rises]
    assert len(rises) == 2
    reminders = [event for event in history["items"] if event["action"] == "supervise"]
    assert len(reminders) >= 2, "the root is reminded once a working day"


async def _look(door, order: dict[str, Any]) -> dict[str, Any]:
    status, seen = await door.call("GET", f"/orders/{order['id']}", code=order["query_code"])
    assert status == 200, seen
    return seen
