"""The calendar changed: whole or not at all, on record, with open deadlines to be computed again."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.calendar import published, working_calendar
from dispatch.domain.calendar_file import PublishedYear, parse
from dispatch.domain.calendars import Hours, layered, nearest
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Role
from dispatch.storage import calendars as storage
from dispatch.storage import county as county_storage
from dispatch.storage.database import Database
from dispatch.usecases import calendars
from dispatch.usecases.calendars import By, Changed, administered
from dispatch.usecases.ledger import verify
from grid_model.hours import WorkingCalendar
from grid_model.tree import Tree

NOW = datetime(2026, 11, 23, 1, tzinfo=UTC)
BY = By(None, NOW)
TUESDAY, SATURDAY = date(2026, 11, 24), date(2026, 11, 28)
TOWN, VILLAGE, OTHER_TOWN = "141123100", "141123100016", "141123101"
COMING = max(published()[1]) + 1
HOLIDAY, MAKE_UP = date(COMING, 10, 4), date(COMING, 10, 9)


def year(*more: tuple[date, bool]) -> PublishedYear:
    days = {date(COMING, 10, 1): False, **dict(more)}
    return PublishedYear(COMING, days, dict.fromkeys(days, "国庆节"), ("https://www.gov.cn/",))


class County:
    """The demo county's calendar, as a test changes and reads it."""

    def __init__(self, database: Database, tree: Tree) -> None:
        self.database, self.tree = database, tree

    def grid(self, code: str | None) -> int:
        return self.tree.root.id if code is None else self.tree.by_code(code).id

    async def at(self, code: str | None) -> WorkingCalendar:
        above, others = layered(working_calendar(), await storage.find(self.database), self.tree)
        return nearest(others, self.tree, self.grid(code)) or above

    async def set(self, code: str | None, *days: tuple[date, bool | None]) -> Changed:
        said = [(day, working, "") for day, working in days]
        return await calendars.set_days(self.database, self.tree, self.grid(code), said, BY)

    async def bring(self, code: str | None, published: PublishedYear) -> Changed:
        return await calendars.import_year(self.database, self.tree, self.grid(code), published, BY)

    async def works(self, day: date, *codes: str | None) -> list[bool]:
        return [(await self.at(code)).is_working_day(day) for code in codes]

    async def official(self, code: str | None) -> bool:
        return (await self.at(code)).official(COMING)

    async def written(self) -> tuple[list[dict], list[str]]:
        """What is on the county's ledger, and for which grids deadlines are to be computed again."""
        acts = await self.database.fetch("SELECT data FROM county_events WHERE subject = 'calendar' ORDER BY number")
        asked = await self.database.fetch(
            "SELECT g.code FROM retimings AS r JOIN grids AS g ON g.id = r.grid_id"
            " WHERE r.because = 'calendar' ORDER BY r.id"
        )
        return [json.loads(row["data"]) for row in acts], [row["code"] for row in asked]


_TREES: dict[str, Tree] = {}


@pytest.fixture
async def tree(county_database: Database, county_template: str) -> Tree:
    """The demo county's tree, read once: every copy has the same."""
    if county_template not in _TREES:
        world = await county_storage.world(county_database)
        assert world is not None
        _TREES[county_template] = world.tree
    return _TREES[county_template]


@pytest.fixture
def county(county_database: Database, tree: Tree) -> County:
    return County(county_database, tree)


async def test_a_day_of_the_county_holds_everywhere_and_one_of_a_town_in_the_town(county) -> None:
    await county.set(None, (SATURDAY, True))
    await county.set(TOWN, (TUESDAY, False), (SATURDAY, False))
    assert await county.works(SATURDAY, None, TOWN, VILLAGE, OTHER_TOWN) == [True, False, False, True]
    assert await county.works(TUESDAY, None, TOWN, VILLAGE, OTHER_TOWN) == [True, False, False, True]
    await county.set(TOWN, (SATURDAY, None))
    assert await county.works(SATURDAY, VILLAGE) == [True]


async def test_every_change_is_on_record_once_and_asks_for_the_deadlines_below_it(county) -> None:
    root = county.tree.root.code
    assert (await county.set(None, (SATURDAY, True))).changed
    assert (await county.set(TOWN, (TUESDAY, False))).days == (TUESDAY,)
    assert await calendars.set_hours(
        county.database, county.tree, Hours(county.grid(TOWN), "09:00-17:00"), BY
    ) == Changed(changed=True)
    acts, asked = await county.written()
    assert asked == [root, TOWN, TOWN]
    assert acts == [
        {"days": [{"day": "2026-11-28", "working": True, "note": ""}]},
        {"days": [{"day": "2026-11-24", "working": False, "note": ""}]},
        {"hours": {"spans": "09:00-17:00", "quiet": None}},
    ]


