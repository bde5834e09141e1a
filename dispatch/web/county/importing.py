"""The county's files: checked first, with a row-by-row report, and then exactly those brought in."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.county_acts import Subject
from dispatch.domain.county_sheets import Sheet
from dispatch.domain.errors import Refusal
from dispatch.usecases.bringing_in import MOST_BYTES
from dispatch.web.county import sending
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Faults, Visit

ACTS_LOOKED_AT = 100
"""So many of the latest acts are looked through for files that were brought in before."""


async def show(visit: Visit) -> web.Response:
    """Show where files are chosen, and before that what became of those just brought in."""
    done = visit.request.query.get("done")
    return await _page(visit, done=None if done is None else await _brought_in(visit, done))


async def do(visit: Visit) -> web.Response:
    """Check what was chosen, or bring in what was checked and lead to what tells of it, also when asked again."""
    fields: Mapping[str, str] = {}
    county = await visit.ask("GET", "/county")
    try:
        if not county["whole"]:  # before a file is read that would be refused
            raise errors.NotYours
        fields, files = await sending.with_files(visit, "files", MOST_BYTES, "grid-dispatch import")
        if fields.get("id"):
            report = await visit.ask("POST", "/county/imports/{id}", id=fields["id"])
            if report["written"]:
                return visit.to(_outcome(fields["id"]))
        else:
            sent = [{"name": file.filename, "content": await sending.encoded(file)} for file in files]
            report = await visit.ask("POST", "/county/imports", body={"files": sent})
    except Refusal as refusal:
        ident = fields.get("id")
        if ident and isinstance(refusal, errors.Invalid) and await _brought_in(visit, ident) is not None:
            return visit.to(_outcome(ident))
        return await _page(visit, faults=visit.faults(refusal))
    return await _page(visit, report)


def _outcome(ident: str) -> str:
    return f"/county/import?done={quote(ident, safe='')}"


async def _brought_in(visit: Visit, ident: str) -> Any:
    """Return the act of the ledger by which the files of that id were brought in, or None; one long past is not found.

    Its counts are given with what their sheets are called.
    """
    acts = (await visit.ask("GET", "/county/acts", query={"limit": ACTS_LOOKED_AT}))["items"]
    for act in acts:
        if act["subject"] == Subject.IMPORT.value and act["data"].get("files") == ident:
            counts = [(Sheet(name), *numbers) for name, numbers in act["data"]["counts"].items()]
            return {"at": act["at"], "counts": counts}
    return None


async def _page(visit: Visit, report: Any = None, faults: Faults = NO_FAULTS, done: Any = None) -> web.Response:
    county = await visit.ask("GET", "/county")
    return visit.page(
        "county/import.html", status=faults.status, county=county, report=report, faults=faults, done_before=done
    )


PAGES = (
    Page("GET", "/county/import", show, login=True),
    Page("POST", "/county/import", do, login=True),
)
