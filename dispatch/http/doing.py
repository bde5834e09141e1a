"""One action on one order, whichever use case does it: for a request about one order, and for one about many."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from dispatch.domain import errors
from dispatch.domain.order import Actor
from dispatch.http.acting import asked
from dispatch.http.endpoints import Call
from dispatch.http.merging_bodies import Merge, Unmerge
from dispatch.storage.orders import Dossier
from dispatch.usecases import acting, merging, reading
from dispatch.usecases.service import Service

Key = tuple[int, int]


async def do(call: Call, key: Key, body: Any, actor: Actor, digest: tuple[bytes, bytes] | None) -> Dossier:
    """Do what a decoded body of an action asks to the order with ``key``, and return it as it then is.

    ``digest`` is of the Idempotency-Key and of the body.

    Raises:
        Refusal: whatever the action refuses with; nothing has changed.
    """
    if not isinstance(body, Merge | Unmerge):
        what = replace(asked(body), by=None if call.bearer is None else call.bearer.code)
        return await acting.perform(call.service, key, what, actor, digest, call.now)
    request = merging.Request(actor, call.now, digest, body.version, told(body.reason))
    if isinstance(body, Unmerge):
        return await merging.unmerge(call.service, key, request)
    (merged,) = await merging.merge(call.service, [key], lead(call.service, body.into, "into"), request)
    return merged


def told(reason: str | None) -> dict[str, str]:
    """Return the texts of a merge: why it is one may tell of another resident, so it stays within the house."""
    return {} if reason is None else {"internal_reason": reason}


def lead(service: Service, number: str, field: str) -> Key:
    """Return the key of the order that others are merged into, whose number stands in ``field``."""
    try:
        return reading.key_of(service, number)
    except errors.OrderNotFound as unknown:
        raise merging.no_lead(field) from unknown


def keys(service: Service, numbers: Sequence[str]) -> list[Key | None]:
    """Return the key of each order whose number stands in ``orders``, None for a number that can be no order's.

    Raises:
        Invalid: a number stands there twice, however it is grouped.
    """
    found: list[Key | None] = []
    faults = []
    seen = set[Key | str]()
    for place, number in enumerate(numbers):
        try:
            key = reading.key_of(service, number)
        except errors.OrderNotFound:
            key = None
        if (key or number) in seen:
            faults.append(
                errors.fault(f"orders.{place}", "这个单号前面已有，请删去一个", "this number stands there twice")
            )
        seen.add(key or number)
        found.append(key)
    if faults:
        raise errors.Invalid(*faults)
    return found
