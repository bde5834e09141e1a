"""``tree``: the tree of grids changes; looked at first, then done, and its versions listed."""

from collections.abc import Callable, Coroutine, Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dispatch.cli.acting_as import cleaned_reason, in_the_name_of
from dispatch.cli.bilingual import Command, Group
from dispatch.cli.calendar import Day
from dispatch.cli.terminal import FAILED, console, lang, pick, say, write_template
from dispatch.running import CannotRunError

if TYPE_CHECKING:
    from dispatch.domain.order import Actor
    from dispatch.usecases.service import Service
    from grid_model.changes import Operation

T = TypeVar("T")

_TREE = """网格调整：更名、换代码、划转、撤销、合并、拆分。

Changes of the tree of grids: renamed, recoded, moved, closed, merged, split.

\b
FILE 是 changes.csv 或工作簿中的 changes 表；格式见 docs/import.md。
FILE is a changes.csv, or a workbook's sheet changes; docs/import.md describes it.
"""
_PREVIEW = """预览：逐项列出受影响的工单、组织、角色、住户和边界，不写入。

Show every order, branch, role, household and outline that would be touched; nothing is written.
"""
_APPLY = """调整网格；在办工单随即随迁，历史保留当时的全名。

Change the tree; open orders are carried over, and history keeps the paths as they were.

\b
全部成功或一行不改。--on 在今天以后的，到那天由 scheduler 生效。
All of it or nothing. With --on after today the scheduler applies it on that day.
"""
_CANCEL = """撤回待生效的网格调整；NUMBER 见 tree versions。

Take back a change of the tree that waits for its day; tree versions shows its NUMBER.
"""
_VERSIONS = """列出各次网格调整，最近的在前。

List the versions of the tree, the newest first.
"""
_TEMPLATE = """写出 changes.csv 的模板；- 为打印。

Write a template of changes.csv; - prints it.
"""

TEMPLATE = """op,code,to,name,parent,level_name,polygon
rename,141123100001,,晋绥路社区,,,
recode,141123100002,141123100202,,,,
move,141123100003,141123101,,,,
close,141123100004,141123100005,,,,
merge,141123100006,141123100300,新城社区,141123100,社区,
merge,141123100007,141123100300,,,,
split,141123100008,141123100008,,,,
split,141123100008,141123100301,河东社区,,,
"""
"""One row of each kind; the codes are examples."""


@click.group(cls=Group, help=_TREE, short_help="网格调整 / changes of the tree")
def tree() -> None:
    """Hold the commands about the tree."""


_file = click.argument("file", type=click.Path(path_type=Path))
_as = click.option("--as", "person", metavar="PERSON", required=True, help="管理员编码 / the administrator's code")
_on = click.option("--on", "on_day", type=Day(), help="从哪天起，默认今天 / from which day; today if not given")


@tree.command(cls=Command, help=_PREVIEW, short_help="预览 / look first")
@_file
@_on
@_as
def preview(file: Path, on_day: date | None, person: str) -> None:
    """Print what would be touched."""
    operations = _operations(file)

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        from dispatch.usecases import tree_preview  # noqa: PLC0415 - heavy

        return await tree_preview.preview(service, actor, operations, on_day, service.now())

    _render(_run(person, work))
    say("以上均未写入。", "None of this was written.")


@tree.command(cls=Command, help=_APPLY, short_help="调整 / do it")
@_file
@_on
@click.option("--reason", required=True, help="依据或事由，将记入县台账 / why; it goes on the county's ledger")
@_as
def apply(file: Path, on_day: date | None, reason: str, person: str) -> None:
    """Change the tree."""
    operations, why = _operations(file), cleaned_reason(reason)

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        from dispatch.usecases import tree as changes  # noqa: PLC0415 - heavy

        asked = changes.Asked(operations, on_day, why, by="console")
        return await changes.ask(service, actor, asked, service.now())

    made = _run(person, work)
    if made["applied_at"] is None:
        say(
            f"第 {made['number']} 版已登记，{made['on']} 由 scheduler 生效。",
            f"Version {made['number']} is kept; the scheduler applies it on {made['on']}.",
        )
    else:
        say(
            f"第 {made['number']} 版已生效；在办工单由 scheduler 随迁。",
            f"Version {made['number']} is in force; the scheduler carries the open orders over.",
        )


@tree.command(cls=Command, help=_CANCEL, short_help="撤回 / take back")
@click.argument("number", type=click.IntRange(1))
@_as
def cancel(number: int, person: str) -> None:
    """Take back a version that waits."""

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        from dispatch.usecases import tree as changes  # noqa: PLC0415 - heavy

        return await changes.cancel(service, actor, number, service.now(), by="console")

    _run(person, work)
    say(f"第 {number} 版已撤回，不会生效。", f"Version {number} is taken back and will not be applied.")


@tree.command(cls=Command, help=_VERSIONS, short_help="列出 / list them")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="最多几版 / at most so many")
@_as
def versions(limit: int, person: str) -> None:
    """List the versions."""

    async def work(service: "Service", actor: "Actor") -> list[dict[str, Any]]:
        from dispatch.usecases import tree as changes  # noqa: PLC0415 - heavy

        return (await changes.listing(service, actor, None, limit)).items

    found = _run(person, work)
    if not found:
        say("还没有网格调整。", "There is none.")
    for one in found:
        _line(f"#{one['number']} {one['state_label'][lang()]} · {one['on']} · {one['grid']['path']}", bold=True)
        _line(f"   {one['reason']} · {one['by']}")
        for operation in one["operations"]:
            _line(f"   {_said(operation)}")
        for fault in one["faults"]:
            _line(f"   {fault['field']}: {fault[lang()]}")
        if one["applied_at"] is not None:
            count = one["orders_carried"]
            _line(pick(f"   随迁工单 {count} 个", f"   {count} orders carried over"))


