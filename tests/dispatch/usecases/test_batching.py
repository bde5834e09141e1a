"""A batch of offers on a small county: only in an emergency, each order once, whoever asks and however often."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import Actor, Command, Grant
from dispatch.domain.vocabulary import Action, Role, State
from dispatch.storage import batches, orders
from dispatch.storage.orders import Saved
from dispatch.usecases import batching, emergencies
from dispatch.usecases.batching import assign_batch
from dispatch.usecases.declaring import Wanted
from dispatch.usecases.ledger import verify

NOW = datetime(2026, 7, 22, 2, tzinfo=UTC)  # ten in the morning of a Wednesday
TOWNSHIP = "141123100"


def supervisor(service, code=TOWNSHIP):
    return Actor(1, (Grant(Role.SUPERVISOR, service.world.tree.by_code(code).id, None),))


@pytest.fixture
async def flood(small_county):
    """A small county with an emergency in the township where most of the orders are filed."""
    flooded = Wanted(TOWNSHIP, None, NOW + timedelta(days=3), "山洪")
    await emergencies.declare(small_county, supervisor(small_county), flooded, NOW)
    return small_county


async def standing(service):
    rows = await service.database.fetch("SELECT region, id FROM orders ORDER BY region, id")
    return [(await orders.find(service.database, row["region"], row["id"])).order for row in rows]


def below(service, order):
    tree = service.world.tree
    return tree.within(order.grid_id, tree.by_code(TOWNSHIP).id)


async def test_what_waits_is_offered_and_every_offer_says_why(flood, file_many):
    await file_many(flood, 40, NOW)
    boss = supervisor(flood)
    shown = await assign_batch(flood, boss, TOWNSHIP, None, NOW, dry_run=True)
    assert {order.state for order in await standing(flood)} == {State.ROUTED}
    made = await assign_batch(flood, boss, TOWNSHIP, None, NOW, dry_run=False)
    assert [len(made[part]) for part in ("offers", "nobody", "full", "skipped")] == [
        len(shown[part]) for part in ("offers", "nobody", "full", "skipped")
    ]
    assert made["total"] == shown["total"] == sum(one["total"] for one in made["offers"])
    after = [order for order in await standing(flood) if order.state is State.OFFERED]
    assert len(after) == len(made["offers"]) > 10
    for order in after:
        assert below(flood, order)
        *_, (event, _, to) = await orders.events(flood.database, order.region, order.id)
        (told,) = [
            one for one in made["offers"] if one["order"] == batching.numbered(order.region, order.id, flood.world)
        ]
        assert (event.actor_id, event.data["batch"], to.code) == (1, made["batch"], told["member"])
        assert event.data["cost"]["points"] == told["points"]
        assert sum(told["points"].values()) == told["total"]
    full = await flood.database.fetch(
        """SELECT p.capacity, count(*) AS n FROM orders AS o JOIN people AS p ON p.id = o.assignee_id
        GROUP BY p.id HAVING count(*) > p.capacity"""
    )
    assert full == []
    assert (await verify(flood.database)).findings == []


async def test_what_the_superior_has_yet_to_decide_is_offered_to_nobody(flood, file_many):
    await file_many(flood, 20, NOW)
    order = next(one for one in await standing(flood) if below(flood, one) and flood.world.branches.get(one.branch_id))
    secretary = Actor(2, (Grant(Role.SECRETARY, flood.world.branches.get(order.branch_id).grid_id, order.branch_id),))
    command = Command(Action.RETURN, data={"reason_code": "other_place"})
    outcome = act(order, command, secretary, NOW, flood.world)
    assert await orders.save(flood.database, [Saved(outcome, order.version, NOW, NOW)])
    made = await assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW, dry_run=False)
    assert made["offers"]
    (left,) = [one for one in await standing(flood) if one.id == order.id]
    assert (left.state, left.affairs.pending) == (State.ROUTED, outcome.order.affairs.pending)


async def test_a_request_sent_again_under_its_key_offers_nothing_twice(flood, file_many):
    await file_many(flood, 12, NOW)
    boss = supervisor(flood)
    first = await assign_batch(flood, boss, TOWNSHIP, "key", NOW, dry_run=False)
    before = await standing(flood)
    taken = next(order for order in before if order.state is State.OFFERED)
    member = Actor(taken.assignee_id, (Grant(Role.MEMBER, flood.world.tree.root.id, None),))
    said_no = act(taken, Command(Action.DECLINE), member, NOW, flood.world)
    await orders.save(flood.database, [Saved(said_no, taken.version, NOW, NOW)])
    before = await standing(flood)
    again = await assign_batch(flood, boss, TOWNSHIP, "key", NOW, dry_run=False)
    assert await standing(flood) == before
    assert again["batch"] == first["batch"]
    assert again["offers"] == []
    assert sorted(one["order"] for one in again["before"]) == sorted(one["order"] for one in first["offers"])
    assert {(one["order"], one["member"], one["total"]) for one in again["before"]} == {
        (one["order"], one["member"], one["total"]) for one in first["offers"]
    }
    other = await assign_batch(flood, boss, TOWNSHIP, "another key", NOW, dry_run=False)
    assert len(other["offers"]) == 1  # what was declined waits again; what a batch has offered waits for its member
    assert other["offers"][0]["member"] != next(
        one["member"] for one in first["offers"] if one["order"] == other["offers"][0]["order"]
    )


async def test_of_batches_at_the_same_moment_each_order_is_offered_by_one(flood, file_many, monkeypatch):
    monkeypatch.setattr(batching, "PATIENCE_S", 600)
    await file_many(flood, 20, NOW)
    made = await asyncio.gather(
        *(assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW, dry_run=False) for _ in range(3))
    )
    offered = [one["order"] for batch in made for one in batch["offers"]]
    assert len(offered) == len(set(offered)) > 5
    offers = await flood.database.fetch("SELECT order_id FROM events WHERE action = 'offer'")
    assert len(offers) == len(offered)
    assert [batch["skipped"] for batch in made] == [[]] * 3  # each waited for the one before it


async def test_a_batch_that_waits_in_vain_for_another_says_so_and_offers_nothing(flood, file_many, monkeypatch):
    monkeypatch.setattr(batching, "PATIENCE_S", 0.0)
    await file_many(flood, 4, NOW)
    async with flood.database.transaction() as connection:
        assert await batches.alone(connection, 1)
        with pytest.raises(errors.BatchUnderWay):
            await assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW, dry_run=False)
    assert {order.state for order in await standing(flood)} == {State.ROUTED}
    made = await assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW, dry_run=False, by="console")
    assert made["offers"] != []
    marked = await flood.database.fetch("SELECT DISTINCT data ->> 'by' AS by FROM events WHERE action = 'offer'")
    assert [row["by"] for row in marked] == ["console"]


async def test_an_order_that_moved_on_is_told_as_skipped(flood, file_many):
    await file_many(flood, 8, NOW)
    moving = next(order for order in await standing(flood) if below(flood, order) and order.category == "0901")
    async with flood.database.transaction() as connection:
        await connection.execute("UPDATE orders SET version = version + 1 WHERE id = $1", moving.id)
        batch = asyncio.create_task(assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW, dry_run=False))
        while not await flood.database.fetch("SELECT FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)  # until it would save what it had found before
    made = await batch
    number = batching.numbered(moving.region, moving.id, flood.world)
    assert made["skipped"] == [{"order": number, "because": "stale"}]
    assert number not in [one["order"] for one in made["offers"]] != []


async def test_in_ordinary_times_or_for_anybody_else_nothing_is_offered(flood, file_many):
    await file_many(flood, 4, NOW)
    before = await standing(flood)
    county = flood.world.tree.root.code
    with pytest.raises(errors.NotInEmergency):
        await assign_batch(flood, supervisor(flood, county), county, None, NOW, dry_run=False)
    with pytest.raises(errors.NotInEmergency):
        await assign_batch(flood, supervisor(flood), TOWNSHIP, None, NOW + timedelta(days=3), dry_run=False)
    with pytest.raises(errors.GridNotFound):
        await assign_batch(flood, supervisor(flood), "nowhere", None, NOW, dry_run=False)
    secretary = Actor(1, (Grant(Role.SECRETARY, flood.world.tree.root.id, None),))
    for other in (supervisor(flood, "141123101"), secretary, Actor()):
        with pytest.raises(errors.NotYours):
            await assign_batch(flood, other, TOWNSHIP, None, NOW, dry_run=False)
    assert await standing(flood) == before
