"""What the end of an order means for those that were merged into it: told in the same transaction, or not at all."""

import asyncio
import secrets
from collections.abc import Iterable
from datetime import datetime

from dispatch.domain.acting import act
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import SYSTEM, Command, Order, Outcome
from dispatch.domain.photos import PhotoKind
from dispatch.domain.vocabulary import OPEN_STATES, WORKED_ON, Action, Party, State
from dispatch.domain.world import World
from dispatch.storage import merging, orders
from dispatch.storage.orders import Saved
from dispatch.usecases import claiming
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BREATH

ANSWER = "answer"
"""The public text of a result; what is for the house stays with the order it was written for."""


class LostPartError(RuntimeError):
    """An order that was locked could not be saved."""


async def save(
    service: Service, order: Order, outcome: Outcome, now: datetime, photos: claiming.Waiting = claiming.NONE
) -> bool:
    """Save what became of ``order``, and of those merged into it where it ended; False where it has moved on.

    A result is every merged order's result, and its resident is asked for a grade of their own. Where there will be no
    result, since it is withdrawn or belongs elsewhere, each goes on by itself. What a resident does to a merged order
    reaches the one it is part of: a withdrawal takes it out of there, and of a note whoever has that one is told.

    Raises:
        Invalid: another order was the first to claim one of ``photos``, which come with the result.
    """
    mine = _saved(order, outcome, now, service.world)
    if order.state is State.MERGED and any(event.party is Party.RESIDENT for event in outcome.events):
        return await _led(service, order, mine, now)
    follow = _follow(order, outcome)
    if follow is None:
        return await (_saved_with(service, mine, photos) if photos else service.save(mine))
    region = order.region
    keys = [(region, order.id), *((region, one.order) for one in order.affairs.absorbed)]
    async with service.database.transaction() as connection:
        found = await merging.lock(connection, keys)
        if found[region, order.id].version != order.version:
            return False
        parts = [one for key, one in found.items() if key[1] != order.id and _belongs(one, order)]
        batch = [mine, *await _followed(parts, follow, outcome, now, service.world)]
        if len(await orders.save(connection, batch)) != len(batch):
            raise LostPartError
        await claiming.claim(connection, outcome.order, PhotoKind.RESULT, photos)
    return True


async def _saved_with(service: Service, mine: Saved, photos: claiming.Waiting) -> bool:
    """Save a result with its photos, both or neither."""
    async with service.database.transaction() as connection:
        if not await orders.save(connection, [mine]):
            return False
        await claiming.claim(connection, mine.outcome.order, PhotoKind.RESULT, photos)
    return True


async def _led(service: Service, part: Order, mine: Saved, now: datetime) -> bool:
    """Save what a resident did to a merged order, and what it means for the one it is part of."""
    after, merged, region = mine.outcome.order, part.affairs.merged, part.region
    if merged is None:
        raise LostPartError
    async with service.database.transaction() as connection:
        found = await merging.lock(connection, [(region, part.id), (region, merged.into)])
        lead = found[region, merged.into]
        if found[region, part.id].version != part.version:
            return False
        batch = [mine]
        if lead.state in WORKED_ON and any(one.order == part.id for one in lead.affairs.absorbed):
            if after.state is State.WITHDRAWN:
                command = Command(Action.UNMERGE, other=after)
            else:
                command = Command(Action.NOTE, data={"because": "part", "part": part.id, "internal": True})
            batch.append(_saved(lead, act(lead, command, SYSTEM, now, service.world), now, service.world))
        if len(await orders.save(connection, batch)) != len(batch):
            raise LostPartError
    return True


def _saved(before: Order, outcome: Outcome, now: datetime, world: World) -> Saved:
    return Saved(outcome, before.version, now, leaves_at(before, now, world))


def _follow(order: Order, outcome: Outcome) -> Action | None:
    """What the system does to those merged into an order that has just ended, or None where it goes on."""
    if not order.affairs.absorbed or outcome.order.state in OPEN_STATES or order.state not in OPEN_STATES:
        return None
    return Action.RESOLVE if outcome.order.state is State.RESOLVED else Action.UNMERGE


def _belongs(part: Order, lead: Order) -> bool:
    """Whether it is part of the other still: its resident may have withdrawn it meanwhile."""
    merged = part.affairs.merged
    return part.state is State.MERGED and merged is not None and merged.into == lead.id


async def _followed(parts: Iterable[Order], follow: Action, ended: Outcome, now: datetime, world: World) -> list[Saved]:
    """Decide what follows for each part."""
    lead = ended.order
    said = {name: text for event in ended.events for name, text in event.texts.items() if name == ANSWER}
    saved = []
    for count, part in enumerate(parts, 1):
        if count % BREATH == 0:
            await asyncio.sleep(0)
        if follow is Action.RESOLVE:
            command = Command(follow, other=lead, texts=said, salt=secrets.token_bytes(16))
        else:
            command = Command(follow, data={"lead": lead.state.value})
        outcome = act(part, command, SYSTEM, now, world)
        saved.append(_saved(part, outcome, now, world))
    return saved
