"""批处理: a hundred orders by one request, each for itself; a retry doubles nothing, and nobody else has to wait."""

import asyncio

import pytest

from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Action, Role
from dispatch.usecases.acting import Asked, perform
from dispatch.usecases.ledger import verify
from dispatch.usecases.reading import key_of

SECRETARY, MEMBER, COUNTY = "10001000054", "10001001278", "10001000002"
MANY = 100


async def many(door, orders, action, *, who=MEMBER, key=None, **more):
    headers = {} if key is None else {"Idempotency-Key": key}
    numbers = [order if isinstance(order, str) else order["id"] for order in orders]
    body = {"orders": numbers, "action": {"action": action, **more}}
    return await door.call("POST", "/orders/batch", who=who, json=body, headers=headers)


@pytest.fixture
async def hundred(door):
    """So many orders in the hands of one member, as those of a street without light are."""
    found = await asyncio.gather(*(door.file(text=f"第{n}盏灯不亮") for n in range(MANY)))
    place = door.service.world.tree.by_code("141123100016").id
    branch = door.service.world.branches.by_code("B141123100016").id
    row = await door.service.database.fetchrow("SELECT id FROM people WHERE code = 'M0070'")
    secretary = Actor(row[0] + 1, (Grant(Role.SECRETARY, place, branch),))
    member = Actor(row[0], (Grant(Role.MEMBER, place, branch),))
    now = door.service.now()

    async def take(order):
        key = key_of(door.service, order["id"])
        await perform(door.service, key, Asked(Action.OFFER, members=("M0070",)), secretary, None, now)
        await perform(door.service, key, Asked(Action.ACCEPT), member, None, now)

    await asyncio.gather(*map(take, found))
    return found


async def test_a_hundred_orders_are_resolved_at_once_but_for_three_that_cannot_be(door, hundred):
    answered, handed_back, foreign = hundred[7], hundred[40], hundred[99]
    await door.act(answered, "resolve", who=MEMBER, answer="灯泡已换")
    await door.act(handed_back, "hand_back", who=MEMBER, reason="去外地")
    await door.act(foreign, "recall", who=SECRETARY)
    await door.act(foreign, "offer", who=SECRETARY, member="M0071")
    events = (await door.rows())["events"]

    asked = asyncio.create_task(many(door, hundred, "resolve", answer="线路已修好", key="street"))
    waited = []
    while not asked.done():
        before = asyncio.get_running_loop().time()
        assert (await door.call("GET", f"/orders/{answered['id']}", code=answered["query_code"]))[0] == 200
        waited.append(asyncio.get_running_loop().time() - before)
    status, report = await asked
    assert status == 200
    assert len(waited) >= 3, "whoever asks for one order is answered while the hundred are worked on"
    assert (report["done"], report["failed"]) == (MANY - 3, 3)
    assert [item["id"] for item in report["items"]] == [order["id"] for order in hundred]
    left = {place: item for place, item in enumerate(report["items"]) if not item["ok"]}
    assert {place: (item["problem"]["code"], item["problem"]["status"]) for place, item in left.items()} == {
        7: ("not_now", 409), 40: ("not_yours", 403), 99: ("not_yours", 403),
    }  # fmt: skip
    assert left[7]["state"] == "resolved"
    assert "待评价" in left[7]["problem"]["title"]["zh"]
    assert {item["state"] for item in report["items"] if item["ok"]} == {"resolved"}
    rows = await door.rows()
    assert rows["events"] == events + MANY - 3

    status, again = await many(door, hundred, "resolve", answer="线路已修好", key="street")
    assert again == report, "sent again it is answered again"
    assert await door.rows() == rows
    status, other = await many(door, hundred[:2], "resolve", answer="别的话", key="street")
    assert [item["problem"]["code"] for item in other["items"]] == ["key_reused", "key_reused"]
    status, anew = await many(door, hundred[:1], "resolve", answer="线路已修好")
    assert anew["items"][0]["problem"]["code"] == "not_now"
    assert await door.rows() == rows
    assert (await verify(door.service.database)).findings == []


async def test_what_is_wrong_with_the_request_itself_changes_nothing(door):
    order, other = await door.file(), await door.file()
    rows = await door.rows()
    for orders, action, more, field in (
        ([], "close", {"reason": "重复"}, "orders"),
        ([order["id"]] * 101, "close", {"reason": "重复"}, "orders"),
        ([order["id"], order["number"]], "close", {"reason": "重复"}, "orders.1"),
        (["nonsense", "nonsense"], "close", {"reason": "重复"}, "orders.1"),
        ([order["id"]], "close", {}, "reason"),
        ([order["id"]], "close", {"reason": "重复", "version": 2}, "action.version"),
        ([order["id"]], "rate", {"grade": "satisfied"}, "action.action"),
        ([order["id"]], "withdraw", {}, "action.action"),
        ([order["id"]], "fly", {}, "action"),
    ):
        status, problem = await many(door, orders, action, who=SECRETARY, **more)
        assert (status, problem["code"]) == (422, "invalid")
        assert problem["errors"][0]["field"].endswith(field)
    status, _ = await many(door, [other], "note", who=None, text="？")
    assert status == 401
    assert await door.rows() == rows


async def test_each_order_is_refused_for_its_own_reason(door):
    mine, far = await door.file(), await door.file(place={"grid": "141123101200"})
    missing, nonsense = "141123604822999", "nonsense"
    status, report = await many(door, [mine, far, missing, nonsense], "offer", who=SECRETARY, member="M0070", key="one")
    assert status == 200
    ok, *refused = report["items"]
    assert (ok["ok"], ok["state"], ok["problem"]) == (True, "offered", None)
    assert [item["problem"]["code"] for item in refused] == ["not_yours", "order_not_found", "order_not_found"]
    assert [item["id"] for item in refused] == [far["id"], missing, nonsense]
    assert all(item["problem"]["title"]["en"] for item in refused)
    status, report = await many(door, [mine], "offer", who=SECRETARY, member="nobody")
    problem = report["items"][0]["problem"]
    assert (problem["status"], problem["errors"][0]["field"]) == (422, "member")


async def test_many_are_merged_into_one_by_a_batch_and_taken_apart_by_another(door):
    lead, *others = [await door.file() for _ in range(9)]
    _, report = await many(door, [*others, lead], "merge", who=SECRETARY, into=lead["id"], key="merge")
    assert (report["done"], report["failed"]) == (8, 1)
    assert report["items"][-1]["problem"]["errors"][0]["field"] == "into"
    _, again = await many(door, [*others, lead], "merge", who=SECRETARY, into=lead["id"], key="merge")
    assert again == report
    _, seen = await door.call("GET", f"/orders/{lead['id']}", who=SECRETARY)
    assert len(seen["absorbed"]) == 8
    _, apart = await many(door, others, "unmerge", who=COUNTY)
    assert apart["done"] == 8
    assert (await verify(door.service.database)).findings == []