async def test_saying_what_is_so_already_writes_nothing(county) -> None:
    for _ in range(2):
        await county.set(None, (SATURDAY, True))
        await county.bring(None, year((HOLIDAY, False)))
        await calendars.set_hours(county.database, county.tree, Hours(county.grid(TOWN), "09:00-17:00"), BY)
    await county.set(None, (TUESDAY, None))
    acts, asked = await county.written()
    assert (len(acts), len(asked)) == (3, 3)


async def test_an_imported_year_is_official_where_it_was_imported(county) -> None:
    await county.bring(TOWN, year((MAKE_UP, True)))
    assert await county.official(VILLAGE)
    assert not await county.official(None)
    assert await county.works(MAKE_UP, VILLAGE) == [True]
    await county.bring(None, year((MAKE_UP, True)))
    assert await county.official(OTHER_TOWN)


async def test_a_corrected_year_takes_the_place_of_the_one_before(county) -> None:
    await county.bring(None, year((MAKE_UP, True), (HOLIDAY, False)))
    done = await county.bring(None, year((HOLIDAY, False), (HOLIDAY + timedelta(days=1), False)))
    assert set(done.days) == {MAKE_UP, HOLIDAY + timedelta(days=1)}
    assert await county.works(MAKE_UP, None) == [MAKE_UP.isoweekday() <= 5]
    assert await county.works(HOLIDAY, None) == [False]


async def test_what_was_said_by_hand_outlives_an_import_and_uncovers_it_when_taken_back(county) -> None:
    await county.set(None, (HOLIDAY, True))
    done = await county.bring(None, year((HOLIDAY, False), (MAKE_UP, True)))
    assert done.kept == (HOLIDAY,)
    assert await county.works(HOLIDAY, None) == [True]
    await county.set(None, (HOLIDAY, None))
    assert await county.works(HOLIDAY, None) == [False]


async def test_two_years_notices_may_speak_of_the_same_day_and_the_later_one_holds(county) -> None:
    shared = date(COMING, 12, 31)
    after = {date(COMING + 1, 10, 1): False, shared: True}
    later = PublishedYear(COMING + 1, after, dict.fromkeys(after, ""), ())
    await county.bring(None, later)
    await county.bring(None, year((shared, False)))
    assert await county.works(shared, None) == [True]
    await county.bring(None, year())
    assert await county.works(shared, None) == [True]


async def test_a_calendar_without_a_working_day_is_refused_and_changes_nothing(county) -> None:
    first = date(2027, 3, 1)
    for code in (TOWN, None):
        with pytest.raises(errors.NoWorkingDays) as refused:
            await county.set(code, *((first + timedelta(days=n), False) for n in range(370)))
        assert "没有改动" in refused.value.text("zh")
        assert "nothing was changed" in refused.value.text("en")
    assert await county.written() == ([], [])
    assert await county.database.fetch("SELECT FROM calendar_days") == []
    await county.set(None, *((first + timedelta(days=n), False) for n in range(300)))
    with pytest.raises(errors.NoWorkingDays):  # together with what holds above it, the town would have none
        await county.set(TOWN, *((first + timedelta(days=n), False) for n in range(300, 370)))


async def test_two_changes_that_together_leave_no_working_day_cannot_both_be_made(county) -> None:
    first = date(2027, 3, 1)
    halves = [[(first + timedelta(days=n), False) for n in days] for days in (range(185), range(185, 370))]
    done = await asyncio.gather(*(county.set(None, *half) for half in halves), return_exceptions=True)
    assert {type(each) for each in done} == {Changed, errors.NoWorkingDays}


async def test_days_are_named_once_and_within_the_years_of_a_calendar(county) -> None:
    with pytest.raises(errors.Invalid) as refused:
        await county.set(None, (TUESDAY, True), (date(1999, 1, 1), True), (TUESDAY, False))
    assert {fault["field"] for fault in refused.value.data["faults"]} == {"days.1.date", "days.2.date"}


