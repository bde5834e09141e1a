"""Pledges over HTTP."""

from dispatch.domain.vocabulary import State
from dispatch.http.endpoints import Call, Reply
from dispatch.http.orders import given_key
from dispatch.http.pledges_shapes import PledgeBody, PledgeQuery
from dispatch.usecases import pledges, views
from dispatch.usecases.filing import request_digest


async def pledge(call: Call) -> Reply:
    """File a pledge."""
    body: PledgeBody = call.body
    key = given_key(call)
    digest = None if key is None else request_digest(f"person {call.actor.person_id} pledge", key, call.raw)
    wanted = pledges.Pledge(body.category, body.text, body.due)
    dossier = await pledges.pledge(call.service, wanted, call.actor, digest, call.now)
    view = views.order_view(dossier, call.actor, call.now, call.service.world)
    return Reply(201, view, {"Location": f"/api/v1/orders/{view['id']}"})


async def published(call: Call) -> Reply:
    """List published pledges."""
    query: PledgeQuery = call.query
    state = None if query.state is None else State(query.state)
    wanted = pledges.Narrowed(query.grid, query.branch, state, query.cursor, query.limit)
    items, following = await pledges.published(call.service, call.actor, wanted, call.now)
    return Reply(200, {"items": items, "next": following})
