"""Merged orders over HTTP."""

from collections.abc import Sequence

from dispatch.domain import errors
from dispatch.http.doing import Key, keys, lead, told
from dispatch.http.endpoints import Call, Reply
from dispatch.http.merging_bodies import Merges
from dispatch.http.orders import given_key
from dispatch.usecases import filing, merging, reading, references


async def merge(call: Call) -> Reply:
    """Merge several orders into one."""
    body: Merges = call.body
    orders = _keys(call, body.orders)
    into = lead(call.service, body.lead, "lead")
    request_key = given_key(call)
    scope = f"person {call.actor.person_id} merges"
    digest = None if request_key is None else filing.request_digest(scope, request_key, call.raw)
    request = merging.Request(call.actor, call.now, digest, texts=told(body.reason))
    merged = await merging.merge(call.service, orders, into, request, field="lead")
    whole, world = await reading.seen(call.service, into, call.actor), call.service.world
    numbers = [references.number_of(one.order, world) for one in merged]
    answer = {"lead": references.number_of(whole.order, world), "version": whole.order.version, "merged": numbers}
    return Reply(200, answer)


async def parts(call: Call) -> Reply:
    """Show the orders that were merged into one."""
    key = reading.key_of(call.service, call.path["id"])
    return Reply(200, {"items": await merging.parts(call.service, key, call.actor)})


def _keys(call: Call, numbers: Sequence[str]) -> list[Key]:
    """Return the keys of the orders with these numbers; each that is no order's is named."""
    found = keys(call.service, numbers)
    faults = [
        errors.fault(f"orders.{place}", "没有这个单号，请核对", "no order has this number: check it")
        for place, key in enumerate(found)
        if key is None
    ]
    if faults:
        raise errors.Invalid(*faults)
    return [key for key in found if key is not None]
