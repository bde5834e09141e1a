"""``calendar``: the working calendar of the county and its subtrees, shown by the month and changed."""

import re
from collections.abc import Callable, Coroutine
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dispatch.cli.bilingual import Command, Group
from dispatch.cli.database import database_url, opened
from dispatch.cli.policy import refused, text_of
from dispatch.cli.terminal import await_, console, lang, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.storage.database import Database
    from dispatch.usecases.calendars import By, Changed
    from grid_model.tree import Tree

T = TypeVar("T")

NOTE_MOST = 60
"""The longest note of a day, in characters."""

_CALENDAR = """工作日历：法定节假日、调休和本地安排。

The working calendar: statutory holidays, make-up workdays, and what is different here.
"""
_SHOW = """显示一个月，默认本月。

Show a month, this one if none is named.
"""
_IMPORT = """导入一年的放假安排，该年随即成为正式。

Import a year's holidays; deadlines in that year are then no longer provisional.

\b
FILE 是 holiday-cn 项目的 JSON 文件；手工设定的日子保持不变。
FILE is a JSON document as the project holiday-cn publishes; days set by hand stay.
"""
_SET = """设定某天上班或放假，并重算在办工单的时限。DATE 如 2027-02-05。

Say that people work on a day, or do not; the deadlines of open orders are computed again.
"""
_UNSET = """取消手工设定的一天，恢复原来的安排。

Take back what was said of a day by hand.
"""
_HOURS = """设定工作时段，如 08:30-12:00,14:30-17:30；--unset 恢复为上级的时段。

Set the hours of a working day; --unset brings back those of the grid above.
"""


class _Month(click.ParamType[date]):
    name = "YYYY-MM"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if re.fullmatch(r"2[01][0-9]{2}-(0[1-9]|1[0-2])", str(value)) is None:
            self.fail(pick("月份应写作 2027-02。", "a month is written 2027-02."), param, ctx)
        return date.fromisoformat(f"{value}-01")


