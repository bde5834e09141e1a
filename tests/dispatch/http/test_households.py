"""The households somebody looks after or serves, and what is told of an order filed for one."""

import pytest

SECRETARY, COUNTY, ADMINISTRATOR = "10001000054", "10001000002", "10001000001"
BODY = {"category": "1001", "text": "老人独居,请来看看", "filed_for": {"household": "H0001", "channel": "visit"}}


@pytest.fixture
async def carer(door) -> str:
    """The phone of the member who looks after H0001."""
    row = await door.service.database.fetchrow(
        "SELECT c.phone FROM households AS h JOIN person_contacts AS c ON c.person_id = h.carer_id"
        " WHERE h.code = 'H0001'"
    )
    return str(row["phone"])


@pytest.fixture
async def head(door) -> str:
    """The phone of somebody who is now the neighbours' head of H0001's unit, and nothing else."""
    row = await door.service.database.fetchrow(
        """WITH picked AS (
               SELECT p.id FROM people AS p WHERE p.active AND NOT EXISTS (
                   SELECT FROM roles AS r WHERE r.person_id = p.id AND r.role <> 'in_service'
               ) ORDER BY p.id LIMIT 1
           ), gone AS (DELETE FROM roles WHERE person_id = (SELECT id FROM picked)
           ), made AS (
               INSERT INTO roles (person_id, role, grid_id)
               SELECT picked.id, 'head', h.grid_id FROM picked, households AS h WHERE h.code = 'H0001'
           )
           SELECT c.phone FROM person_contacts AS c JOIN picked ON picked.id = c.person_id"""
    )
    return str(row["phone"])


async def every(door, fits, who: str, query: str = "") -> list[dict]:
    """All households somebody is shown, page by page."""
    found, cursor = [], ""
    while True:
        status, page = await door.call("GET", f"/me/households?limit=100{query}{cursor}", who=who)
        assert status == 200, page
        fits(page, "Households")
        found += page["items"]
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"


async def codes(door, condition: str, *args: object) -> list[str]:
    rows = await door.service.database.fetch(
        f"SELECT h.code FROM households AS h JOIN grids AS g ON g.id = h.grid_id WHERE {condition} ORDER BY h.code",  # noqa: S608
        *args,
    )
    return [row["code"] for row in rows]


async def test_everybody_is_shown_whom_they_look_after_and_serve_and_nobody_else(door, fits, carer, head) -> None:
    mine = "h.carer_id = (SELECT person_id FROM person_contacts WHERE phone = $1)"
    assert [one["code"] for one in await every(door, fits, COUNTY)] == await codes(door, "true")
    village = await every(door, fits, SECRETARY)
    assert [one["code"] for one in village] == await codes(door, "g.code LIKE '141123100016%'")
    own = await every(door, fits, carer, "&mine=true")
    assert [one["code"] for one in own] == await codes(door, mine, carer)
    assert {one["mine"] for one in own} == {True}
    unit = await every(door, fits, head)
    assert [one["code"] for one in unit] == await codes(
        door, "h.grid_id = (SELECT grid_id FROM households WHERE code = 'H0001')"
    )
    assert {one["grid"]["code"] for one in unit} == {"141123100016001002003"}
    assert (await every(door, fits, head, "&mine=true")) == []


async def test_pages_are_as_long_as_asked_leave_nothing_out_and_are_masked(door, fits, carer) -> None:
    whole = await every(door, fits, SECRETARY)
    found, cursor = [], ""
    while True:
        _, page = await door.call("GET", f"/me/households?limit=2{cursor}", who=SECRETARY)
        assert len(page["items"]) <= 2
        found += page["items"]
        if page["next"] is None:
            break
        cursor = f"&cursor={page['next']}"
    assert found == whole
    seen = {one["code"]: one for one in await every(door, fits, carer)}["H0001"]
    assert (seen["name"], seen["phone"], seen["mine"]) == ("演*", "100****0001", True)
    assert seen["house"].startswith("演示门牌")
    other = {one["code"]: one for one in await every(door, fits, SECRETARY)}["H0001"]
    assert (other["name"], other["phone"], other["house"], other["mine"]) == ("演*", "100****0001", "***", False)


async def test_who_does_not_file_for_others_is_shown_no_household(door) -> None:
    assert (await door.call("GET", "/me/households"))[0] == 401
    status, problem = await door.call("GET", "/me/households", who=ADMINISTRATOR)
    assert (status, problem["code"]) == (403, "not_yours")
    for query in ("limit=0", "limit=101", "cursor=%00", "mine=yes", "colour=red"):
        assert (await door.call("GET", f"/me/households?{query}", who=SECRETARY))[0] == 422, query


async def test_whoever_sees_the_order_sees_that_it_was_filed_for_another_and_only_those_within_by_whom(
    door, fits, carer, head
) -> None:
    unsaid = {**BODY, "filed_for": {"household": "H0001"}}
    status, problem = await door.call("POST", "/orders", who=carer, json=unsaid)
    assert (status, [fault["field"] for fault in problem["errors"]]) == (422, ["filed_for.channel"])
    status, order = await door.call("POST", "/orders", who=carer, json=BODY)
    assert status == 201, order
    fits(order, "FiledAnswer")
    whole = {
        "channel": "visit",
        "channel_label": {"zh": "上门", "en": "a visit"},
        "by": "M0069",
        "household": "H0001",
    }
    assert order["filed_for"] == whole
    address = f"/orders/{order['id']}"
    for who in (SECRETARY, carer, COUNTY):
        assert (await door.call("GET", address, who=who))[1]["filed_for"] == whole, who
    neighbour = (await door.call("GET", address, who=head))[1]["filed_for"]
    assert neighbour == {**whole, "by": None, "household": None}, "a neighbours' head does not serve"
    _, resident = await door.call("GET", address, code=order["query_code"])
    fits(resident, "OrderAnswer")
    assert resident["filed_for_others"]
    assert resident["filed_for"] == {**whole, "by": None, "household": None}
    _, history = await door.call("GET", f"{address}/events", code=order["query_code"])
    assert history["items"][0]["data"]["filed_for"] == {"channel": "visit"}
    own = await door.file()
    _, listed = await door.call("GET", "/orders?limit=10", who=SECRETARY)
    assert {one["id"]: one["filed_for"] for one in listed["items"]} == {order["id"]: whole, own["id"]: None}
    offered = await door.act(order, "offer", who=SECRETARY, member="M0070")
    assert offered["filed_for"] == whole


async def test_a_neighbours_head_files_for_their_unit_and_for_no_other(door, head) -> None:
    status, order = await door.call("POST", "/orders", who=head, json=BODY)
    assert (status, order["grid"]["code"]) == (201, "141123100016001002003")
    other = {**BODY, "filed_for": {"household": "H0002", "channel": "chat"}}
    status, problem = await door.call("POST", "/orders", who=head, json=other)
    assert (status, problem["errors"][0]["field"]) == (422, "filed_for.household")
