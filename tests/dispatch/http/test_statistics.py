"""Figures of a time and a subtree, and the outlines of grids, through the door their readers take."""

from datetime import timedelta

import pytest
from shapely.geometry import shape

from dispatch.http import statistics_shapes

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
HERE = "141123100016"


@pytest.fixture
def town(phones) -> str:
    return phones["supervisor of Weifen town"]


async def read(door, query: str = "", who: str = COUNTY):
    status, answer = await door.call("GET", f"/statistics{query}", who=who)
    assert status == 200, answer
    return answer


async def carry_out(door, grade: str) -> None:
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    await door.act(order, "contact", who=MEMBER)
    await door.act(order, "resolve", who=MEMBER, answer="已处理")
    await door.act(order, "rate", code=order["query_code"], grade=grade)


async def test_figures_tell_what_became_of_what_was_filed(door, fits):
    for grade in ("very_satisfied", "fair"):
        await carry_out(door, grade)
    await door.file(category="0101")
    found = await read(door)
    fits(found, "Statistics")
    assert (found["filed"], found["open"], found["missed"], found["ended"]) == (3, 1, 0, 2)
    assert [one["percent"] for one in found["rates"]] == [None, None, None]  # never under ten
    assert [one["among"] for one in found["rates"]] == [2, 0, 2]
    kept = {one["milestone"]: (one["kept"], one["missed"], one["open"]) for one in found["milestones"]}
    assert kept == {"accept": (2, 0, 1), "contact": (2, 0, 1), "resolve": (2, 0, 1)}
    assert (found["grades"]["very_satisfied"], found["grades"]["fair"]) == (1, 1)
    assert found["days"][-1] == {"day": found["to"], "filed": 3, "ended": 2}
    assert len(found["days"]) == 30
    assert {one["category"]: one["filed"] for one in found["categories"]} == {"0901": 2, "0101": 1}
    assert sum(one["open"] for one in found["load"]) == 1


async def test_from_ten_on_a_rate_is_told(door):
    for number in range(10):
        await carry_out(door, ("very_satisfied", "satisfied")[number % 2])
    response, solved, satisfied = (await read(door, f"?grid={HERE}"))["rates"]
    assert (response["percent"], response["among"]) == (100.0, 10)
    assert (solved["percent"], solved["among"]) == (None, 0)  # silence is no answer
    assert (satisfied["percent"], satisfied["among"]) == (90.0, 10)


async def test_what_was_missed_stays_missed_though_it_is_done_at_last(door):
    order = await door.file()
    door.wait(hours=30)
    await door.sweep()
    door.tokens.clear()
    await door.act(order, "offer", who=COUNTY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    accept, *_ = (await read(door))["milestones"]
    assert (accept["kept"], accept["missed"]) == (0, 1)
    assert (await read(door))["missed"] == 1


async def test_figures_are_of_the_days_asked_for_and_of_no_others(door):
    await door.file()
    today = door.service.now().date()
    yesterday = today - timedelta(days=1)
    assert (await read(door, f"?from={today}&to={today}"))["filed"] == 1
    assert (await read(door, f"?from={yesterday}&to={yesterday}"))["filed"] == 0
    for query in (f"?from={today}&to={yesterday}", f"?from={today - timedelta(days=366)}&to={today}"):
        status, problem = await door.call("GET", f"/statistics{query}", who=COUNTY)
        assert (status, problem["errors"][0]["field"]) == (422, "from")


async def test_figures_are_for_those_who_answer_for_the_grid(door, town):
    await door.file()
    assert (await read(door, who=town))["grid"]["code"] == HERE[:9]
    assert (await read(door, f"?grid={HERE}", town))["filed"] == 1
    for who, query in ((SECRETARY, "?grid=141123"), (town, "?grid=141123101"), (MEMBER, "")):
        status, problem = await door.call("GET", f"/statistics{query}", who=who)
        assert (status, problem["code"]) == (403, "not_yours"), (who, query)
    assert (await door.call("GET", "/statistics"))[0] == 401


async def test_a_band_of_load_names_no_branch(door):
    await door.file()
    found = await read(door)
    assert [(one["least"], one["most"]) for one in found["load"]] == [(0, 0), (1, 5), (6, 15), (16, None)]
    branches = [one for one in door.service.world.branches if one.active and one.kind != "desk"]
    assert sum(one["branches"] for one in found["load"]) == len(branches)
    assert set(found["load"][0]) == {"least", "most", "branches", "open", "overdue"}


async def test_the_outlines_of_a_county_are_those_of_its_townships_and_weigh_little(door, fits):
    heard = await door.send("GET", "/api/v1/grids/141123/outlines")
    fits(heard.json, "Outlines")
    _, children = await door.call("GET", "/grids/141123/children")
    named = [(one["properties"]["code"], one["properties"]["name"]) for one in heard.json["features"]]
    assert sorted(named) == sorted((one["code"], one["name"]) for one in children["items"])
    assert all(shape(one["geometry"]).is_valid for one in heard.json["features"])
    assert len(heard.body) < 150_000
    assert (await door.call("GET", "/grids/9/outlines"))[0] == 404


@pytest.mark.parametrize("days", ["to=0001-01-01", "from=9999-12-31&to=9999-12-31", "from=0001-01-01", "to=9999-12-31"])
async def test_days_beyond_any_calendar_are_refused(door, days):
    status, problem = await door.call("GET", f"/statistics?{days}", who=COUNTY)
    assert (status, problem["code"]) == (422, "invalid")


@pytest.mark.parametrize("day", [statistics_shapes.FIRST_DAY, statistics_shapes.LAST_DAY])
async def test_the_outermost_days_are_answered(door, day):
    found = await read(door, f"?from={day}&to={day}")
    assert (found["from"], found["to"]) == (day.isoformat(), day.isoformat())
