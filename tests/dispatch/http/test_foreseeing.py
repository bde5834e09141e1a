"""Deadlines and forecasts over HTTP: what is foretold is what PostgreSQL then holds, sweep by sweep."""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

SHANGHAI = ZoneInfo("Asia/Shanghai")


async def driven(door, order, steps) -> list[dict]:
    """Sweep at each foretold moment, and a minute before and after it, and return what has happened then."""
    known = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    minute = timedelta(minutes=1)
    start = door.service.now()
    moments = {datetime.fromisoformat(step["at"]) + around for step in steps for around in (-minute, 0 * minute, minute)}
    for moment in sorted(moments):
        if moment > start:
            door.set_time(moment)
            await door.sweep()
    found = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    return found[1]["items"][len(known[1]["items"]) :]


def shown(one: dict) -> tuple:
    """What a step and an event have in common."""
    at = datetime.fromisoformat(one["at"])
    missed = one["missed"] if "missed" in one else one["data"].get("missed")
    return at, one["action"], missed, one.get("state", one.get("to")), one["branch"], one["level"]


@pytest.mark.parametrize(
    ("category", "urgency", "deeds"),
    [
        ("0801", "critical", ()),
        ("1001", "urgent", ()),
        ("0901", "general", ()),
        ("0203", "general", ()),
        ("0901", "urgent", ("accept",)),
        ("0901", "general", ("accept", "contact", "resolve")),
    ],
)
async def test_what_is_foretold_is_what_happens_sweep_by_sweep(door, phones, category, urgency, deeds) -> None:
    order = await door.file(category=category, urgency=urgency)
    for action in deeds:
        if action == "accept":
            await door.act(order, "offer", who=phones["secretary"], member="P00001")
        more = {"answer": "已办妥"} if action == "resolve" else {"how": "phone"} if action == "contact" else {}
        await door.act(order, action, who=phones["P00001"], **more)
    _, foretold = await door.call("GET", f"/orders/{order['id']}/forecast", who=phones["secretary"])
    came = await driven(door, order, foretold["steps"])
    assert [shown(step) for step in foretold["steps"]] == [shown(event) for event in came]
    assert foretold["end"] == ("closed" if "resolve" in deeds else "reminded")
    if not deeds:
        offers = [event for event in came if event["action"] == "offer"]
        asked = [(step["asked"], step["rung"]) for step in foretold["steps"] if step["action"] == "offer"]
        row = await door.service.database.fetch(
            "SELECT data FROM events WHERE action = 'offer' ORDER BY order_id, version"
        )
        assert len(offers) == len(row)
        codes = {
            person["id"]: person["code"]
            for person in await door.service.database.fetch("SELECT id, code FROM people")
        }
        happened = [one["data"] for one in row]
        assert asked == [(len(data["offered"]), data["kind"]) for data in happened]
        members = [step["members"] for step in foretold["steps"] if step["action"] == "offer"]
        assert members == [[codes[person] for person in data["offered"]] for data in happened]
