"""Logging in and out over HTTP."""

from typing import Any

from dispatch.domain import errors
from dispatch.http import bodies
from dispatch.http.endpoints import Call, Reply
from dispatch.storage.people import Bearer
from dispatch.usecases import sessions
from dispatch.usecases.references import branch_ref, grid_ref, label


def _roles(call: Call, bearer: Bearer) -> list[dict[str, Any]]:
    world = call.service.world
    return [
        {
            "role": grant.role.value,
            "label": label(grant.role),
            "grid": grid_ref(grant.grid_id, world),
            "branch": branch_ref(grant.branch_id, world),
        }
        for grant in bearer.grants
    ]


async def log_in(call: Call) -> Reply:
    """Open a session."""
    body: bodies.LogIn = call.body
    session = await sessions.log_in(call.service, body.phone, body.password, call.address, call.now)
    answer = {
        "token": session.token,
        "expires_at": session.bearer.expires_at.isoformat(),
        "roles": _roles(call, session.bearer),
    }
    return Reply(201, answer, {"Cache-Control": "no-store"})


async def log_out(call: Call) -> Reply:
    """End the session."""
    if call.token is None:
        raise errors.Unauthenticated
    await sessions.log_out(call.service, call.token)
    return Reply(204, None)


async def me(call: Call) -> Reply:
    """Say who is logged in."""
    if call.bearer is None:
        raise errors.Unauthenticated
    answer = {
        "code": call.bearer.code,
        "expires_at": call.bearer.expires_at.isoformat(),
        "roles": _roles(call, call.bearer),
    }
    return Reply(200, answer)
