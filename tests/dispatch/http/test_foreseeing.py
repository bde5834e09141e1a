"""Deadlines and forecasts over HTTP: what is foretold is what PostgreSQL then holds, sweep by sweep."""

from datetime import datetime, timedelta

import pytest

from dispatch.domain.choosing import SHOWN
from dispatch.domain.vocabulary import MILESTONES

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
MINUTE = timedelta(minutes=1)


@pytest.fixture
async def stranger(door) -> str:
    """The phone of a member of another township."""
    row = await door.service.database.fetchrow(
        """SELECT c.phone FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id
           JOIN roles AS r ON r.person_id = p.id JOIN grids AS g ON g.id = r.grid_id
           WHERE r.role = 'member' AND g.code LIKE '141123102%' AND c.phone IS NOT NULL ORDER BY p.id LIMIT 1"""
    )
    return str(row["phone"])


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


async def test_the_resident_sees_the_same_as_whoever_dispatches_but_for_codes_and_a_stranger_nothing(
    door, fits, stranger
) -> None:
    order = await door.file()
    for path, schema in (("deadlines", "Deadlines"), ("forecast", "ForecastAnswer")):
        address = f"/orders/{order['id']}/{path}"
        status, own = await door.call("GET", address, code=order["query_code"])
        assert status == 200, own
        fits(own, schema)
        _, inside = await door.call("GET", address, who=SECRETARY)
        fits(inside, schema)
        assert "M0070" not in str(own)
        for step in inside.get("steps", ()):
            assert (step.pop("members") != []) is (step["asked"] > 0)
        assert inside == own
        assert (await door.call("GET", address))[0] == 401
        assert (await door.call("GET", address, code="00000000"))[0] == 403
        assert (await door.call("GET", address, who=stranger))[0] == 403


async def test_a_leave_that_lies_ahead_is_foreseen(door) -> None:
    order = await door.file()
    address = f"/orders/{order['id']}/forecast"

    async def asked_later() -> list[str]:
        _, found = await door.call("GET", address, who=COUNTY)
        tomorrow = [step for step in found["steps"] if step["at"] >= "2026-11-24T00"]
        return [code for step in tomorrow for code in step["members"]]

    somebody = (await asked_later())[0]
    await door.service.database.execute(
        """INSERT INTO leaves (person_id, first_day, last_day, created_at)
           SELECT id, '2026-11-24', '2026-12-24', $2 FROM people WHERE code = $1""",
        somebody,
        door.service.now(),
    )
    assert somebody not in await asked_later()


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
