"""Many at once, paging while orders arrive, filing for others."""

import asyncio
import json
from collections import Counter

SECRETARY, MEMBER, OTHER, CARER, COUNTY = "10001000054", "10001001278", "10001001279", "10001001277", "10001000002"
TOWNSHIP = "10001000004"
DESK, OFFICER = "10001000038", "10001000706"


async def _tried(door, order, who: str, **body):
    return await door.call("POST", f"/orders/{order['id']}/actions", who=who, json=body)


async def test_of_twenty_acceptances_at_once_one_is_on_record_and_the_others_are_told_the_version(door) -> None:
    order = await door.file()
    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.token(MEMBER)
    answers = await asyncio.gather(*(_tried(door, order, MEMBER, action="accept") for _ in range(20)))
    assert Counter(status for status, _ in answers) == {200: 1, 409: 19}
    for status, answer in answers:
        assert (answer["version"], answer["state"]) == (order["version"] + 2, "accepted")
        assert status == 200 or answer["code"] in ("not_now", "stale")
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    assert [event["action"] for event in history["items"]] == ["submit", "route", "offer", "accept"]


async def test_the_grid_decides_also_where_a_point_beside_it_says_where_within(door) -> None:
    place = {"grid": "141123100016", "lon": 0.5, "lat": -0.5}  # a point alone would go to the county's desk
    order = await door.file(place=place)
    row = await door.service.database.fetchrow("SELECT place FROM order_contents")
    assert (order["grid"]["code"], json.loads(row["place"])) == (place["grid"], place)
    _, route = await door.call("GET", f"/orders/{order['id']}/route", code=order["query_code"])
    assert route["place"]["rule"] == "code"


async def test_of_twenty_different_offers_at_once_one_stands(door) -> None:
    order = await door.file(place={"grid": "141123"})
    rows = await door.service.database.fetch(
        "SELECT DISTINCT p.code FROM people AS p JOIN roles AS r ON r.person_id = p.id WHERE r.role = 'member' LIMIT 20"
    )
    members, version = [row["code"] for row in rows], order["version"]
    await door.token(COUNTY)
    answers = await asyncio.gather(
        *(_tried(door, order, COUNTY, action="offer", member=member, version=version) for member in members)
    )
    assert Counter(status for status, _ in answers) == {200: 1, 409: 19}
    assert {answer["version"] for _, answer in answers} == {version + 1}
    won = members[[status for status, _ in answers].index(200)]
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    assert [event.get("assignee") for event in history["items"]][2:] == [won]


async def test_different_people_at_once_leave_a_ledger_without_gaps(door) -> None:
    order = await door.file()
    people = (SECRETARY, TOWNSHIP, COUNTY, SECRETARY)
    await asyncio.gather(*map(door.token, people))
    answers = await asyncio.gather(
        *(_tried(door, order, people[n % 4], action="note", text=f"第{n}条") for n in range(16)),
        _tried(door, order, SECRETARY, action="offer", member="M0070"),
    )
    assert {status for status, _ in answers} <= {200, 409}
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    done = sum(status == 200 for status, _ in answers)
    assert [event["version"] for event in history["items"]] == list(range(1, order["version"] + done + 1))


async def test_a_stale_version_is_told_the_present_one(door) -> None:
    order = await door.file()
    await door.act(order, "note", who=SECRETARY, text="已知悉")
    rows = await door.rows()
    for version in (1, order["version"], 99):
        status, problem = await _tried(door, order, SECRETARY, action="offer", member="M0070", version=version)
        assert (status, problem["code"]) == (409, "stale")
        assert (problem["version"], problem["state"]) == (order["version"] + 1, "routed")
        assert str(problem["version"]) not in problem["detail"], "a number is for programs"
    assert await door.rows() == rows


async def test_two_hundred_filed_at_once_are_two_hundred_orders(door) -> None:
    filed = await asyncio.gather(*(door.file(text=f"第{n}件") for n in range(200)))
    assert len({order["number"] for order in filed}) == len({order["query_code"] for order in filed}) == 200
    assert [order["text"] for order in filed] == [f"第{n}件" for n in range(200)]
    rows = await door.rows()
    assert (rows["orders"], rows["order_contents"], rows["events"]) == (200, 200, 400)


