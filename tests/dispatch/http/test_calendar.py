"""The working calendar over HTTP: for administrators, of their own grids, and whole or not at all."""

from datetime import date, timedelta
from typing import Any

import pytest

from dispatch.domain.calendar import published

ADMINISTRATOR, SUPERVISOR = "10001000001", "10001000002"
TOWN, VILLAGE, OTHER_TOWN = "141123100", "141123100016", "141123101"
COMING = max(published()[1]) + 1
YEAR = {
    "$schema": "https://example.org/schema.json",
    "year": COMING,
    "papers": [],
    "days": [{"name": "国庆节", "date": f"{COMING}-10-01", "isOffDay": True}],
}


async def month(door, fits, query: str, who: str = ADMINISTRATOR) -> dict[str, Any]:
    status, answer = await door.call("GET", f"/calendar?{query}", who=who)
    assert status == 200, answer
    fits(answer, "CalendarAnswer")
    return {**answer, "by_date": {day["date"]: day for day in answer["days"]}}


async def put(door, *days: tuple[str, bool | None], who: str = ADMINISTRATOR, **more: Any) -> tuple[int, Any]:
    body = {"days": [{"date": day, "working": working} for day, working in days], **more}
    return await door.call("PUT", "/calendar/days", who=who, json=body)


async def test_an_administrator_sets_days_and_sees_them(door, fits) -> None:
    status, answer = await put(door, ("2026-11-28", True), ("2026-11-29", None))
    assert status == 200
    fits(answer, "CalendarChanged")
    assert (answer["changed"], answer["days"], answer["grid"]["code"]) == (True, ["2026-11-28"], "141123")
    shown = await month(door, fits, f"grid={VILLAGE}")
    assert shown["month"] == "2026-11", "the present one"
    assert shown["by_date"]["2026-11-28"]["set_by"]["code"] == "141123"
    assert shown["by_date"]["2026-11-28"]["working"]
    assert door.service.world.calendar.is_working_day(date(2026, 11, 28)), "whoever files next has it already"
    assert (await put(door, ("2026-11-28", True)))[1]["changed"] is False


async def test_a_year_is_imported_as_its_file_stands(door, fits) -> None:
    assert not (await month(door, fits, f"month={COMING}-10"))["official"]
    status, answer = await door.call("POST", f"/calendar/import?grid={TOWN}", who=ADMINISTRATOR, json=YEAR)
    assert status == 200, answer
    fits(answer, "CalendarChanged")
    assert answer["grid"]["code"] == TOWN
    assert (await month(door, fits, f"month={COMING}-10&grid={VILLAGE}"))["official"]
    assert not (await month(door, fits, f"month={COMING}-10"))["official"]
    row = await door.service.database.fetchrow("SELECT actor_id, subject FROM county_events")
    known = await door.service.database.fetchrow("SELECT id FROM people WHERE code = 'A1'")
    assert (row["actor_id"], row["subject"]) == (known["id"], "calendar")


async def test_an_administrator_of_a_town_has_that_town_and_no_other(door, fits) -> None:
    await door.service.database.execute(
        "UPDATE roles SET grid_id = (SELECT id FROM grids WHERE code = $1) WHERE role = 'administrator'", TOWN
    )
    assert (await put(door, ("2026-11-28", True)))[1]["grid"]["code"] == TOWN, "the highest they answer for"
    assert (await put(door, ("2026-11-28", True), grid=VILLAGE))[0] == 200
    for grid in ("141123", OTHER_TOWN):
        status, answer = await put(door, ("2026-11-28", True), grid=grid)
        assert (status, answer["code"]) == (403, "not_yours")
        assert (await door.call("GET", f"/calendar?grid={grid}", who=ADMINISTRATOR))[0] == 403
        assert (await door.call("POST", f"/calendar/import?grid={grid}", who=ADMINISTRATOR, json=YEAR))[0] == 403


async def test_nobody_else_reads_or_changes_the_calendar(door) -> None:
    for who, status in ((SUPERVISOR, 403), (None, 401)):
        assert (await door.call("GET", "/calendar", who=who))[0] == status
        assert (await put(door, ("2026-11-28", True), who=who))[0] == status
        assert (await door.call("POST", "/calendar/import", who=who, json=YEAR))[0] == status
    assert await door.service.database.fetch("SELECT FROM calendar_days") == []


async def test_a_calendar_without_a_working_day_is_refused_kindly(door) -> None:
    days = [((date(2027, 3, 1) + timedelta(days=n)).isoformat(), False) for n in range(370)]
    status, answer = await put(door, *days)
    assert (status, answer["code"]) == (422, "no_working_days")
    assert "没有改动" in answer["detail"]
    assert await door.service.database.fetch("SELECT FROM calendar_days") == []


@pytest.fixture
def refused(door):
    async def fields(method: str, path: str, body: Any = None) -> set[str]:
        status, answer = await door.call(method, path, who=ADMINISTRATOR, json=body)
        assert status == 422, answer
        return {fault["field"] for fault in answer["errors"]}

    return fields


async def test_every_fault_is_named(refused) -> None:
    day = {"date": "2026-11-28", "working": True}
    for body, fields in (
        ({"days": []}, {"days"}),
        ({"days": [day] * 401}, {"days"}),
        ({"days": [day, day]}, {"days.1.date"}),
        ({"days": [{**day, "date": "28.11.2026"}, {**day, "date": 20261128}]}, {"days.0.date", "days.1.date"}),
        ({"days": [{**day, "date": "2026-11-28T00:00:00"}]}, {"days.0.date"}),
        ({"days": [{**day, "date": "1926-11-28"}]}, {"days.0.date"}),
        ({"days": [{**day, "working": "yes", "note": "a\nb"}]}, {"days.0.working", "days.0.note"}),
        ({"days": [{**day, "note": "长" * 61}]}, {"days.0.note"}),
        ({"days": [day], "grid": "nowhere"}, {"grid"}),
    ):
        assert await refused("PUT", "/calendar/days", body) == fields
    for body, fields in (
        ({}, {"year", "days"}),
        ({**YEAR, "days": []}, {"days"}),
        ({**YEAR, "year": COMING + 9}, {"days.0.date"}),
        ({**YEAR, "days": [{"date": "2027-02-31"}]}, {"days.0.isOffDay"}),
        ({**YEAR, "days": YEAR["days"] * 2}, {"days.1.date"}),
    ):
        assert await refused("POST", "/calendar/import", body) == fields
    for query in ("month=2027-13", "month=2027", "month=1999-01"):
        assert await refused("GET", f"/calendar?{query}") == {"month"}
    assert await refused("GET", "/calendar?grid=nowhere") == {"grid"}
