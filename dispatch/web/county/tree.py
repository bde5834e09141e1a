"""Changes of the tree: a list is looked at first, then done now or on its day; the versions, and to take one back."""

import asyncio
import csv
import io
import re
import secrets
from collections.abc import Mapping
from typing import Any

import orjson
from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web.county import sending
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Visit

MOST_BYTES = 2 * 2**20
"""How large a list may be: as many operations as are taken at once, some of them with outlines."""

_ROW = re.compile(r"operations\.([0-9]+)\.?(.*)")


async def show(visit: Visit) -> web.Response:
    """Show the versions, and where a list is handed in."""
    return await _page(visit, {})


async def do(visit: Visit) -> web.Response:
    """Show what a list would touch, or do it."""
    form: Mapping[str, str] = {}
    lines: list[int] = []
    shown = None
    await visit.ask("GET", "/county")  # administrators alone, before anything is read
    try:
        form, files = await sending.with_files(visit, "files", MOST_BYTES, "grid-dispatch tree")
        if files:
            form = {**form, "csv": await sending.text(files[0])}
        lines, operations = await asyncio.to_thread(_operations, form.get("csv", ""))
        body = {"operations": operations, "on": form.get("on") or None}
        shown = await visit.ask("POST", "/tree/preview", body=body)
        if form.get("do") == "apply":
            body["reason"] = form.get("reason", "")
            made = await visit.ask("POST", "/tree/changes", body=body, key=form.get("key") or None)
            return visit.to(f"/county/tree?made={made['number']}")
    except Refusal as refusal:
        return await _page(visit, form, refusal=refusal, lines=lines, shown=shown)
    return await _page(visit, form, shown=shown)


async def cancel(visit: Visit) -> web.Response:
    """Take back a version that waits."""
    try:
        await visit.ask("DELETE", "/tree/versions/{number}", number=visit.path["number"])
    except Refusal as refusal:
        return await _page(visit, {}, refusal=refusal)
    return visit.to("/county/tree?cancelled=1")


async def _page(
    visit: Visit,
    form: Mapping[str, str],
    *,
    shown: Any = None,
    refusal: Refusal | None = None,
    lines: list[int] | None = None,
) -> web.Response:
    below = visit.request.query.get("below") if visit.request.method == "GET" else None
    county = await visit.ask("GET", "/county")
    versions = await visit.ask("GET", "/tree/versions", query={"below": below})
    faults = NO_FAULTS if refusal is None else visit.faults(refusal)
    told = [] if refusal is None else sending.rows_of(refusal, visit.lang)
    rows = [_placed(field, text, lines or []) for field, text in told if field not in {"on", "reason", "files"}]
    if rows:
        faults = sending.only_text(faults)
    return visit.page(
        "county/tree.html",
        status=faults.status,
        county=county,
        versions=versions,
        form=form,
        shown=shown,
        faults=faults,
        rows=rows,
        key=form.get("key") or secrets.token_urlsafe(16),
    )


def _operations(text: str) -> tuple[list[int], list[dict[str, Any]]]:
    """Return the operations of a CSV text, and the line each stands in.

    Raises:
        Invalid: it is no CSV with a header.
    """
    reader = csv.reader(io.StringIO(text.strip("\ufeff\r\n ")), strict=True)
    lines, operations = [], []
    try:
        header = [name.strip() for name in next(reader, [])]
        for cells in reader:
            given = {name: cell.strip() for name, cell in zip(header, cells, strict=False) if name and cell.strip()}
            if given:
                lines.append(reader.line_num)
                operations.append({name: _cell(name, cell) for name, cell in given.items()})
    except csv.Error as error:
        zh, en = f"第 {reader.line_num} 行读不出来", f"line {reader.line_num} can't be read"
        raise errors.Invalid(errors.fault("files", zh, en)) from error
    return lines, operations


def _cell(name: str, text: str) -> Any:
    """Return a cell as the API takes it: an outline as JSON; what is none is passed on, to be refused as it is."""
    if name != "polygon":
        return text
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError:
        return text


def _placed(field: str, text: str, lines: list[int]) -> tuple[int | None, str, str]:
    """Return the line, the column and the text of a fault of the list."""
    found = _ROW.fullmatch(field)
    if found is None:
        return None, "", text
    number = int(found[1])
    return (lines[number] if number < len(lines) else None), found[2], text


PAGES = (
    Page("GET", "/county/tree", show, login=True),
    Page("POST", "/county/tree", do, login=True),
    Page("POST", "/county/tree/versions/{number}/cancel", cancel, login=True),
)
