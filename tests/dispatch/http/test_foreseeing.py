"""Deadlines and forecasts over HTTP: what is foretold is what PostgreSQL then holds, sweep by sweep."""

from datetime import datetime, timedelta

import pytest

from dispatch.domain.choosing import SHOWN
from dispatch.domain.vocabulary import MILESTONES

SECRETARY, MEMBER, COUNTY, STRANGER = "10001000054", "10001001278", "10001000002", "10001001279"
MINUTE = timedelta(minutes=1)


async def driven(door, order, steps) -> list[dict]:
    """Sweep at each foretold moment, and a minute before and after it, and return what has happened then."""
    known = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    start = door.service.now()
    moments = {datetime.fromisoformat(step["at"]) + around * MINUTE for step in steps for around in (-1, 0, 1)}
    for moment in sorted(moments):
        if moment > start:
            door.set_time(moment)
            await door.sweep()
    found = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    return found[1]["items"][len(known[1]["items"]) :]


def shown(one: dict) -> tuple:
    """What a step and an event have in common."""
    data = one.get("data", {"missed": one.get("missed")})
    at, state = datetime.fromisoformat(one["at"]), one["to"] if "to" in one else one["state"]
    return at, one["action"], data.get("missed"), state, one["branch"], one["level"]


async def offered(door) -> list[tuple]:
    """Every offer on record: which rung, and the codes of the first whom it asked, in their order."""
    rows = await door.service.database.fetch(
        """SELECT e.data ->> 'kind' AS kind,
                  ARRAY(SELECT p.code FROM jsonb_array_elements(e.data -> 'offered') WITH ORDINALITY AS o (id, n)
                        JOIN people AS p ON p.id = o.id::int ORDER BY o.n) AS codes
           FROM events AS e WHERE e.action = 'offer' AND e.party = 'system' ORDER BY e.version"""
    )
    return [(row["kind"], list(row["codes"])[:SHOWN]) for row in rows]


@pytest.mark.parametrize(
    ("category", "urgency", "deeds"),
    [
        ("0801", "critical", ()),
        ("1001", "urgent", ()),
        ("0901", "general", ()),
        ("0203", "general", ()),
        ("0901", "general", ("offer",)),
        ("0901", "urgent", ("offer", "accept")),
        ("0901", "general", ("offer", "accept", "resolve")),
    ],
)
async def test_what_is_foretold_is_what_happens_sweep_by_sweep(door, category, urgency, deeds) -> None:
    order = await door.file(category=category, urgency=urgency)
    given = {"offer": {"who": SECRETARY, "member": "M0070"}, "resolve": {"who": MEMBER, "answer": "已办妥"}}
    for action in deeds:
        await door.act(order, action, **given.get(action, {"who": MEMBER}))
    status, foretold = await door.call("GET", f"/orders/{order['id']}/forecast", who=COUNTY)
    assert status == 200, foretold
    came = await driven(door, order, foretold["steps"])
    assert [shown(step) for step in foretold["steps"]] == [shown(event) for event in came]
    assert foretold["end"] == ("closed" if "resolve" in deeds else "reminded")
    asked = [(step["rung"], step["members"]) for step in foretold["steps"] if step["action"] == "offer"]
    assert asked == await offered(door)
    assert bool(asked) is ("accept" not in deeds)


async def test_the_resident_and_whoever_dispatches_see_deadlines_and_forecast_and_a_stranger_neither(
    door, fits
) -> None:
    order = await door.file()
    for path, schema in (("deadlines", "Deadlines"), ("forecast", "ForecastAnswer")):
        address = f"/orders/{order['id']}/{path}"
        for reader in ({"code": order["query_code"]}, {"who": SECRETARY}):
            status, answer = await door.call("GET", address, **reader)
            assert status == 200, answer
            fits(answer, schema)
        assert (await door.call("GET", address))[0] == 401
        assert (await door.call("GET", address, code="00000000"))[0] == 403
        assert (await door.call("GET", address, who=STRANGER))[0] == 403


async def test_codes_of_members_are_only_for_who_dispatches(door) -> None:
    order = await door.file()
    _, own = await door.call("GET", f"/orders/{order['id']}/forecast", code=order["query_code"])
    assert all("members" not in step for step in own["steps"])
    _, inside = await door.call("GET", f"/orders/{order['id']}/forecast", who=SECRETARY)
    assert any(step["members"] for step in inside["steps"])
    assert [{**step, "members": None} for step in inside["steps"]] == [
        {**step, "members": None} for step in own["steps"]
    ]


async def test_a_leave_that_lies_ahead_is_foreseen(door) -> None:
    order = await door.file()
    address = f"/orders/{order['id']}/forecast"

    async def asked_later() -> list[str]:
        _, found = await door.call("GET", address, who=COUNTY)
        tomorrow = [step for step in found["steps"] if step["at"] >= "2026-11-24T00"]
        return [code for step in tomorrow for code in step["members"]]

    assert "M0070" in await asked_later()
    status, _ = await door.call("POST", "/me/leaves", who=MEMBER, json={"from": "2026-11-24", "to": "2026-12-24"})
    assert status == 201
    assert "M0070" not in await asked_later()
    _, now = await door.call("GET", address, who=COUNTY)
    assert any("M0070" in step["members"] for step in now["steps"]), "today they are there"


async def test_the_deadlines_are_those_of_the_order_and_say_why(door) -> None:
    order = await door.file()
    status, found = await door.call("GET", f"/orders/{order['id']}/deadlines", code=order["query_code"])
    assert status == 200
    promised = {one["clock"]: one["promise"]["due"] for one in found["items"] if one["clock"] in MILESTONES}
    assert {clock: datetime.fromisoformat(due) for clock, due in promised.items()} == {
        clock: datetime.fromisoformat(due) for clock, due in order["promises"].items()
    }
    (accept,) = (one for one in found["items"] if one["clock"] == "accept")
    assert accept["standing_label"] == {"zh": "计时中", "en": "running"}
    assert accept["promise"]["days"] == [
        {
            "date": "2026-11-23",
            "working": True,
            "minutes": 0,
            "note": {
                "zh": "工作日，09:00 起算，16:00 前受理，当日办，17:30 到期",
                "en": "working day, starts at 09:00, before 16:00, so the same day, due at 17:30",
            },
        }
    ]
    door.wait(hours=9)
    await door.sweep()
    _, later = await door.call("GET", f"/orders/{order['id']}/deadlines", who=SECRETARY)
    (missed,) = (one for one in later["items"] if one["clock"] == "accept")
    assert missed["standing"] == "missed"
    assert missed["promise"] == accept["promise"], "a promise never moves silently"
    assert (missed["now"]["length"], missed["now"]["length_label"]["zh"]) == ("1wd", "1 个工作日")


async def test_a_pause_is_told_with_its_party_and_no_name(door) -> None:
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    door.wait(hours=1)
    await door.act(order, "pause", who=MEMBER, reason="家中无人")
    door.wait(hours=2)
    await door.act(order, "resume", who=MEMBER)
    _, found = await door.call("GET", f"/orders/{order['id']}/deadlines", code=order["query_code"])
    (resolve,) = (one for one in found["items"] if one["clock"] == "resolve")
    (pause,) = resolve["pauses"]
    assert (pause["by"], pause["by_label"]["zh"], pause["ended_by"]) == ("handler", "承办人", "handler")
    assert [one["why"] for one in resolve["earlier"]] == ["pause"]
    assert "M0070" not in str(found)
    assert "家中无人" not in str(found)
