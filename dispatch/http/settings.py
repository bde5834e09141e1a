"""A member's own settings and leaves over HTTP."""

from dispatch.domain import errors
from dispatch.domain.serving import ServiceHours
from dispatch.http.endpoints import Call, Reply
from dispatch.http.idents import ident
from dispatch.http.settings_shapes import LeaveBody, SettingsBody
from dispatch.storage.member_settings import Change
from dispatch.usecases import settings


async def show(call: Call) -> Reply:
    """Show what holds for whoever is logged in."""
    return Reply(200, await settings.show(call.service, call.actor))


async def change(call: Call) -> Reply:
    """Set anew what is given."""
    body: SettingsBody = call.body
    week, quiet = body.service_hours, body.quiet_hours
    names = {"quiet_hours": "quiet"}
    wanted = Change(
        given=frozenset(names.get(name, name) for name in body.model_fields_set),
        capacity=body.capacity,
        skills=None if body.skills is None else tuple(dict.fromkeys(body.skills)),
        service_hours=None
        if week is None
        else ServiceHours(tuple(one.span for one in week.working_days), tuple(one.span for one in week.days_off)),
        quiet=None if quiet is None else quiet.span,
    )
    return Reply(200, await settings.change(call.service, call.actor, wanted, call.now))


async def leaves(call: Call) -> Reply:
    """List the leaves that are not over."""
    return Reply(200, {"items": await settings.leaves(call.service, call.actor, call.now)})


async def take_leave(call: Call) -> Reply:
    """Put a leave on record."""
    body: LeaveBody = call.body
    leave = await settings.take_leave(call.service, call.actor, body.from_, body.to, call.now)
    return Reply(201, leave)


async def end_leave(call: Call) -> Reply:
    """End a leave."""
    leave = ident(call.path["id"])
    if leave is None:
        raise errors.LeaveNotFound
    await settings.end_leave(call.service, call.actor, leave, call.now)
    return Reply(204, None)
