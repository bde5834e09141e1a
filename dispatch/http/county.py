"""The county as a whole over HTTP, for administrators: what stands in it, and its files."""

from dispatch.http.county_shapes import CountyFiles
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import bringing_in, stock


async def show(call: Call) -> Reply:
    """Show what stands."""
    return Reply(200, await stock.overview(call.service, call.actor, call.now))


async def check(call: Call) -> Reply:
    """Check files, and keep them for a while."""
    body: CountyFiles = call.body
    files = [(one.name, one.content) for one in body.files]
    return Reply(200, await bringing_in.check(call.service, call.actor, files, call.now))


async def bring_in(call: Call) -> Reply:
    """Bring in what was checked."""
    return Reply(200, await bringing_in.bring_in(call.service, call.actor, call.path["id"], call.now))
