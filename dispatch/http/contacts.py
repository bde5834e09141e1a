"""The resident's contact over HTTP."""

from dispatch.http import bodies
from dispatch.http.endpoints import Call, Reply
from dispatch.http.orders import resolved
from dispatch.usecases import revealing


async def reveal(call: Call) -> Reply:
    """Show the contact for ten minutes."""
    key, actor = await resolved(call)
    body: bodies.Reveal = call.body
    return Reply(201, await revealing.reveal(call.service, key, actor, body.reason, call.now))
