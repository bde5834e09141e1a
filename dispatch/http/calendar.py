"""The working calendar over HTTP, for administrators."""

from datetime import date
from typing import Any

from dispatch.domain.calendar_file import from_json
from dispatch.domain.county_acts import Subject
from dispatch.http.calendar_shapes import CalendarDays, CalendarQuery, GridQuery, HolidayFile
from dispatch.http.endpoints import Call, Reply
from dispatch.usecases import calendars, forecasting
from dispatch.usecases.acting import grid_named
from dispatch.usecases.calendars import By, Changed
from dispatch.usecases.references import grid_ref


async def show(call: Call) -> Reply:
    """Show a month."""
    query: CalendarQuery = call.query
    first = calendars.today(call.now).replace(day=1)
    if query.month is not None:
        first = date.fromisoformat(f"{query.month}-01")
    tree = call.service.world.tree
    return Reply(200, await calendars.month(call.service.database, tree, _grid(call, query.grid), first))


async def put_days(call: Call) -> Reply:
    """Set days, or take back what was said of them."""
    body: CalendarDays = call.body
    grid_id = _grid(call, body.grid)
    days = [(day.date, day.working, day.note or "") for day in body.days]
    done = await calendars.set_days(call.service.database, call.service.world.tree, grid_id, days, _by(call))
    return await _reply(call, grid_id, done)


async def import_year(call: Call) -> Reply:
    """Import a year's holidays."""
    body: HolidayFile = call.body
    query: GridQuery = call.query
    grid_id = _grid(call, query.grid)
    published = from_json(body.model_dump(by_alias=True))
    done = await calendars.import_year(call.service.database, call.service.world.tree, grid_id, published, _by(call))
    return await _reply(call, grid_id, done)


async def preview_days(call: Call) -> Reply:
    """Show what days would come to, were they set."""
    body: CalendarDays = call.body
    grid_id = _grid(call, body.grid)
    days = [(day.date, day.working, day.note or "") for day in body.days]
    tree = call.service.world.tree
    return await _foreseen(
        call, grid_id, await calendars.set_days(call.service.database, tree, grid_id, days, _by(call, looking=True))
    )


async def preview_year(call: Call) -> Reply:
    """Show what a year's holidays would come to, were they imported."""
    body: HolidayFile = call.body
    query: GridQuery = call.query
    grid_id, tree = _grid(call, query.grid), call.service.world.tree
    published = from_json(body.model_dump(by_alias=True))
    by = _by(call, looking=True)
    return await _foreseen(
        call, grid_id, await calendars.import_year(call.service.database, tree, grid_id, published, by)
    )


async def _foreseen(call: Call, grid_id: int, done: Changed) -> Reply:
    fresh = call.service.world if done.found is None else forecasting.dated(call.service.world, done.found)
    moved = await forecasting.deadlines(call.service, fresh, grid_id, Subject.CALENDAR, call.now)
    return Reply(200, {**_told(call, grid_id, done), "deadlines": moved})


def _grid(call: Call, code: str | None) -> int:
    tree = call.service.world.tree
    return calendars.administered(call.actor, tree, None if code is None else grid_named(code, tree))


def _by(call: Call, *, looking: bool = False) -> By:
    return By(call.actor.person_id, call.now, looking)


async def _reply(call: Call, grid_id: int, done: Changed) -> Reply:
    if done.changed:
        await call.service.reload()  # whoever asks this process next already has the new calendar
    return Reply(200, _told(call, grid_id, done))


def _told(call: Call, grid_id: int, done: Changed) -> dict[str, Any]:
    return {
        "grid": grid_ref(grid_id, call.service.world),
        "changed": done.changed,
        "days": [day.isoformat() for day in done.days],
        "kept": [day.isoformat() for day in done.kept],
    }
