"""The county's own ledger over HTTP."""

from dataclasses import asdict

from dispatch.http.county_acts_shapes import ActsQuery
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import county_acts


async def listing(call: Call) -> Reply:
    """List what was decided about the county."""
    query: ActsQuery = call.query
    found = await county_acts.listing(call.service, call.actor, query.grid, query.cursor, query.limit)
    return Reply(200, asdict(found))
