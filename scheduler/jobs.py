"""TABLE 5: what the clock does and how often."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import structlog

from dispatch.channels.console import Console
from dispatch.storage import county, keeping, people, photos
from dispatch.usecases import carrying, claiming, counters, ledger, retiming, sending, settings, sweeping, tree, turning
from dispatch.usecases.clock import wall_now
from dispatch.usecases.service import Service

log = structlog.get_logger()

KEYS_KEPT = timedelta(days=7)
"""How long a request may be repeated under its Idempotency-Key."""

PERSONAL_KEPT = timedelta(days=180)
"""How long what is personal stays after an order has ended (DOMAIN §7)."""

LOOKS_KEPT = timedelta(days=400)
"""How long it stays on record who looked at a contact: a year at least (DOMAIN §7)."""

_CHANNEL = Console()


@dataclass(frozen=True, slots=True)
class Job:
    """One row: every ``seconds`` of the machine's time."""

    name: str
    seconds: float
    run: Callable[[Service], Awaitable[Any]]


async def _sweep(service: Service) -> None:
    if service.has_county:
        await sweeping.sweep(service, service.now())
    else:
        service.swept_at = wall_now()  # nothing to sweep
    if not service.beaten:  # the first is told at once, for the service is ready from then on
        await _beat(service)


async def _send(service: Service) -> None:
    if service.has_county:
        await sending.send(service, _CHANNEL, service.now())


async def _beat(service: Service) -> None:
    if service.swept_at is not None:
        await county.beat(service.database, county.SCHEDULER, service.swept_at, service.now())
        service.beaten = True
        service.swept_at = None  # told once: while no sweep goes well, there is nothing to tell


async def _anchor(service: Service) -> None:
    if service.has_county:
        for anchor in await ledger.anchor_daily(service.database, service.now()):
            # whoever keeps this line elsewhere can show that nothing before it was taken out (decision record 3)
            log.info("anchored", region=anchor.region, number=anchor.number, hash=anchor.hash.hex())


async def _retime(service: Service) -> None:
    if service.has_county:
        await retiming.retime(service, service.now())


async def _leaves(service: Service) -> None:
    if service.has_county:
        await settings.apply_leaves(service, service.now())


async def _turn(service: Service) -> None:
    if service.has_county:
        await turning.turn(service, service.now())


async def _change_tree(service: Service) -> None:
    if service.has_county:
        await tree.apply_due(service, service.now())


async def _carry_over(service: Service) -> None:
    if service.has_county:
        await carrying.carry_over(service, service.now())


async def _count(service: Service) -> None:
    if service.has_county:
        await counters.fold(service, service.now())


async def _tidy(service: Service) -> None:
    await people.drop_expired_sessions(service.database, service.now())
    await keeping.forget_old_keys(service.database, service.now() - KEYS_KEPT * max(service.clock.rate, 1.0))
    await photos.drop_loose(service.database, service.now() - claiming.loose_kept(service))


async def _erase(service: Service) -> None:
    now = service.now()
    erased = await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT)
    if erased:
        log.info("erased", orders=erased)


JOBS: tuple[Job, ...] = (
    Job("sweep", 0.25, _sweep),  # what is due rises within a second
    Job("send", 1.0, _send),
    Job("count", 1.0, _count),  # what changed goes into the counters
    Job("turn", 1.0, _turn),  # emergencies begin and end at their time
    Job("retime", 2.0, _retime),  # after a change of the calendar, the policy or the mode
    Job("beat", 3.0, _beat),
    Job("change_tree", 30.0, _change_tree),  # a change of the tree of grids whose day has come
    Job("carry_over", 2.0, _carry_over),  # the open orders, after one
    Job("leaves", 30.0, _leaves),  # a leave that begins today gives back what waits
    Job("anchor", 60.0, _anchor),  # once a local day; asked each minute, so that a late start misses none
    Job("tidy", 3600.0, _tidy),
    Job("erase", 86_400.0, _erase),
)
