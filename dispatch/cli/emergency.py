"""``emergency`` and ``assign-batch``: 平急转换 from the command line, in the name of a supervisor."""

from collections.abc import Callable, Coroutine, Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dispatch.cli.acting_as import cleaned_reason, in_the_name_of
from dispatch.cli.bilingual import Command, Group
from dispatch.cli.terminal import FAILED, console, lang, pick, say
from dispatch.running import CannotRunError

if TYPE_CHECKING:
    from dispatch.domain.order import Actor
    from dispatch.usecases.service import Service

T = TypeVar("T")

_EMERGENCY = """平急转换：一个网格及其以下在一段时间内按急时规则运行。

Emergencies: a grid and all below it live by other rules for a while.
"""
_DECLARE = """启动平急转换，最长 90 天；结束后一切恢复平时状态。

Declare an emergency of at most 90 days; afterwards everything is as it was.

\b
例 / example:
  grid-dispatch emergency declare --grid 141123100 --until 2026-07-25T18:00 --reason 山洪 --as P00001
      --branch 防汛临时党支部@141123100016 --member P00042@防汛临时党支部
"""
_END = """提前结束平急转换，或取消尚未开始的。ID 见 list。

End an emergency before its time, or call off one that has not begun. ID is what list shows.
"""
_EXTEND = """延长平急转换，总共最长 90 天。ID 见 list。

Let an emergency last longer, 90 days in all at most. ID is what list shows.
"""
_LIST = """列出平急转换，新的在前。

List the emergencies, the newest first.
"""
_ASSIGN = """急时批量派单：把待派工单以最小总成本派给可用党员。

Spread the waiting orders over the available members at the least total cost; in an emergency only.
"""


class _Moment(click.ParamType[datetime]):
    name = "TIME"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        from dispatch.usecases.ledger import SHANGHAI  # noqa: PLC0415 - heavy

        try:
            at = datetime.fromisoformat(str(value))
        except ValueError:
            self.fail(pick("时间应写作 2026-07-25T18:00。", "a time is written 2026-07-25T18:00."), param, ctx)
        return at if at.tzinfo is not None else at.replace(tzinfo=SHANGHAI)


_BY = "console"
"""What stands in the ledger with everything that was asked for from here."""

_as = click.option("--as", "person", metavar="PERSON", required=True, help="督办员编码 / the supervisor's code")
_grid = click.option("--grid", "code", metavar="CODE", required=True, help="网格代码 / a grid's code")


@click.group(cls=Group, help=_EMERGENCY, short_help="平急转换 / emergencies")
def emergency() -> None:
    """Hold the commands about emergencies."""


@emergency.command(cls=Command, help=_DECLARE, short_help="启动 / declare one")
@_grid
@click.option("--from", "starts_at", type=_Moment(), help="何时开始，默认现在 / from when; now if not given")
@click.option("--until", "ends_at", type=_Moment(), required=True, help="何时结束 / until when")
@click.option("--reason", required=True, help="事由，将记入县台账 / why; it goes on the county's ledger")
@click.option("--branch", "branches", multiple=True, metavar="NAME@GRID", help="临时党支部 / a temporary branch")
@click.option("--member", "members", multiple=True, metavar="PERSON@BRANCH", help="抽调党员 / a seconded member")
@_as
def declare(
    code: str,
    starts_at: datetime | None,
    ends_at: datetime,
    reason: str,
    branches: tuple[str, ...],
    members: tuple[str, ...],
    person: str,
) -> None:
    """Declare an emergency."""
    from dispatch.usecases import declaring, emergencies  # noqa: PLC0415 - heavy

    made = tuple(declaring.Temporary(*_pair(one, last=True)) for one in branches)
    seconded = tuple(declaring.Seconded(*_pair(one, last=False)) for one in members)
    wanted = declaring.Wanted(code, starts_at, ends_at, cleaned_reason(reason), made, seconded)

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        return await emergencies.declare(service, actor, wanted, service.now(), by=_BY)

    _render([_run(person, work)])


def _pair(given: str, *, last: bool) -> tuple[str, str]:
    """Split ``A@B`` at its last @, or at its first."""
    one, at, other = given.rpartition("@") if last else given.partition("@")
    if not (one and at and other):
        raise CannotRunError(f"{given} 应写作 甲@乙；没有改动。", f"{given} is to be written A@B; nothing was changed.")
    return one, other