async def _pages(door, who: str, query: str, *, limit: int = 7, between=None) -> list[dict]:
    found, cursor = [], ""
    while True:
        status, page = await door.call("GET", f"/orders?limit={limit}{query}{cursor}", who=who)
        assert status == 200, page
        assert len(page["items"]) <= limit
        found.extend(page["items"])
        if page["next"] is None:
            return found
        cursor = f"&cursor={page['next']}"
        if between is not None:
            await between()


async def test_pages_have_no_gap_and_no_repeat_while_orders_arrive(door) -> None:
    filed = []
    for n in range(30):
        filed.append(await door.file(place={"grid": ("141123100016", "141123")[n % 2]}))
        door.wait(seconds=n % 3)  # several at the same instant, too

    async def another() -> None:
        door.wait(seconds=1)
        await door.file()

    ids = [order["id"] for order in filed]
    for who, expected in ((COUNTY, ids), (SECRETARY, ids[::2])):  # one who sees everything, one who sees few grids
        for limit in (1, 7, 100):
            found = [order["id"] for order in await _pages(door, who, "", limit=limit, between=another)]
            assert len(set(found)) == len(found)
            assert set(expected) <= set(found)
            assert [ident for ident in found if ident in expected] == sorted(
                expected,
                key=lambda ident: (filed[ids.index(ident)]["submitted_at"], found.index(ident) * -1),
                reverse=True,
            )


async def test_a_list_is_narrowed_by_each_of_its_filters(door) -> None:
    lane = "141123100016001"
    here = await door.file(place={"grid": lane})
    lamp = await door.file(category="0201")
    far = await door.file(place={"grid": "141123"}, category="0902")
    offered = await door.file()
    await door.act(offered, "offer", who=SECRETARY, member="M0070")
    taken = await door.file()
    await door.act(taken, "offer", who=SECRETARY, member="M0070")
    await door.act(taken, "accept", who=MEMBER)

    async def listed(query: str, who: str = COUNTY) -> set[str]:
        return {order["id"] for order in await _pages(door, who, query)}

    def ids(*orders: dict) -> set[str]:
        return {order["id"] for order in orders}

    everything = ids(here, lamp, far, offered, taken)
    assert await listed("") == everything
    assert await listed("&state=offered") == ids(offered)
    assert await listed("&state=offered,accepted") == ids(offered, taken)
    assert await listed("&state=closed") == set()
    assert await listed(f"&grid={lane}") == ids(here)
    assert await listed("&grid=141123100016") == everything - ids(far)
    assert await listed("&grid=141123") == everything
    assert await listed("&grid=141123101") == set()
    assert await listed(f"&grid={lane}", MEMBER) == ids(here)
    assert await listed("&grid=141123", MEMBER) == everything - ids(far)
    assert await listed("&category=09") == everything - ids(lamp)
    assert await listed("&category=0902") == ids(far)
    assert await listed("&category=02") == ids(lamp)
    assert await listed("&assignee=me", MEMBER) == ids(offered, taken)
    assert await listed("&assignee=me&state=accepted", MEMBER) == ids(taken)
    assert await listed("&assignee=me&grid=141123101", MEMBER) == set()
    assert await listed("&assignee=me") == set()
    assert await listed("&overdue=true") == set()
    assert await listed("&overdue=false") == everything
    door.wait(days=1.5)
    door.tokens.clear()
    late = await listed("&overdue=true")
    assert late == {order["id"] for order in await _pages(door, COUNTY, "") if order["overdue"]}
    assert ids(here, offered) <= late
    assert taken["id"] not in late
    assert await listed("&overdue=false") == everything - late
    assert await listed("&overdue=true&state=offered&category=0901&grid=141123100016", SECRETARY) == ids(offered)


