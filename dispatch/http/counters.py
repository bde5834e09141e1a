"""Counters and boards over HTTP."""

from dispatch.http.counters_shapes import BoardQuery, CountersQuery, MarkQuery
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import board
from dispatch.usecases import counters as counting


async def show(call: Call) -> Reply:
    """Show the counters of a subtree."""
    query: CountersQuery = call.query
    return Reply(200, await counting.read(call.service, query.grid, query.by, call.actor, call.now))


async def show_board(call: Call) -> Reply:
    """Show a branch's board."""
    query: BoardQuery = call.query
    return Reply(200, await board.board(call.service, query.branch, query.limit, call.actor, call.now))


async def show_mark(call: Call) -> Reply:
    """Show what a branch's board stands at."""
    query: MarkQuery = call.query
    return Reply(200, await board.mark(call.service, query.branch, call.actor, call.now))
