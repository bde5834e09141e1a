"""The county's policy over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.policy_shapes import PolicyDocument
from dispatch.usecases import policy


async def show(call: Call) -> Reply:
    """Show the policies in force."""
    return Reply(200, await policy.show(call.service, call.actor))


async def put(call: Call) -> Reply:
    """Replace the policies."""
    body: PolicyDocument = call.body
    tables = body.model_dump(exclude_defaults=True, exclude={"version"})
    return Reply(200, await policy.put(call.service, call.actor, tables, body.version, call.now))
