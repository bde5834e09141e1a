"""``whatif``: recorded history played again under other policies, side by side."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.database import database_url, opened
from dispatch.cli.policy import refused, text_of
from dispatch.cli.terminal import await_, bars, console, lang, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.usecases.whatif import Report

_HELP = """用别的规则重演已有的工单，并列比较；不改动任何数据。

Play recorded orders again under other policies, side by side; nothing is changed.

\b
规则文件的格式见 policy export；可以给多个 --policy。
policy export writes such a file; --policy may be given several times.
"""

_ROWS: tuple[tuple[str, str, str], ...] = (
    ("orders", "工单", "orders"),
    ("accepted_in_time", "按时接单", "accepted in time"),
    ("accepted", "最终接单", "accepted at all"),
    ("median_wait_s", "接单用时（中位数）", "time to acceptance (median)"),
    ("offers_a_member", "人均被派单", "offers a member, mean"),
    ("offers_most", "被派单最多的人", "offers a member, most"),
    ("overdue.accept", "接单超时", "accepted late or not at all"),
    ("overdue.contact", "联系超时", "contact overdue"),
    ("overdue.resolve", "办结超时", "result overdue"),
    ("messages", "发出消息", "messages"),
    ("messages_moved", "其中因夜间顺延", "held back by quiet hours"),
)


@click.command(cls=Command, help=_HELP, short_help="试算别的规则 / try other policies on history")
@click.option(
    "--policy", "files", type=click.Path(path_type=Path, dir_okay=False), multiple=True, metavar="FILE",
    help="规则文件（TOML）/ a policy's file",
)  # fmt: skip
@click.option("--from", "first", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="从哪天点单起 / first day")
@click.option("--to", "last", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="到哪天点单止，含当天 / last day")
@click.option("--json", "as_json", is_flag=True, help="输出 JSON / print JSON")
def whatif(files: tuple[Path, ...], first: datetime | None, last: datetime | None, as_json: bool) -> None:
    """Play, and print the figures."""
    from dispatch.usecases.whatif import ASSUMPTIONS, figures  # noqa: PLC0415 - heavy

    if first is not None and last is not None and last < first:
        raise CannotRunError("--to 早于 --from；请核对日期。", "--to lies before --from; check the days.")
    texts = [(file, text_of(file)) for file in files]
    with database_url(settings := Settings.read()) as url:
        shown = figures(await_(_whatif(settings, url, texts, first, last)))
    if as_json:
        import orjson  # noqa: PLC0415

        click.echo(orjson.dumps(shown, option=orjson.OPT_INDENT_2).decode())
        return
    _render(shown)
    say(*ASSUMPTIONS)


async def _whatif(
    settings: Settings, url: str, texts: list[tuple[Path, str]], first: datetime | None, last: datetime | None
) -> "Report":
    from dispatch.domain import errors  # noqa: PLC0415
    from dispatch.domain.policy_file import loads  # noqa: PLC0415 - heavy
    from dispatch.usecases.clock import read_clock  # noqa: PLC0415
    from dispatch.usecases.whatif import PRESENT, RECORDED, Span, county_of, whatif  # noqa: PLC0415

    async with opened(settings, url) as database:
        world = await county_of(database)
        others = []
        for file, text in texts:
            try:
                others.append((file.name, loads(text, world.categories)))
            except errors.Invalid as wrong:
                raise refused(file, wrong) from wrong
        now, zone = (await read_clock(database)).now(), world.calendar.zone
        since = datetime(1970, 1, 1, tzinfo=UTC) if first is None else first.replace(tzinfo=zone)
        before = now
        if last is not None and last.date() < now.astimezone(zone).date():  # the last day of all has no next
            before = last.replace(tzinfo=zone) + timedelta(days=1)
        stages = {stage[0]: pick(*stage) for stage in (RECORDED, PRESENT)}
        with bars() as advance:
            try:
                return await whatif(
                    database,
                    world,
                    others,
                    Span(since, before, now),
                    lambda stage, done, total: advance(stages.get(stage, stage), done, total),
                )
            except errors.Invalid as nothing:
                raise CannotRunError("这段时间没有工单。", "no order was filed in that time.") from nothing


def _render(shown: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy

    columns = shown["columns"]
    table = Table(title=pick("规则试算", "Policies side by side"), title_justify="left")
    table.add_column("")
    for column in columns:
        table.add_column(column["name"][lang()], justify="right", overflow="fold")
    for heading, cells in _cells(columns):
        table.add_row(heading, *cells)
    console().print(table)


def _cells(columns: list[dict[str, Any]]) -> Iterator[tuple[str, list[str]]]:
    for key, zh, en in _ROWS:
        yield pick(zh, en), [_cell(key, column) for column in columns]
    for level in sorted({int(level) for column in columns for level in column["rises"]}):
        heading = pick(f"升到第 {level} 级", f"rises to level {level}")
        yield heading, [f"{column['rises'].get(str(level), 0):,}" for column in columns]
    if any(column["failed"] for column in columns):
        yield pick("无法重演", "could not be played"), [f"{column['failed']:,}" for column in columns]


def _cell(key: str, column: dict[str, Any]) -> str:
    outer, _, inner = key.partition(".")
    value = column[outer][inner] if inner else column[outer]
    if key == "median_wait_s":
        return "—" if value is None else str(timedelta(seconds=value))
    if key in {"accepted", "accepted_in_time"} and column["orders"]:
        return f"{value:,}（{100 * value / column['orders']:.1f}%）" if lang() == "zh" else _percent(value, column)
    return f"{value:,}"


def _percent(value: int, column: dict[str, Any]) -> str:
    return f"{value:,} ({100 * value / column['orders']:.1f}%)"
