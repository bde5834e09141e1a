"""Emergencies and batches of offers over HTTP."""

from dispatch.domain import errors
from dispatch.http.emergencies_shapes import BatchBody, EmergencyBody, EmergencyExtension, EmergencyQuery
from dispatch.http.endpoints import Call, Reply
from dispatch.http.idents import ident
from dispatch.http.orders import given_key
from dispatch.usecases import batching, emergencies
from dispatch.usecases.declaring import Seconded, Temporary, Wanted


async def declare(call: Call) -> Reply:
    """Declare an emergency."""
    body: EmergencyBody = call.body
    wanted = Wanted(
        grid=body.grid,
        starts_at=body.starts_at,
        ends_at=body.ends_at,
        reason=body.reason,
        branches=tuple(Temporary(one.name, one.grid, one.secretary) for one in body.branches),
        members=tuple(Seconded(one.person, one.branch) for one in body.members),
    )
    return Reply(201, await emergencies.declare(call.service, call.actor, wanted, call.now))


async def listing(call: Call) -> Reply:
    """List emergencies."""
    query: EmergencyQuery = call.query
    running = query.running == "true"
    items = await emergencies.listing(call.service, call.actor, call.now, running=running, most=query.limit)
    return Reply(200, {"items": items})


async def end(call: Call) -> Reply:
    """End an emergency before its time."""
    return Reply(200, await emergencies.end(call.service, call.actor, _ident(call), call.now))


async def extend(call: Call) -> Reply:
    """Let an emergency last longer."""
    body: EmergencyExtension = call.body
    return Reply(200, await emergencies.extend(call.service, call.actor, _ident(call), body.ends_at, call.now))


async def assign_batch(call: Call) -> Reply:
    """Spread what waits below a grid over its members."""
    body: BatchBody = call.body
    made = await batching.assign_batch(
        call.service, call.actor, call.path["code"], given_key(call), call.now, dry_run=body.dry_run
    )
    return Reply(200, made)


def _ident(call: Call) -> int:
    found = ident(call.path["id"])
    if found is None:
        raise errors.EmergencyNotFound
    return found