async def test_a_month_says_of_every_day_what_it_is_and_where_that_was_set(county) -> None:
    await calendars.set_days(
        county.database, county.tree, county.grid(None), [(TUESDAY, False, "县庆"), (SATURDAY, False, "")], BY
    )
    await county.set(TOWN, (SATURDAY, True))
    await calendars.set_hours(county.database, county.tree, Hours(county.grid(TOWN), "09:00-17:00"), BY)
    month = await calendars.month(county.database, county.tree, county.grid(VILLAGE), date(2026, 11, 1))
    assert (month["month"], month["official"], month["spans"], month["quiet"]) == (
        "2026-11", True, "09:00-17:00", "21:00-08:00")  # fmt: skip
    days = {day["date"]: day for day in month["days"]}
    assert len(days) == 30
    assert (days["2026-11-24"]["working"], days["2026-11-24"]["note"]) == (False, "县庆")
    assert days["2026-11-24"]["set_by"]["code"] == county.tree.root.code
    assert (days["2026-11-28"]["kind"]["zh"], days["2026-11-28"]["set_by"]["code"]) == ("调休上班", TOWN)
    assert days["2026-11-23"] == {
        "date": "2026-11-23", "weekday": 1, "working": True, "kind": {"zh": "工作日", "en": "working day"},
        "note": None, "set_by": None}  # fmt: skip


async def test_hours_taken_back_are_those_of_the_grid_above(county) -> None:
    town = county.grid(TOWN)
    await calendars.set_hours(county.database, county.tree, Hours(town, "09:00-17:00", "22:00-07:00"), BY)
    assert (await county.at(VILLAGE)).quiet[0].hour == 22
    assert (await calendars.unset_hours(county.database, county.tree, town, BY)).changed
    assert not (await calendars.unset_hours(county.database, county.tree, town, BY)).changed
    assert await county.at(VILLAGE) == working_calendar()


async def test_every_process_hears_of_a_change(service) -> None:
    county = County(service.database, service.world.tree)
    await county.set(TOWN, (TUESDAY, False))
    async with asyncio.timeout(120):
        while service.world.calendar_at(county.grid(TOWN)).is_working_day(TUESDAY):
            await asyncio.sleep(0.02)
    assert service.world.calendar_at(county.grid(VILLAGE)) == await county.at(VILLAGE)
    assert service.world.calendar_at(county.grid(OTHER_TOWN)) == working_calendar()


def test_an_administrator_answers_for_a_grid_and_all_below_it(tree) -> None:
    root, town, village = tree.root.id, tree.by_code(TOWN).id, tree.by_code(VILLAGE).id

    def actor(role: Role, *grids: int) -> Actor:
        return Actor(person_id=1, grants=tuple(Grant(role, grid_id, None) for grid_id in grids))

    assert administered(actor(Role.ADMINISTRATOR, root), tree, village) == village
    assert administered(actor(Role.ADMINISTRATOR, village, town), tree, None) == town
    for stranger, asked in (
        (actor(Role.ADMINISTRATOR, town), root),
        (actor(Role.ADMINISTRATOR, town), tree.by_code(OTHER_TOWN).id),
        (actor(Role.SUPERVISOR, root), town),
        (Actor(), None),
    ):
        with pytest.raises(errors.NotYours):
            administered(stranger, tree, asked)


async def test_a_file_as_it_is_published_is_brought_in(county) -> None:
    rows = [{"name": "国庆节", "date": f"{COMING}-10-0{n}", "isOffDay": True} for n in range(1, 8)]
    text = json.dumps({"year": COMING, "papers": [], "days": rows})
    done = await county.bring(None, parse(text))
    assert len(done.days) == 7
    assert await county.official(None)


async def test_a_calendar_that_was_not_changed_through_its_acts_is_found_by_its_grid(county) -> None:
    database = county.database

    async def altered() -> list[tuple[str, str]]:
        return [(one.kind.value, one.number) for one in (await verify(database)).findings]

    await county.set(TOWN, (TUESDAY, False), (SATURDAY, True))
    await county.set(TOWN, (TUESDAY, None))
    await county.bring(None, year((MAKE_UP, True), (HOLIDAY, False)))
    await county.set(None, (HOLIDAY, True))
    await county.bring(None, year((HOLIDAY, False), (HOLIDAY + timedelta(days=1), False)))
    for code, spans in ((TOWN, "09:00-17:00"), (VILLAGE, "10:00-17:00")):
        await calendars.set_hours(database, county.tree, Hours(county.grid(code), spans, "22:00-07:00"), BY)
    await calendars.unset_hours(database, county.tree, county.grid(VILLAGE), BY)
    assert await altered() == []
    await database.execute("UPDATE calendar_days SET working = NOT working WHERE grid_id = $1", county.grid(TOWN))
    assert await altered() == [("altered_calendar", TOWN)]
    await database.execute("DELETE FROM calendar_years")
    await database.execute("INSERT INTO calendar_hours VALUES ($1, '00:00-23:59')", county.grid(OTHER_TOWN))
    found = {("altered_calendar", code) for code in (county.tree.root.code, TOWN, OTHER_TOWN)}
    assert set(await altered()) == found
    assert len(await altered()) == len(found), "each grid once"
