"""What waits for somebody beside who handles it, over HTTP."""

from dataclasses import asdict

from dispatch.http.endpoints import Call, Reply
from dispatch.http.together_shapes import WaitingQuery
from dispatch.usecases import together


async def decisions(call: Call) -> Reply:
    """List what waits for the reader's decision."""
    query: WaitingQuery = call.query
    found = await together.decisions(call.service, call.actor, call.now, query.cursor, query.limit)
    return Reply(200, asdict(found))


async def assists(call: Call) -> Reply:
    """List what waits for the answer of the reader's unit."""
    query: WaitingQuery = call.query
    found = await together.assists(call.service, call.actor, call.now, query.cursor, query.limit)
    return Reply(200, asdict(found))


async def follow_ups(call: Call) -> Reply:
    """List whom the reader may ask how it went."""
    query: WaitingQuery = call.query
    found = await together.follow_ups(call.service, call.actor, call.now, query.cursor, query.limit)
    return Reply(200, asdict(found))
