"""The figures of a subtree and a time, to be read, and to be taken along as a table."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.rates import LEAST
from dispatch.web.command import places, sheets
from dispatch.web.door import Page
from dispatch.web.visit import HEADERS, NO_FAULTS, Faults, Visit

SHOWN = 10
"""How many categories are shown before the rest is unfolded."""


async def show(visit: Visit) -> web.Response:
    """Show the figures; where the form asks for what can't be told, what is usual, with why."""
    form = _form(visit)
    faults, status = NO_FAULTS, HTTPStatus.OK
    try:
        found = await _figures(visit, form)
    except errors.Invalid as refusal:
        faults, status = visit.faults(refusal), HTTPStatus.UNPROCESSABLE_ENTITY
        found = await _figures(visit, {})
    return await _page(visit, found, form, faults, status)


async def csv(visit: Visit) -> web.Response:
    """Give the figures as CSV, as they are seen."""
    return await _file(visit, sheets.csv, "text/csv", "csv")


async def xlsx(visit: Visit) -> web.Response:
    """Give the figures as a workbook, as they are seen."""
    kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
    return await _file(visit, sheets.xlsx, kind, "xlsx")


def _form(visit: Visit) -> dict[str, str]:
    asked = visit.request.query
    return {name: asked[name].strip() for name in ("grid", "from", "to") if asked.get(name, "").strip()}


async def _figures(visit: Visit, form: dict[str, str]) -> Any:
    return await visit.ask("GET", "/statistics", query=form)


async def _page(visit: Visit, found: Any, form: dict[str, str], faults: Faults, status: HTTPStatus) -> web.Response:
    code = found["grid"]["code"]
    way = await places.way(visit, code)
    below = (await visit.ask("GET", "/grids/{code}/children", code=code))["items"]
    return visit.page(
        "command/figures.html",
        status=status,
        found=found,
        way=way,
        choices=[(step.code, step.name) for step in way if step.mine] + [(one["code"], one["name"]) for one in below],
        form={"grid": code, "from": found["from"], "to": found["to"], **form},
        faults=faults,
        least=LEAST,
        shown=SHOWN,
        query=f"grid={code}&from={found['from']}&to={found['to']}",
    )


async def _file(visit: Visit, write: Callable[[list[sheets.Sheet]], bytes], kind: str, end: str) -> web.Response:
    found = await _figures(visit, _form(visit))
    body = await asyncio.to_thread(write, sheets.of(found, visit.lang))
    name = f"figures-{found['grid']['code']}-{found['from']}-{found['to']}.{end}"
    headers = {**HEADERS, "Content-Disposition": f'attachment; filename="{name}"'}
    return web.Response(body=body, content_type=kind, headers=headers)


PAGES = (
    Page("GET", "/command/figures", show, login=True),
    Page("GET", "/command/figures.csv", csv, login=True),
    Page("GET", "/command/figures.xlsx", xlsx, login=True),
)
