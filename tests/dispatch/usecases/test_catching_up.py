"""The scheduler stands still for three days with a thousand open orders and more: on its return each stands where it
would."""

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain.choosing import Chooser
from dispatch.domain.clockwork import climb, tick, wants_member
from dispatch.domain.order import SYSTEM, Actor
from dispatch.domain.vocabulary import MILESTONES, Action, State, Urgency
from dispatch.storage import rows
from dispatch.usecases.acting import Asked, perform
from dispatch.usecases.choosing import choices
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.sweeping import BATCH, sweep

FRIDAY = datetime(2026, 11, 20, 2, 0, tzinfo=UTC)  # Friday 10:00 in Shanghai: a weekend lies within the outage
RETURN = FRIDAY + timedelta(days=3)
MINUTE = timedelta(minutes=1)
PLACES = ("141123100016", "141123101200", "141123102200")
MATTERS = (
    ("0901", None),
    ("0901", Urgency.URGENT),
    ("0901", Urgency.CRITICAL),
    ("0203", None),
)
REACHED = ("waiting", "asked", "accepted", "contacted")

COPY = """
    WITH copies AS (SELECT n FROM generate_series(1, $1::int) AS n), made AS (
        INSERT INTO orders
        SELECT (jsonb_populate_record(o, jsonb_build_object('id', o.id + n * 100000))).* FROM orders AS o, copies
    )
    INSERT INTO events
    SELECT (jsonb_populate_record(e, jsonb_build_object('order_id', e.order_id + n * 100000))).*
    FROM events AS e, copies
"""
"""As many copies of each order with its events, under numbers of their own."""

TOLD = """
    SELECT b.order_id, p.id, count(*) FROM outbox AS b
    JOIN LATERAL (
        SELECT b.person_id AS id WHERE b.person_id IS NOT NULL
        UNION
        SELECT r.person_id FROM roles AS r WHERE r.role = 'secretary' AND r.branch_id = b.branch_id
    ) AS p ON true
    WHERE b.sent_at IS NULL GROUP BY 1, 2 HAVING count(*) > 1
"""
"""Who is told twice of the same order: by name, or as a secretary of a branch that is told."""


async def _filed(service, place, matter, reached):
    """File an order and bring it to where it is when the scheduler stops."""
    category, urgency = matter
    request = Request(category, "演示", Place(grid=place), None, "10003000001", None, urgency, False, None, None)
    order = (await submit(service, request, Actor(), None, FRIDAY)).order
    (choice,) = await choices(service.database, [order], FRIDAY, service.world)
    member = choice.best
    if reached == "waiting" or member is None:
        return order
    key, handler = (order.region, order.id), Actor(member.person_id, member.grants)
    steps = [(Action.OFFER, SYSTEM), (Action.ACCEPT, handler), (Action.CONTACT, handler)]
    for action, actor in steps[: REACHED.index(reached)]:
        members = (choice.people[member.person_id].code,) if action is Action.OFFER else ()
        order = (await perform(service, key, Asked(action, members=members), actor, None, FRIDAY + MINUTE)).order
    return order


def _steady(order, world):
    """The order, and what rose when, with a scheduler that never stopped and nobody who answers."""
    nobody = Chooser((), {}, world)
    rises = []
    while order.next_clock is not None and (due := order.next_clock[1]) <= RETURN:
        outcome = tick(order, due, world)
        order, events = outcome.order, list(outcome.events)
        if wants_member(order, due):
            outcome = climb(order, lambda order, rung, at=due: nobody.choice(order, at, rung), due, world)
            order, events = outcome.order, [*events, *outcome.events]
        rises += [_rise(event) for event in events if _is_rise(event)]
    return order, rises


def _is_rise(event):
    return event.action in (Action.ESCALATE, Action.SUPERVISE) and event.data["missed"] in MILESTONES


def _rise(event):
    return event.action, event.data["missed"], event.due_at, event.level, event.branch_id


def _stands(order):
    return {
        "where": (order.branch_id, order.supervisor_id, order.level, order.listed, order.co_branches),
        "whose": order.assignee_id if order.state is State.ACCEPTED else None,
        "clocks": {clock: at for clock, at in order.clocks.items() if clock in MILESTONES},
        "promises": order.promises,
    }


@pytest.mark.parametrize("alike", [25, pytest.param(208, marks=pytest.mark.drill)], ids=["1,248", "10,032"])
async def test_after_three_days_each_order_stands_where_it_would_and_each_person_is_told_once(service, alike):
    cases = list(itertools.product(PLACES, MATTERS, REACHED))
    filed = [await _filed(service, *case) for case in cases]
    await service.database.execute(COPY, alike)
    await service.database.execute("UPDATE outbox SET sent_at = created_at")
    (count,) = await service.database.fetchrow("SELECT count(*) FROM orders")
    assert count == len(cases) * (alike + 1) > 6 * BATCH, "a backlog of many batches"

    swept = await sweep(service, RETURN)
    assert (swept.failed, swept.broken) == (0, 0)
    assert (await sweep(service, RETURN)).saved == 0, "nothing is left to catch up"

    reference = {order.id: _steady(order, service.world) for order in filed}
    assert {order.level for order, _ in reference.values()} >= {1, 2}
    async with service.database.pool.acquire() as connection:
        found = await connection.fetch("SELECT * FROM orders")
        events = await connection.fetch("SELECT * FROM events WHERE at = $1 ORDER BY order_id, version", RETURN)
    rises: dict[int, list[object]] = {}
    for row in events:
        event = rows.event(row)
        if _is_rise(event):
            rises.setdefault(event.order_id, []).append(_rise(event))
    for row in found:
        stood, rose = reference[row["id"] % 100000]
        assert _stands(rows.order(row)) == _stands(stood)
        assert rises.get(row["id"], []) == rose
    assert await service.database.fetch(TOLD) == []
    assert Counter(row["order_id"] for row in events).most_common(1)[0][1] < 10
