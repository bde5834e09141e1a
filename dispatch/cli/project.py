"""``project``: the steps of a project filed from a sheet, and projects listed."""

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dispatch.cli.acting_as import in_the_name_of
from dispatch.cli.bilingual import Command, Group
from dispatch.cli.terminal import FAILED, console, lang, pick, say, write_template
from dispatch.running import CannotRunError

if TYPE_CHECKING:
    from dispatch.domain.order import Actor
    from dispatch.usecases.service import Service

T = TypeVar("T")

_PROJECT = """项目化：从表格列步骤，列出项目。

Projects: steps filed from a sheet, and the projects listed.
"""
_STEPS = """从表格列步骤：全部登记，或一行不登。

File the steps of a sheet: all of them or none.

\b
FILE 是 CSV 或 .xlsx 工作簿中的 steps 表，表头：做什么,谁来做,怎么做,期限,标准
FILE is a CSV, or a workbook's sheet steps, headed: what,who,how,due,standard
"""
_LIST = """列出项目，新的在前。

List the projects, the newest first.
"""
_TEMPLATE = """写出步骤表的模板；- 为打印。

Write a template of the sheet; - prints it.
"""

_as = click.option("--as", "person", metavar="PERSON", required=True, help="人员编码 / the person's code")


@click.group(cls=Group, help=_PROJECT, short_help="项目化 / projects")
def project() -> None:
    """Hold the commands about projects."""


@project.command(cls=Command, help=_STEPS, short_help="从表格列步骤 / file the steps of a sheet")
@click.argument("file", type=click.Path(path_type=Path))
@click.option(
    "--project",
    "number",
    type=click.IntRange(1, 2**31 - 1),
    required=True,
    help="项目编号，见 list / the project's number, as list shows it",
)
@click.option("--dry-run", is_flag=True, help="只检查，不登记 / look through it, and file nothing")
@_as
def steps(file: Path, number: int, dry_run: bool, person: str) -> None:
    """File the steps of a sheet."""
    from dispatch.domain import project_sheet  # noqa: PLC0415 - heavy
    from dispatch.storage.sheets import one_table  # noqa: PLC0415

    if not file.is_file():
        raise CannotRunError(f"找不到 {file}；请核对路径。", f"there is no {file}; check the path.")
    rows = one_table(file, project_sheet.SHEET)

    async def work(service: "Service", actor: "Actor") -> dict[str, Any]:
        from dispatch.usecases import project_steps  # noqa: PLC0415 - heavy

        sheet = project_steps.Sheet(rows, dry_run=dry_run)
        return await project_steps.from_sheet(service, actor, number, sheet, None, service.now(), by="console")

    made = _run(person, work)
    if dry_run:
        say(f"{made['rows']} 步都可以登记；没有写入。", f"All {made['rows']} steps can be filed; nothing was written.")
    else:
        say(f"已登记 {made['rows']} 步。", f"Filed {made['rows']} steps.")
    _plan(made["project"])


@project.command("list", cls=Command, help=_LIST, short_help="列出 / list them")
@click.option("--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="最多几个 / at most so many")
@_as
def list_(limit: int, person: str) -> None:
    """List projects."""

    async def work(service: "Service", actor: "Actor") -> list[dict[str, Any]]:
        from dispatch.usecases import projects  # noqa: PLC0415 - heavy

        found, _ = await projects.listing(service, actor, None, limit, service.now(), closed=None)
        return found

    found = _run(person, work)
    if not found:
        say("还没有项目。", "There is none.")
    for one in found:
        _heading(one)
        _line(
            pick(
                f"   牵头人 {one['leader']['name']}；{one['steps']} 步，"
                f"未完成 {one['steps_left']}，超时 {one['steps_overdue']}",
                f"   led by {one['leader']['name']}; steps: {one['steps']}, "
                f"not done: {one['steps_left']}, overdue: {one['steps_overdue']}",
            )
        )


@project.command(cls=Command, help=_TEMPLATE, short_help="模板 / a template")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def template(file: Path) -> None:
    """Write the template."""
    from dispatch.domain.project_sheet import TEMPLATE  # noqa: PLC0415 - heavy

    write_template(file, TEMPLATE)


def _run(person: str, work: "Callable[[Service, Actor], Coroutine[Any, Any, T]]") -> T:
    """Do something in the name of the person with that code; every fault of the sheet is printed by its row."""
    from dispatch.domain.errors import Invalid  # noqa: PLC0415 - heavy

    try:
        return in_the_name_of(person, work)
    except Invalid as wrong:
        for one in wrong.data["faults"]:
            row = next((part for part in one["field"].split(".") if part.isdigit() and part != "0"), None)
            text = one[lang()]
            click.echo(text if row is None else pick(f"第 {row} 行：{text}", f"row {row}: {text}"), err=True)
        click.echo(pick("没有登记任何步骤。", "No step was filed."), err=True)
        raise click.exceptions.Exit(FAILED) from wrong


def _plan(made: dict[str, Any]) -> None:
    _heading(made)
    for one in made["plan"]:
        _line(
            f"   {one['place']}. {one['what']} · {one['who']['name']} · {one['due_on']} · "
            f"{one['number']} · {one['stage'][lang()]}"
        )


def _heading(one: dict[str, Any]) -> None:
    _line(f"#{one['id']} {one['name']} · {one['state_label'][lang()]} · {one['branch']['name']}", bold=True)


def _line(text: str, *, bold: bool = False) -> None:
    from rich.text import Text  # noqa: PLC0415 - heavy

    console().print(Text(text, style="bold" if bold else "", overflow="fold"))