class Day(click.ParamType[date]):
    """A date of the years a calendar has."""

    name = "YYYY-MM-DD"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the date, or say how it is written."""
        from dispatch.domain.calendar_file import FIRST_YEAR, LAST_YEAR  # noqa: PLC0415 - heavy

        try:
            day = date.fromisoformat(str(value))
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            self.fail(pick("日期应写作 2027-02-05。", "a date is written 2027-02-05."), param, ctx)
        if not FIRST_YEAR <= day.year <= LAST_YEAR:
            self.fail(
                pick(
                    f"日历只有 {FIRST_YEAR}–{LAST_YEAR} 年；没有改动。",
                    f"calendars are of the years {FIRST_YEAR} to {LAST_YEAR}; nothing was changed.",
                ),
                param,
                ctx,
            )
        return day


_grid = click.option(
    "--grid", "code", metavar="CODE", help="网格代码，默认全县 / a grid's code; the whole county if none is named"
)


@click.group(cls=Group, help=_CALENDAR, short_help="工作日历 / the working calendar")
def calendar() -> None:
    """Hold the commands about the calendar."""


@calendar.command(cls=Command, help=_SHOW, short_help="显示一个月 / show a month")
@click.argument("month", type=_Month(), required=False)
@_grid
def show(month: date | None, code: str | None) -> None:
    """Print a month."""

    async def look(database: "Database", tree: "Tree", grid_id: int, by: "By") -> dict[str, Any]:
        from dispatch.usecases import calendars  # noqa: PLC0415 - heavy

        first = month or calendars.today(by.at).replace(day=1)
        return await calendars.month(database, tree, grid_id, first)

    _render(_run(code, look))


@calendar.command("import", cls=Command, help=_IMPORT, short_help="导入一年 / bring a year in")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_grid
def import_(file: Path, code: str | None) -> None:
    """Import a year."""
    from dispatch.domain.calendar_file import parse  # noqa: PLC0415
    from dispatch.domain.errors import Invalid  # noqa: PLC0415

    try:
        published = parse(text_of(file))
    except Invalid as wrong:
        raise refused(file, wrong) from wrong

    async def change(database: "Database", tree: "Tree", grid_id: int, by: "By") -> "Changed":
        from dispatch.usecases import calendars  # noqa: PLC0415

        return await calendars.import_year(database, tree, grid_id, published, by)

    done = _run(code, change)
    _tell(done)
    say(f"{published.year} 年已是正式日历。", f"The year {published.year} is official.")
    for day in done.kept:
        say(f"{day}：手工设定的保持不变。", f"{day}: what was said by hand stays.")


@calendar.command("set", cls=Command, help=_SET, short_help="设定一天 / set a day")
@click.argument("day", type=Day(), metavar="DATE")
@click.argument("what", type=click.Choice(["work", "off"]))
@_grid
@click.option("--note", default="", help="说明，将记入县台账 / why; it goes on the county's ledger")
def set_(day: date, what: str, code: str | None, note: str) -> None:
    """Set a day."""
    if len(note) > NOTE_MOST or not note.isprintable():
        raise CannotRunError(
            f"说明最多 {NOTE_MOST} 个字，只能一行；没有改动。",
            f"a note is one line of at most {NOTE_MOST} characters; nothing was changed.",
        )
    _change_day(code, (day, what == "work", note.strip()))


@calendar.command(cls=Command, help=_UNSET, short_help="取消设定 / take a day back")
@click.argument("day", type=Day(), metavar="DATE")
@_grid
def unset(day: date, code: str | None) -> None:
    """Take a day back."""
    _change_day(code, (day, None, ""))


@calendar.command(cls=Command, help=_HOURS, short_help="工作时段 / hours of work")
@click.argument("spans", required=False)
@_grid
@click.option("--quiet", help="不打扰时段，如 21:00-08:00 / when nobody is disturbed")
@click.option("--unset", "gone", is_flag=True, help="恢复为上级的时段 / take the hours of the grid above")
def hours(spans: str | None, code: str | None, quiet: str | None, gone: bool) -> None:
    """Set the hours of a grid."""
    from dispatch.domain.calendars import Hours, read_quiet, read_spans, written  # noqa: PLC0415 - heavy

    if (spans is None) != gone or (gone and quiet is not None):
        raise click.UsageError(pick("写明时段，或用 --unset。", "name the hours, or use --unset."))
    try:
        own = None if spans is None else written(*read_spans(spans))
    except ValueError as error:
        raise CannotRunError(
            "时段应先后相接、互不重叠，如 08:30-12:00,14:30-17:30；没有改动。",
            "hours follow each other and do not overlap, such as 08:30-12:00,14:30-17:30; nothing was changed.",
        ) from error
    try:
        still = None if quiet is None else written(read_quiet(quiet))
    except ValueError as error:
        raise CannotRunError(
            "--quiet 应写作 21:00-08:00；没有改动。", "--quiet is written 21:00-08:00; nothing was changed."
        ) from error

    async def change(database: "Database", tree: "Tree", grid_id: int, by: "By") -> "Changed":
        from dispatch.usecases import calendars  # noqa: PLC0415

        if own is None:
            return await calendars.unset_hours(database, tree, grid_id, by)
        return await calendars.set_hours(database, tree, Hours(grid_id, own, still), by)

    _tell(_run(code, change))


def _change_day(code: str | None, day: tuple[date, bool | None, str]) -> None:
    async def change(database: "Database", tree: "Tree", grid_id: int, by: "By") -> "Changed":
        from dispatch.usecases import calendars  # noqa: PLC0415 - heavy

        return await calendars.set_days(database, tree, grid_id, [day], by)

    _tell(_run(code, change))


def _run(code: str | None, work: Callable[["Database", "Tree", int, "By"], Coroutine[Any, Any, T]]) -> T:
    """Do something to the calendar of the grid with that code, or of the county."""
    with database_url(settings := Settings.read()) as url:
        return await_(_with_county(settings, url, code, work))


async def _with_county(
    settings: Settings,
    url: str,
    code: str | None,
    work: Callable[["Database", "Tree", int, "By"], Coroutine[Any, Any, T]],
) -> T:
    from dispatch.domain import errors  # noqa: PLC0415
    from dispatch.storage import county  # noqa: PLC0415 - heavy
    from dispatch.usecases.calendars import By  # noqa: PLC0415
    from dispatch.usecases.clock import read_clock  # noqa: PLC0415
    from grid_model.tree import UnknownGrid  # noqa: PLC0415

    async with opened(settings, url) as database:
        world = await county.world(database)
        if world is None:
            raise errors.NoCounty
        try:
            grid = world.tree.root if code is None else world.tree.by_code(code)
        except UnknownGrid as unknown:
            raise errors.GridNotFound(grid=code) from unknown
        return await work(database, world.tree, grid.id, By(None, (await read_clock(database)).now()))


def _tell(done: "Changed") -> None:
    if done.changed:
        say("已生效；在办工单的时限正在重算。", "In force now; the deadlines of open orders are being computed again.")
    else:
        say("与现行日历一致，没有改动。", "The calendar says so already; nothing changed.")


_WEEKDAYS = ("一 二 三 四 五 六 日", "Mon Tue Wed Thu Fri Sat Sun")


def _render(month: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy
    from rich.text import Text  # noqa: PLC0415

    official = pick("正式", "official") if month["official"] else pick("放假安排尚未公布，暂定", "provisional")
    say(
        f"{month['grid']['path']} · {month['month']} · {official} · 工作 {month['spans']} · 不打扰 {month['quiet']}",
        f"{month['grid']['path']} · {month['month']} · {official} · work {month['spans']} · quiet {month['quiet']}",
    )
    table = Table(*pick("日期 星期 安排 说明 设定处", "date weekday kind note set-by").split())
    names = pick(*_WEEKDAYS).split()
    for day in month["days"]:
        where = "" if day["set_by"] is None else f"{day['set_by']['name']} {day['set_by']['code']}"
        cells = (day["date"], names[day["weekday"] - 1], day["kind"][lang()], day["note"] or "", where)
        table.add_row(*(Text(cell) for cell in cells), style=None if day["working"] else "dim")
    console().print(table)
