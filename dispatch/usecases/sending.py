"""Notices leave the house: claimed by one process, handed to a channel after the transaction that wrote them."""

import asyncio
from datetime import datetime, timedelta

import structlog

from dispatch.channels.console import Channel
from dispatch.domain.notices import Letter
from dispatch.storage import orders, outbox
from dispatch.usecases.references import numbered
from dispatch.usecases.service import Service
from dispatch.usecases.sweeping import BREATH

log = structlog.get_logger()

BATCH = 500

AGAIN = timedelta(minutes=1)
"""How long a notice that could not leave waits."""


async def send(service: Service, channel: Channel, now: datetime) -> int:
    """Hand every notice that may leave by ``now`` to ``channel``; return how many it took.

    A notice is marked as sent before it is handed over: a process killed in between loses a message, never doubles one;
    the order itself still stands in the recipient's list. One that the channel refuses waits and is tried again.
    """
    sent = 0
    for region in await orders.regions(service.database):
        while True:
            letters = await outbox.claim(service.database, region, now, BATCH)
            failed: list[Letter] = []
            reasons: set[str] = set()
            for count, letter in enumerate(letters, 1):
                if count % BREATH == 0:  # a channel that never waits for anything would hold up every request
                    await asyncio.sleep(0)
                try:
                    await channel.send(numbered(letter.region, letter.order_id, service.world), letter)
                except Exception as wrong:  # noqa: BLE001 - whatever is wrong with one letter, the others leave
                    failed.append(letter)
                    reasons.add(type(wrong).__name__)  # its text might hold a phone number
            if failed:
                log.warning("notices_put_back", region=region, notices=len(failed), reasons=sorted(reasons))
                await outbox.put_back(service.database, region, failed, now + AGAIN)
            sent += len(letters) - len(failed)
            if len(letters) < BATCH:
                break
    return sent
