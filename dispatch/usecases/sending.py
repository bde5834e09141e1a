"""Notices leave the house: claimed by one process, handed to a channel after the transaction that wrote them."""

from datetime import datetime

from dispatch.channels.console import Channel
from dispatch.storage import orders, outbox
from dispatch.usecases.service import Service
from dispatch.usecases.views import numbered

BATCH = 500


async def send(service: Service, channel: Channel, now: datetime) -> int:
    """Hand every notice that may leave by ``now`` to ``channel``; return how many.

    A notice is marked as sent before it is handed over: a process killed in between loses a message, never doubles one;
    the order itself still stands in the recipient's list.
    """
    sent = 0
    for region in await orders.regions(service.database):
        while True:
            letters = await outbox.claim(service.database, region, now, BATCH)
            for letter in letters:
                await channel.send(numbered(letter.region, letter.order_id, service.world), letter)
            sent += len(letters)
            if len(letters) < BATCH:
                break
    return sent