@emergency.command(cls=Command, help=_END, short_help="提前结束 / end one")
@click.argument("ident", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@_as
def end(ident: int, person: str) -> None:
    """End an emergency."""
    from dispatch.usecases import emergencies  # noqa: PLC0415 - heavy

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        return await emergencies.end(service, actor, ident, service.now(), by=_BY)

    _render([_run(person, work)])


@emergency.command(cls=Command, help=_EXTEND, short_help="延长 / let one last longer")
@click.argument("ident", type=click.IntRange(1, 2**31 - 1), metavar="ID")
@click.option("--until", "ends_at", type=_Moment(), required=True, help="改为何时结束 / until when instead")
@_as
def extend(ident: int, ends_at: datetime, person: str) -> None:
    """Let an emergency last longer."""
    from dispatch.usecases import emergencies  # noqa: PLC0415 - heavy

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        return await emergencies.extend(service, actor, ident, ends_at, service.now(), by=_BY)

    _render([_run(person, work)])


@emergency.command("list", cls=Command, help=_LIST, short_help="列出 / list them")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="最多几次 / at most so many")
def list_(limit: int) -> None:
    """List emergencies."""
    from dispatch.domain.order import Actor, Grant  # noqa: PLC0415 - heavy
    from dispatch.domain.vocabulary import Role  # noqa: PLC0415
    from dispatch.usecases import emergencies  # noqa: PLC0415

    async def work(service: "Service", _actor: "Actor") -> list[dict[str, Any]]:
        whole = Actor(None, (Grant(Role.ADMINISTRATOR, service.world.tree.root.id, None),))
        return await emergencies.listing(service, whole, service.now(), running=False, most=limit)

    _render(_run(None, work))


@click.command("assign-batch", cls=Command, help=_ASSIGN, short_help="急时批量派单 / spread orders in an emergency")
@_grid
@click.option("--dry-run", is_flag=True, help="只看结果，不派单 / show what would be offered, and offer nothing")
@_as
def assign_batch(code: str, dry_run: bool, person: str) -> None:
    """Spread the waiting orders."""
    from dispatch.usecases import batching  # noqa: PLC0415 - heavy

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        return await batching.assign_batch(service, actor, code, None, service.now(), dry_run=dry_run, by=_BY)

    _show(_run(person, work))


def _run(person: str | None, work: Callable[["Service", "Actor"], Coroutine[Any, Any, T]]) -> T:
    """Do something in the name of the person with that code; every fault of what was asked is printed."""
    from dispatch.domain.errors import Invalid  # noqa: PLC0415

    try:
        return in_the_name_of(person, work)
    except Invalid as wrong:
        for fault in wrong.data["faults"]:
            click.echo(f"{fault['field']}: {fault[lang()]}", err=True)
        click.echo(pick("没有改动。", "Nothing was changed."), err=True)
        raise click.exceptions.Exit(FAILED) from wrong


def _render(found: list[dict[str, Any]]) -> None:
    """Print a block for each emergency: a code, a name or a time is never cut, however narrow the terminal is."""
    from rich.padding import Padding  # noqa: PLC0415 - heavy
    from rich.text import Text  # noqa: PLC0415

    out = console()
    if not found:
        say("没有平急转换。", "There is none.")
    for each in found:
        grid = each["grid"]
        out.print(Text(f"#{each['id']} {each['stage_label'][lang()]} · {grid['name']} {grid['code']}", style="bold"))
        for line in _details(each):
            out.print(Padding.indent(Text(line, overflow="fold"), 3))


def _details(each: dict[str, Any]) -> Iterator[str]:
    begin, end = _local(each["starts_at"]), _local(each["ends_at"])
    to = pick("至", "to")
    year = "" if begin.year == end.year else f"{end.year}-"
    yield f"{begin:%Y-%m-%d %H:%M} {to} {year}{end:%m-%d %H:%M}"
    yield pick(f"事由：{each['reason']}", f"reason: {each['reason']}")
    for branch in each["branches"]:
        yield pick(f"临时党支部：{branch['name']} {branch['id']}", f"branch: {branch['name']} {branch['id']}")
    if count := len(each["members"]):
        yield pick(f"抽调：{count} 人", f"seconded: {count} {'person' if count == 1 else 'people'}")


def _local(at: str) -> datetime:
    from dispatch.usecases.ledger import SHANGHAI  # noqa: PLC0415 - heavy

    return datetime.fromisoformat(at).astimezone(SHANGHAI)


def _show(made: dict[str, Any]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy

    grounds = [weight["ground"] for weight in made["weights"]]
    headings = [weight["ground_label"][lang()] for weight in made["weights"]]
    table = Table(*pick("工单 承办人 步数", "order member edges").split(), *headings, pick("合计", "total"))
    for one in made["offers"]:
        cells = [str(one["points"][ground]) for ground in grounds]
        table.add_row(one["order"], one["member"], str(one["edges"]), *cells, str(one["total"]))
    console().print(table)
    count, left = len(made["offers"]), len(made["nobody"]) + len(made["full"])
    done = pick("将派" if made["dry_run"] else "已派", "would be offered" if made["dry_run"] else "offered")
    say(
        f"{done} {count} 个工单，总成本 {made['total']}；无人可派 {left} 个，期间已变动 {len(made['skipped'])} 个。",
        f"{count} orders {done} at a total cost of {made['total']}; {left} for nobody, "
        f"{len(made['skipped'])} had moved on.",
    )
