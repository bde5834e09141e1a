"""Photos that become an order's: in the transaction that files it or reports its result, all of them or nothing."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from dispatch.domain import errors
from dispatch.domain.order import Order
from dispatch.domain.photos import LOOSE_KEPT, PhotoKind
from dispatch.storage import orders, photos
from dispatch.storage.orders import Added
from dispatch.usecases.service import Service

Waiting = Mapping[str, str]
"""Photos that wait for their order, in the order they were named: id -> salted digest."""

NONE: Waiting = {}


class _FiledBeforeError(Exception):
    """The request key filed another order before, so this one's photos are left alone."""

    def __init__(self, order_id: int) -> None:
        super().__init__(order_id)
        self.order_id = order_id


async def waiting(service: Service, ids: Sequence[str], now: datetime) -> Waiting:
    """Return those photos with their digests.

    Raises:
        Invalid: one waits no more, or never did; the field is ``photos.N``.
    """
    if not ids:
        return NONE
    found = await photos.loose(service.database, ids, now - loose_kept(service))
    missing = [place for place, one in enumerate(ids) if one not in found]
    if missing:
        raise _gone(missing)
    return {one: found[one] for one in ids}


def loose_kept(service: Service) -> timedelta:
    """Return how long a photo waits by the service's clock: where that runs fast, people don't."""
    return LOOSE_KEPT * max(service.clock.rate, 1.0)


async def add(service: Service, added: Added, waited: Waiting) -> int:
    """File an order with its photos and return the id it is filed under: its own, or as its request key did before.

    Raises:
        Invalid: another order claimed one of them first.
        KeyReused: the key came with another body before.
    """
    order = added.outcome.order
    try:
        async with service.database.transaction() as connection:
            await claim(connection, order, PhotoKind.FILING, waited)
            (filed,) = await orders.add(connection, [added])
            if isinstance(filed, Exception):
                raise filed
            if filed != order.id:
                raise _FiledBeforeError(filed)  # noqa: TRY301 - what undoes a transaction
    except _FiledBeforeError as before:
        return before.order_id
    return order.id


async def claim(connection: Any, order: Order, kind: PhotoKind, waited: Waiting) -> None:
    """Make photos those of the event that files an order, or of the one that led to it, within its transaction.

    Raises:
        Invalid: another order claimed one of them first.
    """
    version = 1 if kind is PhotoKind.FILING else order.version
    if waited and not await photos.claim(connection, order.region, order.id, waited, version=version, kind=kind):
        raise _gone(range(len(waited)))


def _gone(places: Iterable[int]) -> errors.Invalid:
    return errors.Invalid(
        *(
            errors.fault(
                f"photos.{place}",
                "没有这张照片，或已用过，或已过一天，请重新上传",
                "there is no such photo, or it was used, or it is over a day old: send it again",
            )
            for place in places
        )
    )
