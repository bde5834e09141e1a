"""Changes of the tree over HTTP: looked at first, done whole or not at all, and seen at once."""

import pytest

ADMINISTRATOR, SUPERVISOR = "10001000001", "10001000002"
TOWN, EAST, WEST = "141123100", "141123100016", "141123100017"
MERGE = [{"op": "merge", "code": EAST, "to": WEST}]
SQUARE = {"type": "Polygon", "coordinates": [[[111.0, 38.0], [111.1, 38.0], [111.1, 38.1], [111.0, 38.0]]]}


async def ask(door, operations, *, who=ADMINISTRATOR, path="/tree/changes", headers=None, **more):
    body = {"operations": operations, **({"reason": "民政批复"} if path == "/tree/changes" else {}), **more}
    return await door.call("POST", path, who=who, json=body, headers=headers or {})


async def test_a_change_is_looked_at_then_done_and_listed(door, fits) -> None:
    order = await door.file()
    status, shown = await ask(door, MERGE, path="/tree/preview")
    assert status == 200, shown
    fits(shown, "TreePreview")
    assert (shown["orders"]["total"], shown["orders"]["items"][0]["to"]["code"]) == (1, WEST)
    assert shown["branches"][0]["fate"] == "taken_in"
    assert sum(one["count"] for one in shown["roles"]) > 0
    assert (await door.call("GET", "/tree/versions", who=ADMINISTRATOR))[1]["items"] == [], "nothing was written"

    status, made = await ask(door, MERGE)
    assert status == 201, made
    fits(made, "TreeVersion")
    status, listed = await door.call("GET", "/tree/versions", who=SUPERVISOR)
    assert (status, listed["items"]) == (200, [made])
    fits(listed, "TreeVersions")
    codes = [one["code"] for one in (await door.call("GET", f"/grids/{TOWN}/children"))[1]["items"]]
    assert EAST not in codes
    assert WEST in codes
    assert (await door.call("GET", f"/grids/locate?code={EAST}"))[1]["grid"]["code"] == WEST
    assert (await door.call("GET", f"/orders/{order['id']}", code=order["query_code"]))[0] == 200
    acts = (await door.call("GET", "/county/acts", who=ADMINISTRATOR))[1]["items"]
    assert (acts[0]["subject"], acts[0]["data"]["version"]) == ("tree", made["number"])


async def test_each_fault_is_named_by_its_field(door) -> None:
    wrong = [
        {"op": "rename", "code": "nowhere", "name": "新"},
        {"op": "move", "code": TOWN, "to": EAST},
        {"op": "rename", "code": WEST, "name": "好"},
    ]
    status, problem = await ask(door, wrong)
    assert (status, {one["field"] for one in problem["errors"]}) == (422, {"operations.0", "operations.1"})
    status, problem = await ask(door, [{"op": "split", "code": EAST, "to": "N", "name": "新", "polygon": {"a": 1}}])
    assert (status, problem["errors"][0]["field"]) == (422, "operations.0")
    assert (await ask(door, [{"op": "rename", "code": EAST}]))[0] == 422
    assert (await door.call("GET", "/tree/versions", who=ADMINISTRATOR))[1]["items"] == []


@pytest.mark.parametrize("path", ["/tree/changes", "/tree/preview"])
async def test_only_an_administrator_of_all_of_it_may(door, path) -> None:
    assert (await ask(door, MERGE, path=path, who=SUPERVISOR))[0] == 403
    assert (await ask(door, MERGE, path=path, who=None))[0] == 401


async def test_the_same_key_changes_the_tree_once(door) -> None:
    key = {"Idempotency-Key": "a"}
    split = [{"op": "split", "code": EAST, "to": EAST}, {"op": "split", "code": EAST, "to": "N1", "name": "河东"}]
    split[1]["polygon"] = SQUARE
    one, again = [await ask(door, split, headers=key) for _ in range(2)]
    assert one == again
    assert one[0] == 201
    assert one[1]["operations"][1]["polygon"]
    assert (await ask(door, MERGE, headers=key))[1]["code"] == "key_reused"


async def test_a_day_to_come_is_kept_and_the_list_has_pages(door) -> None:
    for name in ("甲", "乙", "丙"):
        status, made = await ask(door, [{"op": "rename", "code": EAST, "name": name}], on="2027-01-01")
        assert (status, made["state"], made["on"]) == (201, "waiting", "2027-01-01")
    first = (await door.call("GET", "/tree/versions?limit=2", who=ADMINISTRATOR))[1]
    rest = (await door.call("GET", f"/tree/versions?limit=2&below={first['next']}", who=ADMINISTRATOR))[1]
    numbers = [one["number"] for page in (first, rest) for one in page["items"]]
    assert numbers == [3, 2, 1]
    assert rest["next"] is None


async def test_what_waits_for_its_day_is_taken_back(door, fits) -> None:
    made = (await ask(door, [{"op": "rename", "code": EAST, "name": "甲"}], on="2027-01-01"))[1]
    path = f"/tree/versions/{made['number']}"
    assert (await door.call("DELETE", path, who=SUPERVISOR))[0] == 403
    status, cancelled = await door.call("DELETE", path, who=ADMINISTRATOR)
    assert (status, cancelled["state"]) == (200, "cancelled")
    fits(cancelled, "TreeVersion")
    for missing in ("99", "x"):
        assert (await door.call("DELETE", f"/tree/versions/{missing}", who=ADMINISTRATOR))[0] == 404
    assert (await ask(door, [{"op": "rename", "code": EAST, "name": "甲"}], on="2999-01-01"))[0] == 422
