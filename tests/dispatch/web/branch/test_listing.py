"""清单: the page shows what the API lists, narrowed in the same way, page by page."""

import re

import pytest

from dispatch.domain.vocabulary import Kind


def listed(page):
    return re.findall(r'class="order-row-link" href="/branch/o/(\d+)"', page.html)


async def test_it_is_narrowed_as_the_api_narrows(secretary, living):
    for stage, category in (("routed", "0901"), ("offered", "0901"), ("routed", "1001"), ("accepted", "1102")):
        await living(stage, category=category)
    for query in (
        {},
        {"state": "routed"},
        {"category": "09"},
        {"overdue": "true"},
        {"state": "offered", "category": "10"},
    ):
        items = (await secretary.call("GET", "/orders", params={**query, "grid": "141123100016"}))["items"]
        page = await secretary.open("/branch/list?" + "&".join(f"{name}={value}" for name, value in query.items()))
        assert listed(page) == [one["id"] for one in items], query


async def test_it_goes_on_page_by_page(secretary, living):
    made = {(await living())["id"] for _ in range(22)}
    first = await secretary.open("/branch/list?state=routed")
    following = re.search(r'href="([^"]*cursor=[^"]*)"', first.html)[1].replace("&amp;", "&")
    assert "state=routed" in following
    assert {*listed(first), *listed(await secretary.open(following))} == made


def offered(page):
    """The grids that the list can be narrowed to, by their codes."""
    part = page.html.partition('<select id="grid"')[2].partition("</select>")[0]
    return re.findall(r'value="([^"]+)"', part)


@pytest.mark.parametrize(
    ("who", "top"), [("supervisor of Weifen town", "141123100"), ("secretary of Dongcheng community", "141123100016")]
)
async def test_it_is_narrowed_step_by_step_to_what_lies_below(at_desk, living, who, top):
    reader = at_desk(who)
    near, far = await living(), await living(place={"grid": "141123100017"})
    below = [one["code"] for one in (await reader.call("GET", f"/grids/{top}/children"))["items"]]
    page = await reader.open("/branch/list")
    assert offered(page) == below
    for grid in (below[0], "141123100016"):
        page = await reader.open(f"/branch/list?grid={grid}")
        items = (await reader.call("GET", "/orders", params={"grid": grid}))["items"]
        assert listed(page) == [one["id"] for one in items], grid
    assert near["id"] in listed(page)
    assert far["id"] not in listed(page)


async def test_the_way_down_leads_up_again_as_far_as_one_may_look(at_desk):
    page = await at_desk("supervisor of Weifen town").open("/branch/list?grid=141123100016001")
    assert offered(page)[:2] == ["141123100016", "141123100016001"]
    assert "141123" not in offered(page)


async def test_a_grid_that_is_none_is_refused_kindly(secretary):
    assert (await secretary.open("/branch/list?grid=nowhere")).status == 422


async def test_somebody_whose_last_role_has_ended_is_answered_as_on_the_board(secretary, door):
    assert (await secretary.open("/branch/list")).status == 200
    await door.service.database.execute(
        "UPDATE roles SET valid_to = '2020-01-01' FROM person_contacts AS c"
        " WHERE c.person_id = roles.person_id AND c.phone = $1",
        secretary.phone,
    )
    board, page = await secretary.open("/branch"), await secretary.open("/branch/list")
    assert (page.status, page.text) == (board.status, board.text)
    assert page.status == 403


def choices(page):
    """What each select of the filter offers, as (name, value, words)."""
    return [
        (name, value, words)
        for name, options in re.findall(r'<select id="\w+" name="(\w+)">(.*?)</select>', page.html, re.DOTALL)
        for value, words in re.findall(r'<option value="([^"]*)"[^>]*>([^<]*)<', options)
    ]


async def test_everything_that_it_can_be_narrowed_by_is_accepted(secretary):
    offers = choices(await secretary.open("/branch/list"))
    assert {name for name, _, _ in offers} == {"grid", "category", "overdue", "listed", "kind"}
    seen = {(name, value[:2] if name == "category" else value): value for name, value, _ in offers}
    for (name, _), value in seen.items():  # of the categories one of each broad one
        assert (await secretary.open(f"/branch/list?{name}={value}")).status == 200, (name, value)


async def test_the_kinds_are_those_of_the_vocabulary(secretary):
    page = await secretary.open("/branch/list")
    kinds = {value: words for name, value, words in choices(page) if name == "kind" and value}
    assert kinds == {kind.value: kind.zh for kind in Kind}
