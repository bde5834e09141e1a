"""What members set for themselves, and how it counts when somebody is chosen."""

from typing import Any


async def test_what_is_given_is_set_and_everything_else_stays(door, fits, team) -> None:
    _, before = await door.call("GET", "/me/settings", who=team.MEMBER)
    fits(before, "SettingsAnswer")
    assert (before["service_hours"], before["hours_in_force"], before["quiet_hours"]) == (None, None, None)
    quiet = {"from": "22:00", "to": "07:30"}
    week = {"working_days": [{"from": "18:30", "to": "21:00"}], "days_off": [{"from": "09:00", "to": "00:00"}]}
    for change in ({"capacity": 7}, {"skills": ["10", "0901"]}, {"quiet_hours": quiet}, {"service_hours": week}):
        after = await team.put(door, change)
        assert after == {**before, **change, "hours_in_force": after["service_hours"]}
        before = after
    assert (await door.call("GET", "/me/settings", who=team.MEMBER))[1] == after
    assert await team.put(door, {}) == after


async def test_null_takes_one_s_own_word_back(door, team) -> None:
    _, before = await door.call("GET", "/me/settings", who=team.MEMBER)
    nothing = {"capacity": None, "skills": None, "service_hours": None, "quiet_hours": None}
    never = {"working_days": [], "days_off": []}
    quiet = {"from": "12:00", "to": "13:00"}
    await team.put(door, {"capacity": 0, "skills": [], "service_hours": never, "quiet_hours": quiet})
    assert await team.put(door, nothing) == before


async def test_importing_the_county_again_does_not_undo_what_a_member_chose(door, team) -> None:
    await team.put(door, {"capacity": 5, "skills": ["1001"]})
    await door.service.database.execute("UPDATE people SET capacity = 1, skills = '{01}'")
    _, kept = await door.call("GET", "/me/settings", who=team.MEMBER)
    assert (kept["capacity"], kept["skills"]) == (5, ["1001"])
    _, imported = await door.call("GET", "/me/settings", who=team.OTHER)
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


async def test_what_makes_no_sense_is_refused_by_its_field_and_nothing_is_kept(door, team) -> None:
    _, before = await door.call("GET", "/me/settings", who=team.MEMBER)
    for body, fields in NONSENSE:
        status, problem = await door.call("PUT", "/me/settings", who=team.MEMBER, json=body)
        assert (status, {fault["field"] for fault in problem["errors"]}) == (422, fields)
    assert (await door.call("GET", "/me/settings", who=team.MEMBER))[1] == before


async def test_settings_and_leaves_are_for_whoever_is_logged_in(door, team) -> None:
    for method, path, body in (
        ("GET", "/me/settings", None),
        ("PUT", "/me/settings", {}),
        ("GET", "/me/leaves", None),
        ("POST", "/me/leaves", {"from": team.TODAY, "to": team.TODAY}),
        ("DELETE", "/me/leaves/1", None),
    ):
        status, problem = await door.call(method, path, json=body)
        assert (status, problem["code"]) == (401, "unauthenticated")


async def test_candidates_say_who_is_left_out_and_why_in_both_languages(door, team) -> None:
    order = await door.file()
    free = await team.candidate(door, order)
    assert (free["left_out"], free["left_out_label"], sum(free["points"].values())) == (None, None, free["total"])
    await team.put(door, {"quiet_hours": {"from": "08:00", "to": "12:00"}})
    quiet = await team.candidate(door, order)
    assert (quiet["left_out"], quiet["points"]) == ("off_hours", free["points"])
    await team.leave(door, team.TODAY, team.TODAY)
    away = await team.candidate(door, order)
    assert (away["left_out"], away["left_out_label"]) == ("on_leave", {"zh": "请假中", "en": "on leave"})
    await team.put(door, {"capacity": 0}, team.OTHER)
    assert (await team.candidate(door, order, team.OTHER))["left_out"] == "no_room"


async def test_whose_turn_it_was_is_told_by_offers_to_one_and_by_who_accepts(door, team) -> None:
    async def turns() -> dict[str, Any]:
        rows = await door.service.database.fetch("SELECT code, served_at FROM turns JOIN people ON id = person_id")
        return {row["code"]: row["served_at"] for row in rows}

    several = await team.offered(door, team.MEMBER, team.OTHER)
    assert await turns() == {}, "whoever is one of several was not asked by name"
    door.wait(minutes=1)
    first = door.service.now()
    await door.act(several, "accept", who=team.OTHER)
    assert await turns() == {team.CODES[team.OTHER]: first}
    door.wait(minutes=1)
    await team.offered(door, team.MEMBER)
    assert await turns() == {team.CODES[team.OTHER]: first, team.CODES[team.MEMBER]: door.service.now()}


async def test_a_decline_counts_against_being_asked_first_for_a_month_and_a_leave_s_does_not(door, team) -> None:
    async def declines() -> int:
        return (await team.candidate(door, await door.file()))["points"]["declines"]

    await door.act(await team.offered(door, team.MEMBER), "decline", who=team.MEMBER)
    assert await declines() == -40
    other_kind = await door.file(category="1001")
    assert (await team.candidate(door, other_kind))["points"]["declines"] == 0
    await team.offered(door, team.MEMBER)
    await team.leave(door, team.TODAY, team.TODAY)
    assert await declines() == -40
    team.later(door, days=31)
    assert await declines() == 0


async def test_the_county_s_own_weights_take_effect(door, team) -> None:
    await door.service.database.execute("INSERT INTO match_weights VALUES ('own_branch', 400), ('declines', 0)")
    await door.service.reload()
    assert (door.service.world.weights["own_branch"], door.service.world.weights["carer"]) == (400, 500)
    assert (await team.candidate(door, await door.file()))["points"]["own_branch"] == 400
