"""Similar orders over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.orders import resolved
from dispatch.http.similar_shapes import Unfiled
from dispatch.usecases import similar
from dispatch.usecases.filing import Place


async def of_order(call: Call) -> Reply:
    """Show what an order may be a duplicate of."""
    key, actor = await resolved(call)
    return Reply(200, await similar.similar(call.service, key, actor, call.now))


async def before_filing(call: Call) -> Reply:
    """Show what a request that is not filed yet may be a duplicate of."""
    body: Unfiled = call.body
    place = Place(**body.place.model_dump())
    return Reply(200, await similar.before_filing(call.service, body.category, body.text, place, call.actor, call.now))
