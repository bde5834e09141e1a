"""Deadlines and the forecast of an order over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.orders import resolved
from dispatch.usecases import foreseeing


async def deadlines(call: Call) -> Reply:
    """Show every deadline of an order, with its reasons."""
    key, actor = await resolved(call)
    return Reply(200, {"items": await foreseeing.deadlines(call.service, key, actor, call.now)})


async def forecast(call: Call) -> Reply:
    """Show what will happen to an order if nobody does anything."""
    key, actor = await resolved(call)
    return Reply(200, await foreseeing.forecast(call.service, key, actor, call.now))
