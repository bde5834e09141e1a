"""What a leave does at once to the orders that wait for whoever takes it, and when it ends."""

import asyncio
from datetime import timedelta

from dispatch.demo.accounts import accounts
from dispatch.usecases.settings import MOST_LEAVES, apply_leaves


async def test_a_leave_gives_back_at_once_what_waits_and_has_the_secretary_asked_about_the_rest(
    door, fits, team
) -> None:
    handled = await team.offered(door, team.MEMBER)
    await door.act(handled, "accept", who=team.MEMBER)
    waiting, other = await team.offered(door, team.MEMBER), await team.offered(door, team.OTHER)
    leave = await team.leave(door, team.TODAY, team.SUNDAY)
    fits(leave, "LeaveTakenAnswer")
    assert (leave["returned"], leave["asked"], leave["running"]) == ([waiting["id"]], [handled["id"]], True)

    assert (await team.seen(door, waiting))["state"] == "routed"
    (declined,) = await team.events(door, waiting, "decline")
    assert (declined["actor"], declined["data"]["because"]) == (team.CODES[team.MEMBER], "leave")
    _, told = await door.call("GET", f"/orders/{waiting['id']}/events", code=waiting["query_code"])
    assert [event["data"] for event in told["items"] if event["action"] == "decline"] == [{}], "not theirs to know"
    assert (await team.seen(door, handled))["state"] == "accepted", (
        "what was accepted stays theirs until it is recalled"
    )
    (note,) = await team.events(door, handled, "note")
    assert (note["party"], note["data"]["because"], note["data"]["until"]) == ("system", "leave", team.SUNDAY)
    letters = await door.service.database.fetch(
        "SELECT branch_id FROM outbox WHERE order_id = $1 AND version = $2",
        *(await door.service.database.fetchrow("SELECT order_id, version FROM events WHERE action = 'note'")),
    )
    assert [row["branch_id"] is not None for row in letters] == [True], "the secretary is told"
    assert (await team.seen(door, other))["state"] == "offered"
    assert not await team.events(door, other, "decline")
    status, seen = await door.call("GET", f"/orders/{handled['id']}/events", code=handled["query_code"])
    assert status == 200
    assert "leave" not in str(seen), "that a member is on leave is nothing for the resident"


async def test_the_secretary_is_asked_about_what_is_parked_too(door, team) -> None:
    parked = await team.offered(door, team.MEMBER)
    await door.act(parked, "accept", who=team.MEMBER)
    await door.act(parked, "ask", who=team.MEMBER, matter="park", reason="等开春解冻后重铺管道", on="2026-12-03")
    town = next(one.phone for one in accounts() if one.en == "secretary of Weifen town")
    await door.act(parked, "park", who=town)
    leave = await team.leave(door, team.TODAY, team.SUNDAY)
    assert leave["asked"] == [parked["id"]]
    assert (await team.seen(door, parked))["state"] == "parked"
    (note,) = await team.events(door, parked, "note")
    letters = await door.service.database.fetch(
        "SELECT branch_id FROM outbox WHERE order_id = (SELECT order_id FROM events WHERE action = 'note')"
        " AND version = (SELECT version FROM events WHERE action = 'note')"
    )
    assert (note["data"]["because"], [row["branch_id"] is not None for row in letters]) == ("leave", [True])


async def test_of_several_who_are_asked_the_others_may_still_accept(door, team) -> None:
    order = await team.offered(door, team.MEMBER, team.OTHER)
    assert (await team.leave(door, team.TODAY, team.TODAY))["returned"] == [order["id"]]
    seen = await team.seen(door, order)
    assert (seen["state"], seen["asked"]) == ("offered", 1)
    assert (await door.act(order, "accept", who=team.OTHER))["assignee"] == team.CODES[team.OTHER]


async def test_whoever_is_on_leave_may_act_all_the_same(door, team) -> None:
    handled = await team.offered(door, team.MEMBER)
    await door.act(handled, "accept", who=team.MEMBER)
    await team.leave(door, team.TODAY, team.SUNDAY)
    await door.act(handled, "contact", who=team.MEMBER)
    chosen = await team.offered(door, team.MEMBER)
    assert (await door.act(chosen, "accept", who=team.MEMBER))["state"] == "accepted"


