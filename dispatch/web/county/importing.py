"""The county's files: checked first, with a row-by-row report, and then exactly those brought in."""

from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.usecases.bringing_in import MOST_BYTES
from dispatch.web.county import sending
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Faults, Visit


async def show(visit: Visit) -> web.Response:
    """Show where files are chosen."""
    return await _page(visit)


async def do(visit: Visit) -> web.Response:
    """Check what was chosen, or bring in what was checked."""
    county = await visit.ask("GET", "/county")
    try:
        if not county["whole"]:  # before a file is read that would be refused
            raise errors.NotYours
        fields, files = await sending.with_files(visit, "files", MOST_BYTES, "grid-dispatch import")
        if fields.get("id"):
            report = await visit.ask("POST", "/county/imports/{id}", id=fields["id"])
        else:
            sent = [{"name": file.filename, "content": await sending.encoded(file)} for file in files]
            report = await visit.ask("POST", "/county/imports", body={"files": sent})
    except Refusal as refusal:
        return await _page(visit, faults=visit.faults(refusal))
    return await _page(visit, report)


async def _page(visit: Visit, report: Any = None, faults: Faults = NO_FAULTS) -> web.Response:
    county = await visit.ask("GET", "/county")
    return visit.page("county/import.html", status=faults.status, county=county, report=report, faults=faults)


PAGES = (
    Page("GET", "/county/import", show, login=True),
    Page("POST", "/county/import", do, login=True),
)
