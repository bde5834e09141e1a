"""Reports over HTTP."""

from dispatch.http.endpoints import Call, Reply
from dispatch.http.reports_shapes import ReportQuery
from dispatch.usecases import reports


async def show(call: Call) -> Reply:
    """Show one report."""
    query: ReportQuery = call.query
    asked = reports.Asked(query.report, query.first, query.last, query.grid)
    return Reply(200, await reports.report(call.service, asked, call.actor, call.now))
