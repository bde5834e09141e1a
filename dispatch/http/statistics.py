"""Figures over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.statistics_shapes import StatisticsQuery
from dispatch.usecases import statistics


async def show(call: Call) -> Reply:
    """Show the figures of a subtree and a time."""
    query: StatisticsQuery = call.query
    asked = statistics.Asked(query.grid, query.first, query.last)
    return Reply(200, await statistics.read(call.service, asked, call.actor, call.now))
