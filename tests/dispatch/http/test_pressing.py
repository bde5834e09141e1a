"""GET /orders?sort=pressing: the most pressing of however many, for whoever may see them."""

import asyncio

import pytest

COUNTY, SECRETARY, MEMBER = "10001000002", "10001000054", "10001001278"
HERE, LANE, ELSEWHERE = "141123100016", "141123100016001", "141123101200"
MANY = 110
"""More than a page may hold."""


@pytest.fixture
async def late(door):
    """The first has risen highest, one of a lane comes next, and then many more that are late."""
    first = await door.file(place={"grid": ELSEWHERE})
    door.wait(hours=20)
    await door.sweep()
    lane = await door.file(place={"grid": LANE})
    door.wait(minutes=1)
    many = await asyncio.gather(*(door.file(text=f"第{n}件") for n in range(MANY)))
    door.wait(hours=20)
    await door.sweep()
    in_time = await door.file(place={"grid": LANE})
    door.tokens.clear()
    return first, lane, many, in_time


async def _page(door, who, query=""):
    status, page = await door.call("GET", f"/orders?sort=pressing{query}", who=who)
    assert status == 200, page
    assert page["next"] is None
    return page["items"]


def _pressure(order):
    return not order["listed"], -order["level"]


async def test_the_oldest_of_the_highest_level_comes_first_among_more_than_a_page_holds(door, late):
    first, lane, many, _ = late
    found = await _page(door, COUNTY, "&limit=100")
    assert len(found) == 100
    assert [one["id"] for one in found[:2]] == [first["id"], lane["id"]]
    assert not found[0]["listed"]
    assert _pressure(found[0]) < _pressure(found[1])
    assert sorted(found, key=_pressure) == found
    assert {one["id"] for one in found[2:]} < {one["id"] for one in many}
    assert all(one["listed"] or one["overdue"] for one in found)
    assert [one["id"] for one in await _page(door, COUNTY, "&limit=1")] == [first["id"]]
    assert len(await _page(door, COUNTY)) == 20


async def test_a_small_subtree_shows_its_own_alone_and_nothing_in_time(door, late):
    _, lane, _, _ = late
    for who in (COUNTY, SECRETARY):
        assert [one["id"] for one in await _page(door, who, f"&grid={LANE}")] == [lane["id"]]
    assert await _page(door, COUNTY, "&grid=141123102") == []


async def test_who_sees_but_a_part_is_shown_that_part(door, late):
    first, lane, many, _ = late
    found = await _page(door, SECRETARY, "&limit=100")
    assert found[0]["id"] == lane["id"]
    assert len(found) == 100
    assert first["id"] not in {one["id"] for one in found}
    assert await _page(door, SECRETARY, f"&grid={ELSEWHERE}") == []
    own = (lane["id"], *(one["id"] for one in many))
    assert {one["id"] for one in await _page(door, MEMBER)} <= set(own)


async def test_it_is_narrowed_as_any_list_is(door, late):
    first, _, _, _ = late
    everything = await _page(door, COUNTY, "&limit=100&overdue=true")
    assert everything[0]["id"] == first["id"]
    assert await _page(door, COUNTY, "&state=closed") == []
    assert await _page(door, COUNTY, "&category=0101") == []
    assert await _page(door, COUNTY, "&listed=true&kind=pledge") == []
    assert {one["listed"] for one in await _page(door, COUNTY, "&listed=false")} <= {False}


async def test_there_is_one_page_and_so_no_cursor(door, late):
    _, page = await door.call("GET", "/orders?limit=1", who=COUNTY)
    status, problem = await door.call("GET", f"/orders?sort=pressing&cursor={page['next']}", who=COUNTY)
    assert (status, problem["code"]) == (422, "invalid")
    assert [one["field"] for one in problem["errors"]] == ["cursor"]
    for query in ("sort=newest&limit=2", "limit=2"):
        _, again = await door.call("GET", f"/orders?{query}&cursor={page['next']}", who=COUNTY)
        assert len(again["items"]) == 2
    status, problem = await door.call("GET", "/orders?sort=oldest", who=COUNTY)
    assert (status, [one["field"] for one in problem["errors"]]) == (422, ["sort"])
