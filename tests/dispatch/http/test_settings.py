"""What members set for themselves, and what a leave does to the orders that wait for them."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest

from dispatch.demo.accounts import accounts
from dispatch.domain import errors, numbers
from dispatch.settings import Settings
from dispatch.usecases import settings
from dispatch.usecases.service import Service
from dispatch.usecases.settings import MOST_LEAVES, apply_leaves

SECRETARY, MEMBER, OTHER = "10001000054", "10001001278", "10001001279"
CODES = {account.phone: account.person_code for account in accounts()}
TODAY, TOMORROW, SUNDAY = "2026-11-23", "2026-11-24", "2026-11-29"


async def _leave(door, first: str, last: str, who: str = MEMBER, status: int = 201) -> dict[str, Any]:
    answered, leave = await door.call("POST", "/me/leaves", who=who, json={"from": first, "to": last})
    assert answered == status, leave
    return leave


async def _put(door, body: dict[str, Any], who: str = MEMBER) -> dict[str, Any]:
    status, answer = await door.call("PUT", "/me/settings", who=who, json=body)
    assert status == 200, answer
    return answer


async def _offered(door, *members: str) -> dict[str, Any]:
    order = await door.file()
    answer = await door.act(order, "offer", who=SECRETARY, members=[CODES[member] for member in members])
    return {**answer, "query_code": order["query_code"]}


def _later(door, **span: float) -> None:
    """Let so much time pass that everybody has to log in again."""
    door.wait(**span)
    door.tokens.clear()


async def _seen(door, order: dict[str, Any]) -> dict[str, Any]:
    status, seen = await door.call("GET", f"/orders/{order['id']}", who=SECRETARY)
    assert status == 200
    return seen


async def _events(door, order: dict[str, Any], action: str) -> list[dict[str, Any]]:
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=SECRETARY)
    return [event for event in history["items"] if event["action"] == action]


async def _candidate(door, order: dict[str, Any], member: str = MEMBER) -> dict[str, Any]:
    status, found = await door.call("GET", f"/orders/{order['id']}/candidates", who=SECRETARY)
    assert status == 200
    return next(one for one in found["items"] if one["member"] == CODES[member])


async def test_what_is_given_is_set_and_everything_else_stays(door, fits) -> None:
    _, before = await door.call("GET", "/me/settings", who=MEMBER)
    fits(before, "SettingsAnswer")
    assert (before["service_hours"], before["hours_in_force"], before["quiet_hours"]) == (None, None, None)
    quiet = {"from": "22:00", "to": "07:30"}
    week = {"working_days": [{"from": "18:30", "to": "21:00"}], "days_off": [{"from": "09:00", "to": "00:00"}]}
    for change in ({"capacity": 7}, {"skills": ["10", "0901"]}, {"quiet_hours": quiet}, {"service_hours": week}):
        after = await _put(door, change)
        assert after == {**before, **change, "hours_in_force": after["service_hours"]}
        before = after
    assert (await door.call("GET", "/me/settings", who=MEMBER))[1] == after
    assert await _put(door, {}) == after


async def test_null_takes_one_s_own_word_back(door) -> None:
    _, before = await door.call("GET", "/me/settings", who=MEMBER)
    nothing = {"capacity": None, "skills": None, "service_hours": None, "quiet_hours": None}
    never = {"working_days": [], "days_off": []}
    quiet = {"from": "12:00", "to": "13:00"}
    await _put(door, {"capacity": 0, "skills": [], "service_hours": never, "quiet_hours": quiet})
    assert await _put(door, nothing) == before


async def test_importing_the_county_again_does_not_undo_what_a_member_chose(door) -> None:
    await _put(door, {"capacity": 5, "skills": ["1001"]})
    await door.service.database.execute("UPDATE people SET capacity = 1, skills = '{01}'")
    _, kept = await door.call("GET", "/me/settings", who=MEMBER)
    assert (kept["capacity"], kept["skills"]) == (5, ["1001"])
    _, imported = await door.call("GET", "/me/settings", who=OTHER)
    assert (imported["capacity"], imported["skills"]) == (1, ["01"])


NONSENSE: tuple[tuple[dict[str, Any], set[str]], ...] = (
    ({"capacity": 21}, {"capacity"}),
    ({"capacity": -1, "skills": ["1"], "points": 3}, {"capacity", "skills.0", "points"}),
    ({"skills": ["0999"]}, {"skills"}),
    ({"quiet_hours": {"from": "9:00", "to": "25:00"}}, {"quiet_hours.from", "quiet_hours.to"}),
    ({"quiet_hours": {"from": "09:00", "to": "09:00"}}, {"quiet_hours.to"}),
    ({"service_hours": {"working_days": []}}, {"service_hours.days_off"}),
    (
        {"service_hours": {"working_days": [{"from": "20:00", "to": "08:00"}], "days_off": []}},
        {"service_hours.working_days"},
    ),
)


async def test_what_makes_no_sense_is_refused_by_its_field_and_nothing_is_kept(door) -> None:
    _, before = await door.call("GET", "/me/settings", who=MEMBER)
    for body, fields in NONSENSE:
        status, problem = await door.call("PUT", "/me/settings", who=MEMBER, json=body)
        assert (status, {fault["field"] for fault in problem["errors"]}) == (422, fields)
    assert (await door.call("GET", "/me/settings", who=MEMBER))[1] == before


async def test_settings_and_leaves_are_for_whoever_is_logged_in(door) -> None:
    for method, path, body in (
        ("GET", "/me/settings", None),
        ("PUT", "/me/settings", {}),
        ("GET", "/me/leaves", None),
        ("POST", "/me/leaves", {"from": TODAY, "to": TODAY}),
        ("DELETE", "/me/leaves/1", None),
    ):
        status, problem = await door.call(method, path, json=body)
        assert (status, problem["code"]) == (401, "unauthenticated")


async def test_candidates_say_who_is_left_out_and_why_in_both_languages(door) -> None:
    order = await door.file()
    free = await _candidate(door, order)
    assert (free["left_out"], free["left_out_label"], sum(free["points"].values())) == (None, None, free["total"])
    await _put(door, {"quiet_hours": {"from": "08:00", "to": "12:00"}})
    quiet = await _candidate(door, order)
    assert (quiet["left_out"], quiet["points"]) == ("off_hours", free["points"])
    await _leave(door, TODAY, TODAY)
    away = await _candidate(door, order)
    assert (away["left_out"], away["left_out_label"]) == ("on_leave", {"zh": "请假中", "en": "on leave"})
    await _put(door, {"capacity": 0}, OTHER)
    assert (await _candidate(door, order, OTHER))["left_out"] == "no_room"


async def test_a_leave_gives_back_at_once_what_waits_and_has_the_secretary_asked_about_the_rest(door, fits) -> None:
    handled = await _offered(door, MEMBER)
    await door.act(handled, "accept", who=MEMBER)
    waiting, other = await _offered(door, MEMBER), await _offered(door, OTHER)
    leave = await _leave(door, TODAY, SUNDAY)
    fits(leave, "LeaveTakenAnswer")
    assert (leave["returned"], leave["asked"], leave["running"]) == ([waiting["id"]], [handled["id"]], True)

    assert (await _seen(door, waiting))["state"] == "routed"
    (declined,) = await _events(door, waiting, "decline")
    assert (declined["actor"], declined["data"]["because"]) == (CODES[MEMBER], "leave")
    _, told = await door.call("GET", f"/orders/{waiting['id']}/events", code=waiting["query_code"])
    assert [event["data"] for event in told["items"] if event["action"] == "decline"] == [{}], "not theirs to know"
    assert (await _seen(door, handled))["state"] == "accepted", "what was accepted stays theirs until it is recalled"
    (note,) = await _events(door, handled, "note")
    assert (note["party"], note["data"]["because"], note["data"]["until"]) == ("system", "leave", SUNDAY)
    letters = await door.service.database.fetch(
        "SELECT branch_id FROM outbox WHERE order_id = $1 AND version = $2",
        *(await door.service.database.fetchrow("SELECT order_id, version FROM events WHERE action = 'note'")),
    )
    assert [row["branch_id"] is not None for row in letters] == [True], "the secretary is told"
    assert (await _seen(door, other))["state"] == "offered"
    assert not await _events(door, other, "decline")
    status, seen = await door.call("GET", f"/orders/{handled['id']}/events", code=handled["query_code"])
    assert status == 200
    assert "leave" not in str(seen), "that a member is on leave is nothing for the resident"


async def test_the_secretary_is_asked_about_what_is_parked_too(door) -> None:
    parked = await _offered(door, MEMBER)
    await door.act(parked, "accept", who=MEMBER)
    await door.act(parked, "ask", who=MEMBER, matter="park", reason="等开春解冻后重铺管道", on="2026-12-03")
    town = next(one.phone for one in accounts() if one.en == "secretary of Weifen town")
    await door.act(parked, "park", who=town)
    leave = await _leave(door, TODAY, SUNDAY)
    assert leave["asked"] == [parked["id"]]
    assert (await _seen(door, parked))["state"] == "parked"
    (note,) = await _events(door, parked, "note")
    letters = await door.service.database.fetch(
        "SELECT branch_id FROM outbox WHERE order_id = (SELECT order_id FROM events WHERE action = 'note')"
        " AND version = (SELECT version FROM events WHERE action = 'note')"
    )
    assert (note["data"]["because"], [row["branch_id"] is not None for row in letters]) == ("leave", [True])


async def test_of_several_who_are_asked_the_others_may_still_accept(door) -> None:
    order = await _offered(door, MEMBER, OTHER)
    assert (await _leave(door, TODAY, TODAY))["returned"] == [order["id"]]
    seen = await _seen(door, order)
    assert (seen["state"], seen["asked"]) == ("offered", 1)
    assert (await door.act(order, "accept", who=OTHER))["assignee"] == CODES[OTHER]


async def test_whoever_is_on_leave_may_act_all_the_same(door) -> None:
    handled = await _offered(door, MEMBER)
    await door.act(handled, "accept", who=MEMBER)
    await _leave(door, TODAY, SUNDAY)
    await door.act(handled, "contact", who=MEMBER)
    chosen = await _offered(door, MEMBER)
    assert (await door.act(chosen, "accept", who=MEMBER))["state"] == "accepted"


async def test_the_system_asks_nobody_who_is_on_leave_and_says_so(door) -> None:
    await _leave(door, TODAY, SUNDAY)
    order = await door.file()
    for _ in range(40):
        door.wait(minutes=30)
        await door.sweep()
    person = await door.service.database.fetchrow("SELECT id FROM people WHERE code = $1", CODES[MEMBER])
    offers = await door.service.database.fetch("SELECT data FROM events WHERE action = 'offer'")
    assert offers
    assert all(f'"offered":[{person["id"]}' not in row["data"].replace(" ", "") for row in offers)
    _, route = await door.call("GET", f"/orders/{order['id']}/route", who=SECRETARY)
    reasons = {one["left_out"] for offer in route["offers"] for one in offer["ranked"]}
    assert "on_leave" in reasons
    assert all("carer" not in one["points"] for offer in route["offers"] for one in offer["ranked"])


async def test_the_same_leave_twice_is_one_and_overlapping_ones_are_refused(door) -> None:
    order = await _offered(door, MEMBER)
    first = await _leave(door, TODAY, TOMORROW)
    again = await _leave(door, TODAY, TOMORROW)
    assert (again["id"], again["returned"]) == (first["id"], [])
    assert len(await _events(door, order, "decline")) == 1
    problem = await _leave(door, TOMORROW, SUNDAY, status=422)
    assert [fault["field"] for fault in problem["errors"]] == ["from"]
    _, listed = await door.call("GET", "/me/leaves", who=MEMBER)
    assert [(one["from"], one["to"]) for one in listed["items"]] == [(TODAY, TOMORROW)]
    assert (await door.call("GET", "/me/leaves", who=OTHER))[1] == {"items": []}
    at_once = (door.call("POST", "/me/leaves", who=OTHER, json={"from": TODAY, "to": last}) for last in (TODAY, SUNDAY))
    assert sorted(status for status, _ in await asyncio.gather(*at_once)) == [201, 422]


async def test_a_leave_that_makes_no_sense_is_refused(door) -> None:
    for first, last in (
        (SUNDAY, TODAY),  # backwards
        ("2026-11-20", "2026-11-22"),  # over
        ("2028-01-01", "2028-01-02"),  # far off
        (TODAY, "2028-01-01"),  # too long
        ("2026-11-31", "2026-12-01"),  # no such day
        ("20261123", TODAY),  # not as days are written
    ):
        problem = await _leave(door, first, last, status=422)
        assert problem["errors"]
    assert (await door.call("GET", "/me/leaves", who=MEMBER))[1] == {"items": []}


async def test_there_is_an_end_to_how_many_leaves_are_on_record(door) -> None:
    days = [(door.service.now() + timedelta(days=1 + number)).date().isoformat() for number in range(MOST_LEAVES + 1)]
    for day in days[:-1]:
        await _leave(door, day, day)
    await _leave(door, days[-1], days[-1], status=422)


async def test_a_leave_to_come_is_applied_when_its_day_comes_and_once_however_many_do_it(door) -> None:
    assert (await _leave(door, TOMORROW, SUNDAY))["running"] is False
    _later(door, hours=14)  # late in the evening of the day before
    assert await apply_leaves(door.service, door.service.now()) == 0
    order = await _offered(door, MEMBER)
    _later(door, hours=1)
    done = await asyncio.gather(*(apply_leaves(door.service, door.service.now()) for _ in range(4)))
    assert sum(done) == 1
    assert await apply_leaves(door.service, door.service.now()) == 0
    assert len(await _events(door, order, "decline")) == 1


async def test_a_leave_that_is_cut_off_while_it_is_applied_is_applied_later_and_whole(door) -> None:
    await _leave(door, TOMORROW, SUNDAY)
    first, second = await _offered(door, MEMBER), await _offered(door, MEMBER)
    _later(door, hours=15)
    now = door.service.now()
    async with door.service.database.transaction() as connection:  # somebody holds the later of the two orders
        await connection.fetch("SELECT FROM orders ORDER BY id DESC LIMIT 1 FOR UPDATE")
        task = asyncio.create_task(apply_leaves(door.service, now))
        await asyncio.sleep(0.2)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert not await _events(door, first, "decline")
    assert await apply_leaves(door.service, now) == 1
    for order in (first, second):
        assert len(await _events(door, order, "decline")) == 1


async def test_a_leave_that_can_not_be_applied_holds_up_no_other(door) -> None:
    broken, order = await _offered(door, OTHER), await _offered(door, MEMBER)
    for who in (OTHER, MEMBER):
        await _leave(door, TOMORROW, SUNDAY, who)
    _later(door, hours=15)
    parsed = numbers.parse(broken["id"])
    await door.service.database.execute("UPDATE orders SET urgency = 'soon' WHERE id = $1", parsed[1])
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert len(await _events(door, order, "decline")) == 1
    await door.service.database.execute("UPDATE orders SET urgency = 'general' WHERE id = $1", parsed[1])
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert len(await _events(door, broken, "decline")) == 1


async def test_of_very_many_offers_the_first_are_given_back_at_once_and_the_others_soon(door, monkeypatch) -> None:
    assert settings.BATCH > 2
    monkeypatch.setattr(settings, "BATCH", 2)
    handled = [await _offered(door, MEMBER) for _ in range(3)]
    for order in handled:
        await door.act(order, "accept", who=MEMBER)
    waiting = [await _offered(door, MEMBER) for _ in range(5)]
    leave = await _leave(door, TODAY, SUNDAY)
    assert leave["returned"] == [order["id"] for order in waiting[:2]]
    assert leave["asked"] == [order["id"] for order in handled], "whoever handles something handles little"
    door.wait(minutes=10)
    await asyncio.gather(*(apply_leaves(door.service, door.service.now()) for _ in range(3)))
    for order in waiting:
        assert len(await _events(door, order, "decline")) == 1
    for order in handled:
        assert len(await _events(door, order, "note")) == 1


async def test_a_leave_that_the_database_is_too_slow_for_holds_up_no_other(door) -> None:
    slow, order = await _offered(door, OTHER), await _offered(door, MEMBER)
    for who in (OTHER, MEMBER):
        await _leave(door, TOMORROW, SUNDAY, who)
    _later(door, hours=15)
    database = await door.service.database.fetchrow("SELECT current_database() AS name")
    await door.service.database.execute(f'ALTER DATABASE "{database["name"]}" SET statement_timeout = 1000')
    impatient = await Service.open(Settings(), door.service.database.url, connections=2)
    try:
        async with door.service.database.transaction() as connection:  # somebody holds the order of the first leave
            await connection.fetch("SELECT FROM orders WHERE id = $1 FOR UPDATE", numbers.parse(slow["id"])[1])
            for _ in range(2):
                with pytest.raises(errors.Unavailable):
                    await apply_leaves(impatient, door.service.now())
                assert len(await _events(door, order, "decline")) == 1
        assert await apply_leaves(impatient, door.service.now()) == 1
    finally:
        await impatient.close()
    assert len(await _events(door, slow, "decline")) == 1


async def test_what_the_system_offers_while_a_leave_is_taken_is_given_back_soon(door) -> None:
    database = door.service.database
    order = await door.file()
    await database.execute("UPDATE people SET capacity = 0 WHERE code <> $1", CODES[MEMBER])
    door.wait(hours=2, minutes=30)
    async with database.transaction() as connection:  # the sweep has read who serves, and is about to save the offer
        await connection.execute("LOCK TABLE events IN SHARE MODE")
        sweeping = asyncio.create_task(door.sweep())
        while not sweeping.done() and not (await database.fetch("SELECT FROM pg_locks WHERE NOT granted")):
            await asyncio.sleep(0.01)
        leave = await _leave(door, TODAY, SUNDAY)
    await sweeping
    assert leave["returned"] == []
    assert (await _seen(door, order))["state"] == "offered"
    door.wait(minutes=5)
    assert await apply_leaves(door.service, door.service.now()) == 0
    (declined,) = await _events(door, order, "decline")
    assert (declined["actor"], declined["data"]["because"]) == (CODES[MEMBER], "leave")


async def test_who_was_chosen_by_hand_within_a_minute_of_their_leave_is_not_asked_and_later_is(door) -> None:
    await _leave(door, TODAY, SUNDAY)
    unaware = await _offered(door, MEMBER, OTHER)
    door.wait(minutes=2)
    aware = await _offered(door, MEMBER)
    for _ in range(2):
        await apply_leaves(door.service, door.service.now())
    assert len(await _events(door, unaware, "decline")) == 1
    assert not await _events(door, aware, "decline")


async def test_a_leave_that_was_over_before_anybody_looked_gives_nothing_back(door) -> None:
    await _leave(door, TOMORROW, TOMORROW)
    order = await _offered(door, MEMBER)
    _later(door, days=3)
    assert await apply_leaves(door.service, door.service.now()) == 1
    assert not await _events(door, order, "decline")


async def test_whoever_ends_a_leave_is_asked_again_from_that_day_on(door) -> None:
    for ident in ("0", "-1", "x", "９", "99999999999999999999", "9" * 5000):
        status, problem = await door.call("DELETE", f"/me/leaves/{ident}", who=MEMBER)
        assert (status, problem["code"]) == (404, "leave_not_found")
    order = await door.file()
    running = await _leave(door, TODAY, TOMORROW)
    coming = await _leave(door, SUNDAY, SUNDAY)
    assert (await _candidate(door, order))["left_out"] == "on_leave"
    _later(door, days=1)
    for leave in (running, coming):
        assert (await door.call("DELETE", f"/me/leaves/{leave['id']}", who=OTHER))[0] == 404, "it is not theirs"
        assert (await door.call("DELETE", f"/me/leaves/{leave['id']}", who=MEMBER))[0] == 204
        status, problem = await door.call("DELETE", f"/me/leaves/{leave['id']}", who=MEMBER)
        assert (status, problem["code"]) == (404, "leave_not_found")
    assert (await _candidate(door, order))["left_out"] is None
    assert (await door.call("GET", "/me/leaves", who=MEMBER))[1] == {"items": []}


async def test_whose_turn_it_was_is_told_by_offers_to_one_and_by_who_accepts(door) -> None:
    async def turns() -> dict[str, Any]:
        rows = await door.service.database.fetch("SELECT code, served_at FROM turns JOIN people ON id = person_id")
        return {row["code"]: row["served_at"] for row in rows}

    several = await _offered(door, MEMBER, OTHER)
    assert await turns() == {}, "whoever is one of several was not asked by name"
    door.wait(minutes=1)
    first = door.service.now()
    await door.act(several, "accept", who=OTHER)
    assert await turns() == {CODES[OTHER]: first}
    door.wait(minutes=1)
    await _offered(door, MEMBER)
    assert await turns() == {CODES[OTHER]: first, CODES[MEMBER]: door.service.now()}


async def test_a_decline_counts_against_being_asked_first_for_a_month_and_a_leave_s_does_not(door) -> None:
    async def declines() -> int:
        return (await _candidate(door, await door.file()))["points"]["declines"]

    await door.act(await _offered(door, MEMBER), "decline", who=MEMBER)
    assert await declines() == -40
    other_kind = await door.file(category="1001")
    assert (await _candidate(door, other_kind))["points"]["declines"] == 0
    await _offered(door, MEMBER)
    await _leave(door, TODAY, TODAY)
    assert await declines() == -40
    _later(door, days=31)
    assert await declines() == 0


async def test_the_county_s_own_weights_take_effect(door) -> None:
    await door.service.database.execute("INSERT INTO match_weights VALUES ('own_branch', 400), ('declines', 0)")
    await door.service.reload()
    assert (door.service.world.weights["own_branch"], door.service.world.weights["carer"]) == (400, 500)
    assert (await _candidate(door, await door.file()))["points"]["own_branch"] == 400
