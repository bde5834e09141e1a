"""What other rules would make of the open deadlines, before anybody decides on them: nothing is locked or written."""

import asyncio
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import structlog

from dispatch.domain.calendar import working_calendar
from dispatch.domain.calendars import Differences, layered
from dispatch.domain.county_acts import Subject
from dispatch.domain.order import Order, Outcome
from dispatch.domain.policy_file import Policies
from dispatch.domain.retiming import retimed
from dispatch.domain.timing import reckon
from dispatch.domain.vocabulary import MILESTONES, Clock
from dispatch.domain.world import World
from dispatch.storage import retimings, rows
from dispatch.storage.database import Database
from dispatch.storage.retimings import Place
from dispatch.usecases.references import label, number_of
from dispatch.usecases.service import Service
from dispatch.usecases.whatif import Span, figures, whatif

log = structlog.get_logger()

MOST = 2_000
"""So many open orders are reckoned for a forecast: enough to judge a rule by, done in seconds."""

BATCH = 200
"""How many orders are read at once."""

SHOWN = 20
"""So many of the deadlines that move are told one by one."""


def under(world: World, policies: Policies) -> World:
    """Return the county as it would be under other policies."""
    return replace(world, policy=policies.normal, emergency=policies.emergency, weights=policies.weights)


def dated(world: World, differences: Differences) -> World:
    """Return the county as it would be with other calendars."""
    calendar, others = layered(working_calendar(), differences, world.tree)
    return replace(world, calendar=calendar, calendars=others)


async def deadlines(service: Service, fresh: World, grid_id: int, because: Subject, now: datetime) -> dict[str, Any]:
    """Return how the deadlines of the open orders below a grid would move in ``fresh``.

    What is told is what ``retiming`` would do right now, for at most ``MOST`` of the orders.
    """
    told = _Told(service.world)
    async with service.database.transaction(isolation="repeatable_read", readonly=True) as connection:
        places = await retimings.beginning(connection, service.world.tree.interval(grid_id), MOST + 1)
        for first in range(0, min(len(places), MOST), BATCH):
            await _batch(connection, places[first : min(first + BATCH, MOST)], fresh, because, now, told)
    return {**told.figures(), "more": len(places) > MOST}


async def _batch(
    connection: Any, places: list[Place], fresh: World, because: Subject, now: datetime, told: "_Told"
) -> None:
    events = await retimings.events(connection, places)
    for row in await retimings.look(connection, places):
        await asyncio.sleep(0)
        key = row["region"], row["id"]
        try:
            order = rows.order(row)
            outcome = retimed(order, reckon([rows.event(one) for one in events[key]]), because.value, now, fresh)
        except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one order, the others are told
            log.warning("order_not_forecast", region=key[0], order=key[1], reason=type(wrong).__name__)
            continue
        told.see(order, outcome)


class _Told:
    """The figures of a forecast as they gather."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.looked_at = self.changed = 0
        self.sooner: Counter[Clock] = Counter()
        self.later: Counter[Clock] = Counter()
        self.items: list[dict[str, Any]] = []

    def see(self, order: Order, outcome: Outcome | None) -> None:
        """Count an order, and what would become of its deadlines."""
        self.looked_at += 1
        if outcome is None:
            return
        self.changed += 1
        for clock, before in order.clocks.items():
            after = outcome.order.clocks.get(clock)
            if after is None or after == before or clock not in MILESTONES:
                continue
            (self.sooner if after < before else self.later)[clock] += 1
            if len(self.items) < SHOWN:
                self.items.append(
                    {
                        "id": number_of(order, self.world),
                        "clock": clock.value,
                        "clock_label": label(clock),
                        "before": before.isoformat(),
                        "after": after.isoformat(),
                    }
                )

    def figures(self) -> dict[str, Any]:
        """Return them as JSON holds them."""
        moved = [clock for clock in MILESTONES if self.sooner[clock] or self.later[clock]]
        return {
            "looked_at": self.looked_at,
            "changed": self.changed,
            "clocks": [
                {
                    "clock": clock.value,
                    "clock_label": label(clock),
                    "sooner": self.sooner[clock],
                    "later": self.later[clock],
                }
                for clock in moved
            ],
            "items": self.items,
        }


async def history(
    service: Service, name: str, policies: Policies, first: date | None, last: date | None, now: datetime
) -> dict[str, Any]:
    """Return recorded history beside what the present policy and another would have made of it.

    Args:
        service: the service.
        name: what the other policy is called.
        policies: the other policy.
        first: the first day on which the orders were filed, the first of all if None.
        last: the last day, today if None.
        now: when it is asked.

    Raises:
        Invalid: no order was filed in that time.
        Unavailable: as much is being worked out for somebody else.
    """
    world = service.world
    zone = world.calendar.zone
    begin = date(1970, 1, 1) if first is None else first
    end = now.astimezone(zone).date() if last is None else min(last, now.astimezone(zone).date())
    since = datetime(begin.year, begin.month, begin.day, tzinfo=zone)
    before = min(datetime(end.year, end.month, end.day, tzinfo=zone) + timedelta(days=1), now)
    span = Span(since, before, now)

    async def work(database: Database) -> dict[str, Any]:
        return figures(await whatif(database, world, [(name, policies)], span, lambda *_: None))

    return await service.apart.run(work)
