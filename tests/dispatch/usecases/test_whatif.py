"""Recorded history beside what other policies would have made of it; nothing in the database changes."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import Actor, Command, Grant
from dispatch.domain.policy_file import loads
from dispatch.domain.vocabulary import Action, Role
from dispatch.storage import orders
from dispatch.storage.orders import Saved
from dispatch.usecases.sweeping import sweep
from dispatch.usecases.whatif import Span, figures, whatif

NOW = datetime(2026, 3, 10, 2, tzinfo=UTC)  # Tuesday 10:00 in Shanghai
SLOW = '[ladder.general]\nrungs = ["direct 1"]\n[clocks.general]\ndispatch = "2d"\naccept = "6d"\n'


async def test_history_is_played_again_and_nothing_changes(service, file_many) -> None:
    await file_many(service, 40, NOW)
    now = NOW
    for hours in (2.5, 2.1, 2.1, 20, 24):
        now += timedelta(hours=hours)
        await sweep(service, now)
        if hours == 2.1:
            await _accept_some(service, now + timedelta(minutes=3))
    before = await _everything(service)
    span = Span(NOW - timedelta(days=1), now, now)
    stages = []
    report = await whatif(
        service.database, service.world, [("slow.toml", loads(SLOW))], span, lambda *stage: stages.append(stage)
    )
    shown = figures(report)
    was, present, slow = shown["columns"]
    assert [column["orders"] for column in (was, present, slow)] == [40, 40, 40]
    assert was["accepted"] > 0
    assert present["failed"] == slow["failed"] == 0
    # people are the same, and clocks were answered within the minute of each sweep
    assert present["accepted"] >= was["accepted"] - 2
    assert was["messages"] > 0
    assert present["messages"] > 0
    assert slow["offers"] < present["offers"]
    assert sum(slow["rises"].values()) <= sum(present["rises"].values())
    assert await _everything(service) == before
    assert {stage[0] for stage in stages} == {"当时记录", "现行规则重演", "slow.toml"}


async def test_a_policy_s_own_weights_decide_who_is_asked(small_county, file_many) -> None:
    database = small_county.database
    await database.execute("UPDATE people SET skills = '{09}', capacity = 20 WHERE id = 4")
    await file_many(small_county, 120, NOW)
    span = Span(NOW - timedelta(days=1), NOW + timedelta(minutes=1), NOW + timedelta(hours=2.5))
    others = [("same.toml", loads("")), ("unskilled.toml", loads("[weights]\nskill = 0\n"))]

    async def offers() -> list[int]:
        report = await whatif(database, small_county.world, others, span, lambda *_: None)
        return [column.tally.offers[4] for column in report.columns[1:]]

    present, same, unskilled = await offers()
    assert present == same >= 6, "the one with the skill is asked each time"
    assert unskilled < present
    await database.execute("INSERT INTO match_weights VALUES ('skill', 0)")
    await small_county.reload()
    assert await offers() == [unskilled, same, unskilled], "the present weights are the present policy's"


async def test_a_time_without_orders_is_refused(service) -> None:
    with pytest.raises(errors.Invalid):
        await whatif(service.database, service.world, [], Span(NOW, NOW, NOW), lambda *_: None)


async def _accept_some(service, now) -> None:
    rows = await service.database.fetch("SELECT region, id, offered FROM orders WHERE state = 'offered' ORDER BY id")
    root = service.world.tree.root.id
    for row in rows[::2]:
        order = (await orders.find(service.database, row["region"], row["id"])).order
        actor = Actor(order.offered[0], (Grant(Role.MEMBER, root, None),))
        outcome = act(order, Command(Action.ACCEPT), actor, now, service.world)
        await orders.save(service.database, [Saved(outcome, order.version, now, now)])


async def _everything(service) -> list[object]:
    tables = ("orders", "events", "outbox", "policy_overrides", "policy_rungs", "county_events", "turns")
    return [await service.database.fetch(f"SELECT * FROM {table} ORDER BY 1, 2") for table in tables]  # noqa: S608