async def test_the_system_asks_nobody_who_is_on_leave_and_says_so(door, team) -> None:
    await team.leave(door, team.TODAY, team.SUNDAY)
    order = await door.file()
    for _ in range(40):
        door.wait(minutes=30)
        await door.sweep()
    person = await door.service.database.fetchrow("SELECT id FROM people WHERE code = $1", team.CODES[team.MEMBER])
    offers = await door.service.database.fetch("SELECT data FROM events WHERE action = 'offer'")
    assert offers
    assert all(f'"offered":[{person["id"]}' not in row["data"].replace(" ", "") for row in offers)
    _, route = await door.call("GET", f"/orders/{order['id']}/route", who=team.SECRETARY)
    reasons = {one["left_out"] for offer in route["offers"] for one in offer["ranked"]}
    assert "on_leave" in reasons
    assert all("carer" not in one["points"] for offer in route["offers"] for one in offer["ranked"])


async def test_the_same_leave_twice_is_one_and_overlapping_ones_are_refused(door, team) -> None:
    order = await team.offered(door, team.MEMBER)
    first = await team.leave(door, team.TODAY, team.TOMORROW)
    again = await team.leave(door, team.TODAY, team.TOMORROW)
    assert (again["id"], again["returned"]) == (first["id"], [])
    assert len(await team.events(door, order, "decline")) == 1
    problem = await team.leave(door, team.TOMORROW, team.SUNDAY, status=422)
    assert [fault["field"] for fault in problem["errors"]] == ["from"]
    _, listed = await door.call("GET", "/me/leaves", who=team.MEMBER)
    assert [(one["from"], one["to"]) for one in listed["items"]] == [(team.TODAY, team.TOMORROW)]
    assert (await door.call("GET", "/me/leaves", who=team.OTHER))[1] == {"items": []}
    at_once = (
        door.call("POST", "/me/leaves", who=team.OTHER, json={"from": team.TODAY, "to": last})
        for last in (team.TODAY, team.SUNDAY)
    )
    assert sorted(status for status, _ in await asyncio.gather(*at_once)) == [201, 422]


async def test_a_leave_that_makes_no_sense_is_refused(door, team) -> None:
    for first, last in (
        (team.SUNDAY, team.TODAY),  # backwards
        ("2026-11-20", "2026-11-22"),  # over
        ("2028-01-01", "2028-01-02"),  # far off
        (team.TODAY, "2028-01-01"),  # too long
        ("2026-11-31", "2026-12-01"),  # no such day
        ("20261123", team.TODAY),  # not as days are written
    ):
        problem = await team.leave(door, first, last, status=422)
        assert problem["errors"]
    assert (await door.call("GET", "/me/leaves", who=team.MEMBER))[1] == {"items": []}


async def test_there_is_an_end_to_how_many_leaves_are_on_record(door, team) -> None:
    days = [(door.service.now() + timedelta(days=1 + number)).date().isoformat() for number in range(MOST_LEAVES + 1)]
    for day in days[:-1]:
        await team.leave(door, day, day)
    await team.leave(door, days[-1], days[-1], status=422)


async def test_who_was_chosen_by_hand_within_a_minute_of_their_leave_is_not_asked_and_later_is(door, team) -> None:
    await team.leave(door, team.TODAY, team.SUNDAY)
    unaware = await team.offered(door, team.MEMBER, team.OTHER)
    door.wait(minutes=2)
    aware = await team.offered(door, team.MEMBER)
    for _ in range(2):
        await apply_leaves(door.service, door.service.now())
    assert len(await team.events(door, unaware, "decline")) == 1
    assert not await team.events(door, aware, "decline")


async def test_whoever_ends_a_leave_is_asked_again_from_that_day_on(door, team) -> None:
    for ident in ("0", "-1", "x", "９", "99999999999999999999", "9" * 5000):
        status, problem = await door.call("DELETE", f"/me/leaves/{ident}", who=team.MEMBER)
        assert (status, problem["code"]) == (404, "leave_not_found")
    order = await door.file()
    running = await team.leave(door, team.TODAY, team.TOMORROW)
    coming = await team.leave(door, team.SUNDAY, team.SUNDAY)
    assert (await team.candidate(door, order))["left_out"] == "on_leave"
    team.later(door, days=1)
    for leave in (running, coming):
        assert (await door.call("DELETE", f"/me/leaves/{leave['id']}", who=team.OTHER))[0] == 404, "it is not theirs"
        assert (await door.call("DELETE", f"/me/leaves/{leave['id']}", who=team.MEMBER))[0] == 204
        status, problem = await door.call("DELETE", f"/me/leaves/{leave['id']}", who=team.MEMBER)
        assert (status, problem["code"]) == (404, "leave_not_found")
    assert (await team.candidate(door, order))["left_out"] is None
    assert (await door.call("GET", "/me/leaves", who=team.MEMBER))[1] == {"items": []}
