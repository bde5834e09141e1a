"""The county's policy over HTTP."""

from typing import Any

from dispatch.http.endpoints import Call, Reply
from dispatch.http.forecast_shapes import PolicyTrial
from dispatch.http.policy_shapes import PolicyDocument
from dispatch.usecases import policy


async def show(call: Call) -> Reply:
    """Show the policies in force."""
    return Reply(200, await policy.show(call.service, call.actor))


async def put(call: Call) -> Reply:
    """Replace the policies."""
    body: PolicyDocument = call.body
    return Reply(200, await policy.put(call.service, call.actor, _tables(body), body.version, call.now))


async def preview(call: Call) -> Reply:
    """Show what a policy would come to."""
    body: PolicyDocument = call.body
    return Reply(200, await policy.preview(call.service, call.actor, _tables(body), call.now))


async def tried(call: Call) -> Reply:
    """Try a policy on recorded history."""
    body: PolicyTrial = call.body
    return Reply(200, await policy.tried(call.service, call.actor, _tables(body), (body.from_, body.to), call.now))


def _tables(body: PolicyDocument) -> dict[str, Any]:
    return body.model_dump(exclude_defaults=True, exclude={"version", "from_", "to"})