@tree.command(cls=Command, help=_TEMPLATE, short_help="模板 / a template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def template(file: Path) -> None:
    """Write the template."""
    write_template(file, TEMPLATE)


def _operations(file: Path) -> "tuple[Operation, ...]":
    """Return the operations of a file; every fault of its cells is printed."""
    from dispatch.domain import tree_file  # noqa: PLC0415 - heavy
    from dispatch.storage.sheets import one_table  # noqa: PLC0415

    if not file.is_file():
        raise CannotRunError(f"找不到 {file}；请核对路径。", f"there is no {file}; check the path.")
    found, wrong = tree_file.read(one_table(file, tree_file.SHEET))
    if wrong:
        _tell_faults((one.row, one.zh if lang() == "zh" else one.en) for one in wrong)
        raise click.exceptions.Exit(FAILED)
    return tuple(found)


def _run(person: str, work: "Callable[[Service, Actor], Coroutine[Any, Any, T]]") -> T:
    """Do something in the name of the person with that code; every fault of the list is printed by its row."""
    from dispatch.domain.errors import Invalid  # noqa: PLC0415 - heavy

    try:
        return in_the_name_of(person, work)
    except Invalid as wrong:
        _tell_faults((_row(one["field"]), one[lang()]) for one in wrong.data["faults"])
        raise click.exceptions.Exit(FAILED) from wrong


def _row(field: str) -> int:
    """Return the row that a field names, 0 where it is no row."""
    row = field.rpartition(".")[2]
    return int(row) if row.isdigit() else 0


def _tell_faults(faults: Iterator[tuple[int, str]]) -> None:
    for row, text in faults:
        click.echo(pick(f"第 {row} 行：{text}", f"row {row}: {text}") if row else text, err=True)
    click.echo(pick("没有改动。", "Nothing was changed."), err=True)


def _said(one: dict[str, Any]) -> str:
    told = (one[name] for name in ("code", "to", "name", "parent", "level_name"))
    return f"{one['op_label'][lang()]} " + " · ".join(text for text in told if text)


def _line(text: str, *, bold: bool = False) -> None:
    from rich.text import Text  # noqa: PLC0415 - heavy

    console().print(Text(text, style="bold" if bold else "", overflow="fold"))


def _render(shown: dict[str, Any]) -> None:
    """Print a preview, a block for each kind of thing it touches."""
    _line(f"{shown['grid']['path']} · {shown['on']}", bold=True)
    for title, lines in _blocks(shown):
        if lines:
            _line(title, bold=True)
            for line in lines:
                _line(f"   {line}")


def _blocks(shown: dict[str, Any]) -> Iterator[tuple[str, list[str]]]:
    orders = shown["orders"]
    yield pick("网格", "Grids"), [_grid(one) for one in shown["grids"]]
    yield pick("新建", "New"), [one["path"] for one in shown["new_grids"]]
    yield (
        pick(
            f"在办工单 {orders['total']}（其中 {orders['looked_at']} 个随迁核对）",
            f"Open orders: {orders['total']}, of which {orders['looked_at']} may move",
        ),
        [_order(one) for one in orders["items"]],
    )
    yield (
        pick("组织", "Units"),
        [f"{_unit(one['branch'])} {one['fate_label'][lang()]} → {_unit(one['into']) or one['after']['path']}"
         for one in shown["branches"]],
    )  # fmt: skip
    yield (
        pick("角色", "Roles"),
        [f"{one['role_label'][lang()]} ×{one['count']}：{one['before']['path']} → "
         + (pick("终止", "ends") if one["ends"] else f"{one['after']['path']} {_unit(one['branch_after'])}")
         for one in shown["roles"]],
    )  # fmt: skip
    yield (
        pick("住户", "Households"),
        [f"×{one['count']}：{one['grid']['path']} → {one['to']['path']}" for one in shown["households"]],
    )
    yield (
        pick("边界", "Outlines"),
        [f"{one['grid']['path']}：{one['fate_label'][lang()]}" for one in shown["polygons"]],
    )
    yield (
        pick("换上级的组织", "Units with another superior"),
        [f"{_unit(one['branch'])}：{_unit(one['before']) or '—'} → {_unit(one['after']) or '—'}"
         for one in shown["superiors"]],
    )  # fmt: skip


def _unit(one: dict[str, str] | None) -> str:
    return "" if one is None else f"{one['name']} {one['id']}"


def _grid(one: dict[str, Any]) -> str:
    after = [one["after"]] if one["after"] is not None else []
    to = [*after, *(part for part in one["successors"] if part not in after)]
    return f"{one['before']['path']} {one['before']['code']} {one['fate_label'][lang()]} → " + " + ".join(
        f"{part['path']} {part['code']}" for part in to
    )


def _order(one: dict[str, Any]) -> str:
    text: str = f"{one['grid']['path']} {one['state_label'][lang()]} ×{one['count']} → "
    if one["by_place"]:
        parts = pick("、", ", ").join(part["name"] for part in one["by_place"])
        text += pick(f"按地点归 {parts}；不明的归 ", f"by place to {parts}, or else ")
    return f"{text}{one['to']['path']}"
