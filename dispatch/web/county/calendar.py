"""The working calendar: a month at a time, changed day by day or by the year, with the effect shown before."""

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any

import orjson
from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web.county import sending
from dispatch.web.door import Page
from dispatch.web.visit import NO_FAULTS, Faults, Visit

MOST_DAYS = 62
"""So many days one form sets at once."""

MOST_BYTES = 2**18
"""How large the file of a year may be; one as it is published has some five thousand bytes."""


async def show(visit: Visit) -> web.Response:
    """Show a month."""
    asked = visit.request.query
    day = asked.get("day", "")
    form = {"first": day, "last": day, "grid": asked.get("grid", "")}
    return await _page(visit, asked.get("month"), asked.get("grid"), form)


async def do(visit: Visit) -> web.Response:
    """Show what a change of days would come to, or make it."""
    form = await visit.form()
    grid = form.get("grid") or None
    try:
        body = {"grid": grid, "days": _days(form)}
        if form.get("do") == "save":
            await visit.ask("PUT", "/calendar/days", body=body, nulls=True)
            return visit.to(_address(form, grid))
        shown = await visit.ask("POST", "/calendar/preview", body=body, nulls=True)
    except Refusal as refusal:
        return await _page(visit, form.get("month"), grid, form, faults=visit.faults(refusal))
    return await _page(visit, form.get("month"), grid, form, shown=shown)


async def import_year(visit: Visit) -> web.Response:
    """Show what a year's holidays would come to, or import them."""
    form: Mapping[str, str] = {}
    await visit.ask("GET", "/calendar")  # administrators alone, before anything is read
    try:
        form, files = await sending.with_files(visit, "files", MOST_BYTES, "grid-dispatch calendar")
        text = await sending.text(files[0]) if files else form.get("text", "")
        form = {**form, "text": text}
        grid = form.get("grid") or None
        body, query = _json(text), {"grid": grid}
        if form.get("do") == "save":
            await visit.ask("POST", "/calendar/import", body=body, query=query)
            return visit.to(_address({**form, "first": f"{body['year']}-01-01"}, grid))
        shown = await visit.ask("POST", "/calendar/import/preview", body=body, query=query)
    except Refusal as refusal:
        return await _page(visit, form.get("month"), form.get("grid"), form, faults=visit.faults(refusal), year=True)
    return await _page(visit, form.get("month"), grid, form, shown=shown, year=True)


async def _page(
    visit: Visit,
    month: str | None,
    grid: str | None,
    form: Mapping[str, str],
    *,
    shown: Any = None,
    faults: Faults = NO_FAULTS,
    year: bool = False,
) -> web.Response:
    try:
        found = await visit.ask("GET", "/calendar", query={"month": month or None, "grid": grid or None})
    except (errors.Invalid, errors.NotYours) as refusal:  # the grid is none, or not theirs; what was typed stays
        wrong = visit.faults(refusal)
        faults, grid = wrong if faults is NO_FAULTS else faults, None
        query = {"month": None if "month" in wrong.fields else month or None}
        found = await visit.ask("GET", "/calendar", query=query)
    first = date.fromisoformat(f"{found['month']}-01")
    days: list[Any] = [*[None] * (found["days"][0]["weekday"] - 1), *found["days"]]
    days += [None] * (-len(days) % 7)
    return visit.page(
        "county/calendar.html",
        status=faults.status,
        month=found,
        weeks=[days[start : start + 7] for start in range(0, len(days), 7)],
        before=f"{first - timedelta(days=1):%Y-%m}",
        after=f"{first + timedelta(days=31):%Y-%m}",
        today=visit.now.astimezone(visit.service.world.calendar.zone).date().isoformat(),
        grid=grid,
        form=form,
        faults=faults,
        shown=shown,
        year=year,
    )


def _days(form: Mapping[str, str]) -> list[dict[str, Any]]:
    """Return what is said of each day from the first to the last.

    Raises:
        Invalid: a date is none, or there are too many.
    """
    first, last = _date(form, "first"), _date(form, "last" if form.get("last") else "first")
    count = (last - first).days + 1
    if not 0 < count <= MOST_DAYS:
        zh, en = f"不早于第一天，一次最多 {MOST_DAYS} 天", f"not before the first day, at most {MOST_DAYS} days at once"
        raise errors.Invalid(errors.fault("last", zh, en))
    working = {"work": True, "off": False, "unset": None}
    if form.get("what") not in working:
        raise errors.Invalid(errors.fault("what", "请选择", "choose one"))
    said: dict[str, Any] = {"working": working[form["what"]]} | ({"note": form["note"]} if form.get("note") else {})
    return [{"date": (first + timedelta(days=n)).isoformat(), **said} for n in range(count)]


def _date(form: Mapping[str, str], name: str) -> date:
    try:
        return date.fromisoformat(form.get(name, ""))
    except ValueError as error:
        zh, en = "应为日期，如 2027-02-05", "must be a date such as 2027-02-05"
        raise errors.Invalid(errors.fault(name, zh, en)) from error


def _json(text: str) -> Any:
    try:
        return orjson.loads(text)
    except orjson.JSONDecodeError as error:
        zh = f"不是有效的 JSON（{error}）；没有导入"
        raise errors.Invalid(errors.fault("files", zh, f"this is no valid JSON ({error})")) from error


def _address(form: Mapping[str, str], grid: str | None) -> str:
    more = "" if grid is None else f"&grid={grid}"
    return f"/county/calendar?month={_date(form, 'first'):%Y-%m}{more}&saved=1"


PAGES = (
    Page("GET", "/county/calendar", show, login=True),
    Page("POST", "/county/calendar", do, login=True),
    Page("POST", "/county/calendar/import", import_year, login=True),
)
