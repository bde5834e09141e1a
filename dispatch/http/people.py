"""People over HTTP, for administrators."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.idents import ident
from dispatch.http.people_shapes import ActiveSet, PasswordSet, PeopleSought, RoleEnded, RoleGiven
from dispatch.storage.people_admin import Sought
from dispatch.usecases import people
from dispatch.usecases.people import Wanted


async def seek(call: Call) -> Reply:
    """Find people."""
    body: PeopleSought = call.body
    sought = Sought(code=body.code, phone=body.phone, role=body.role, after=body.after or "", most=body.limit)
    found = await people.seek(call.service, call.actor, sought, body.grid, call.now)
    return Reply(200, {"items": found.items, "next": found.next})


async def show(call: Call) -> Reply:
    """Show one person."""
    return Reply(200, await people.show(call.service, call.actor, call.path["code"], call.now))


async def give_role(call: Call) -> Reply:
    """Give a role."""
    body: RoleGiven = call.body
    wanted = Wanted(body.role, body.grid, body.branch, body.from_, body.to)
    return Reply(201, await people.give_role(call.service, call.actor, call.path["code"], wanted, call.now))


async def end_role(call: Call) -> Reply:
    """End a role."""
    body: RoleEnded = call.body
    number = ident(call.path["number"])
    return Reply(200, await people.end_role(call.service, call.actor, call.path["code"], number, body.to, call.now))


async def set_password(call: Call) -> Reply:
    """Set a password."""
    body: PasswordSet = call.body
    done = await people.set_password(call.service, call.actor, call.path["code"], body.password, call.now)
    return Reply(200, done)


async def set_active(call: Call) -> Reply:
    """Let somebody in, or keep them out."""
    body: ActiveSet = call.body
    done = await people.set_active(call.service, call.actor, call.path["code"], call.now, active=body.active)
    return Reply(200, done)