async def test_a_carer_files_for_their_household_and_it_is_on_record(door) -> None:
    body = {"category": "1001", "text": "老人独居,请来看看", "filed_for": {"household": "H0001", "channel": "visit"}}
    status, order = await door.call("POST", "/orders", who=CARER, json=body)
    assert status == 201, order
    assert order["filed_for_others"]
    assert order["grid"]["code"] == "141123100016001002003", "where the household lives"
    assert order["contact"] == {"name": "演*", "phone": "100****0001", "house": "***", "masked": True}
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    submit = history["items"][0]
    assert submit["actor"] == "M0069"
    assert submit["data"]["filed_for"]["channel"] == "visit"
    assert await _seen(door, order, CARER) == 200

    await door.act(order, "offer", who=SECRETARY, member="M0070")
    await door.act(order, "accept", who=MEMBER)
    assert (await door.reveal(order, MEMBER, "visit"))["contact"]["phone"] == "10002000001"
    await door.act(order, "resolve", who=MEMBER, answer="已上门看望")
    await door.act(order, "rate", who=CARER, grade="satisfied")
    _, history = await door.call("GET", f"/orders/{order['id']}/events", who=COUNTY)
    assert history["items"][-1]["data"]["through"] == "other"

    own = await door.file()
    for action, who, more in (
        ("offer", SECRETARY, {"member": "M0070"}),
        ("accept", MEMBER, {}),
        ("resolve", MEMBER, {"answer": "好了"}),
    ):
        await door.act(own, action, who=who, **more)
    await door.act(own, "rate", code=own["query_code"], grade="satisfied")
    _, history = await door.call("GET", f"/orders/{own['id']}/events", who=COUNTY)
    assert history["items"][-1]["data"]["through"] == "resident"


async def _seen(door, order: dict, who: str) -> int:
    return (await door.call("GET", f"/orders/{order['id']}", who=who))[0]


async def test_a_stranger_cannot_file_for_a_household(door) -> None:
    rows = await door.rows()
    elsewhere = await door.service.database.fetchrow(
        "SELECT p.code, c.phone FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id"
        " JOIN roles AS r ON r.person_id = p.id JOIN grids AS g ON g.id = r.grid_id"
        " WHERE r.role = 'member' AND g.code LIKE '141123101%' ORDER BY p.id LIMIT 1"
    )
    await door.service.database.execute(
        "UPDATE people SET password_hash = (SELECT password_hash FROM people WHERE code = 'M0070') WHERE code = $1",
        elsewhere["code"],
    )
    body = {"category": "1001", "text": "老人独居,请来看看", "filed_for": {"household": "H0001", "channel": "visit"}}
    status, problem = await door.call("POST", "/orders", who=elsewhere["phone"], json=body)
    assert (status, problem["code"], problem["errors"][0]["field"]) == (422, "invalid", "filed_for.household")
    status, problem = await door.call(
        "POST", "/orders", who=elsewhere["phone"], json={**body, "filed_for": {"household": "no", "channel": "visit"}}
    )
    assert (status, problem["errors"][0]["field"]) == (422, "filed_for.household"), "and it doesn't say which exist"
    assert (await door.call("POST", "/orders", json=body))[0] == 401
    status, problem = await door.call("POST", "/orders", who="10001000001", json=body)
    assert (status, problem["code"]) == (403, "not_yours"), "an administrator does not file"
    assert await door.rows() == rows


async def test_a_list_shows_nothing_that_detail_refuses_while_an_import_is_not_read_yet(door) -> None:
    for grid in ("141123100016", "141123101", "141123101200", "141123"):
        await door.file(place={"grid": grid})
    fresh = await door.file()
    database = door.service.database
    # the database's intervals move on, as at an import, and this process has not heard of it
    await database.execute("UPDATE grids SET lo = lo - 200, hi = hi - 200")
    await database.execute(
        "UPDATE orders SET grid_id = 900000, filed_by = (SELECT id FROM people WHERE code = 'M0070')"
        " WHERE id = (SELECT max(id) FROM orders)"
    )
    seen = 0
    for who in (TOWNSHIP, COUNTY, SECRETARY, MEMBER):
        for order in await _pages(door, who, "", limit=2):
            assert order["id"] != fresh["id"], "it lies in a grid that this process does not know yet"
            assert await _seen(door, order, who) == 200
            seen += 1
    assert seen
