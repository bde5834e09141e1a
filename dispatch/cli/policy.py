"""``policy``: the county's clocks, ladders and weights, shown, written to a file and read from one."""

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dispatch.cli.bilingual import Command, Group
from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import FAILED, await_, console, lang, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.domain.errors import Invalid
    from dispatch.domain.policy_file import Policies
    from dispatch.usecases.policy import Changed

_POLICY = """时限与派单规则。

The county's policy: clocks and the ladder of offers, in ordinary times and in an emergency; the weights of matching.
"""

_SHOW = """显示现行规则；与默认不同的标 *。

Show the rules in force; what differs from the defaults is marked with *.
"""

_EXPORT = """把与默认不同的规则写成 TOML 文件；- 为打印。

Write where the policy differs from the defaults as a TOML file; - prints it.
"""

_IMPORT = """用 TOML 文件替换全部规则，并重算在办工单的时限。

Replace the whole policy by a TOML file; the deadlines of open orders are computed again.

\b
有错时逐条列出，一条不改；每次改动都记入县台账。
All of it or nothing, every fault is listed; each change is on the county's ledger.
"""


@click.group(cls=Group, help=_POLICY, short_help="时限与派单规则 / clocks and ladders")
def policy() -> None:
    """Hold the commands about the policy."""


@policy.command(cls=Command, help=_SHOW, short_help="显示 / show it")
def show() -> None:
    """Print both policies."""
    from dispatch.usecases.policy import view  # noqa: PLC0415 - heavy

    with database_url(settings := Settings.read()) as url:
        shown = view(*await_(_find(settings, url)))
    for mode, title in (("normal", pick("平时", "Ordinary times")), ("emergency", pick("急时", "Emergency"))):
        _render(title, shown[mode])
    _render_weights(shown["weights"])


@policy.command("export", cls=Command, help=_EXPORT, short_help="写成文件 / write it to a file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False, allow_dash=True))
def export(file: Path) -> None:
    """Write the file."""
    from dispatch.domain.policy_file import dumps  # noqa: PLC0415

    with database_url(settings := Settings.read()) as url:
        text = dumps(await_(_find(settings, url))[0])
    if str(file) == "-":
        click.echo(text, nl=False)
    else:
        file.write_text(text, encoding="utf-8")
        say(f"已写出 {file}；改好后：grid-dispatch policy import {file}", f"Wrote {file}; bring it back with import.")


@policy.command("import", cls=Command, help=_IMPORT, short_help="从文件读入 / read it from a file")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def import_(file: Path) -> None:
    """Read the file and replace the policy."""
    from dispatch.usecases.policy import Changed  # noqa: PLC0415 - heavy

    text = text_of(file)
    with database_url(settings := Settings.read()) as url:
        changed = await_(_replace(settings, url, file, text))
    if changed is Changed.WEIGHTS:
        say("已生效；各项时限没有变化。", "In force now; no deadline changes.")
    elif changed:
        say("已生效；在办工单的时限正在重算。", "In force now; the deadlines of open orders are being computed again.")
    else:
        say("与现行规则一致，没有改动。", "This is the policy in force already; nothing changed.")


def text_of(file: Path) -> str:
    """Return the text of a policy's file.

    Raises:
        CannotRunError: there is none, or it is no UTF-8.
    """
    try:
        return file.read_text(encoding="utf-8-sig")
    except FileNotFoundError as error:
        raise CannotRunError(f"找不到 {file}；请核对路径。", f"there is no {file}; check the path.") from error
    except UnicodeDecodeError as error:
        raise CannotRunError(f"{file} 不是 UTF-8 文本。", f"{file} is no UTF-8 text.") from error


def refused(file: Path, wrong: "Invalid") -> click.exceptions.Exit:
    """Print every fault of a file, and return what to leave with."""
    faults = wrong.data["faults"]
    click.echo(
        pick(f"{file}：{len(faults)} 处错误，没有任何改动：", f"{file}: {len(faults)} faults, nothing was changed:"),
        err=True,
    )
    for fault in faults:
        click.echo(f"  {fault['field']}: {fault[lang()]}", err=True)
    return click.exceptions.Exit(FAILED)


async def _find(settings: Settings, url: str) -> "tuple[Policies, int]":
    from dispatch.usecases.policy import read_versioned  # noqa: PLC0415 - heavy

    async with opened(settings, url) as database:
        return await read_versioned(database)


async def _replace(settings: Settings, url: str, file: Path, text: str) -> "Changed":
    from dispatch.domain import errors  # noqa: PLC0415
    from dispatch.domain.policy_file import loads  # noqa: PLC0415 - heavy
    from dispatch.storage import county  # noqa: PLC0415
    from dispatch.usecases.clock import read_clock  # noqa: PLC0415
    from dispatch.usecases.policy import read_versioned, replace  # noqa: PLC0415

    async with opened(settings, url) as database:
        _, version = await read_versioned(database)
        world = await county.world(database)
        if world is None:
            raise errors.NoCounty
        try:
            wanted = loads(text, world.categories)
        except errors.Invalid as wrong:
            raise refused(file, wrong) from wrong
        return await replace(database, world, wanted, None, (await read_clock(database)).now(), version)


def _render(title: str, rules: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy

    out = console()
    out.print(title, style="bold")
    for beside in _abreast(rules, out.width):
        table = Table("")
        for rule in beside:
            table.add_column(_heading(rule))
        for row in zip(*(_cells(rule) for rule in beside), strict=True):
            table.add_row(row[0][0], *(cell for _, cell in row))
        out.print(table)
    ladders = Table("", pick("派单阶梯", "ladder of offers"), show_lines=True)
    for rule in rules:
        ladders.add_row(_heading(rule), "\n".join(map(_rung, rule["ladder"])))
    out.print(ladders)


def _abreast(rules: list[dict[str, Any]], width: int) -> Iterator[list[dict[str, Any]]]:
    """Yield the rules in groups that stand side by side in a terminal of that width, no word of them broken."""
    from rich.cells import cell_len  # noqa: PLC0415 - heavy

    frame = 3  # a border and the padding of a cell
    labels = max(cell_len(label) for label, _ in _cells(rules[0])) + frame + 1
    group, used = list[dict[str, Any]](), labels
    for rule in rules:
        wide = max(cell_len(_heading(rule)), *(cell_len(cell) for _, cell in _cells(rule))) + frame
        if group and used + wide > width:
            yield group
            group, used = [], labels
        group.append(rule)
        used += wide
    yield group


def _heading(rule: dict[str, Any]) -> str:
    heading = str(rule["urgency_label"][lang()])
    return heading if rule["category"] is None else f"{heading} {rule['category']}"


def _render_weights(weights: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy

    table = Table(title=pick("选人依据的分值", "Weights of matching"), title_justify="left")
    table.add_column("")
    table.add_column(pick("现行", "in force"), justify="right")
    table.add_column(pick("默认", "by default"), justify="right")
    for weight in weights:
        points = f"{weight['points']}{'' if weight['default'] else ' *'}"
        table.add_row(weight["ground_label"][lang()], points, str(weight["default_points"]))
    console().print(table)


def _cells(rule: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for clock in rule["clocks"]:
        yield clock["clock_label"][lang()], _marked(clock)
    yield pick("上升之后", "after a rise"), _marked(rule["rise"])


def _marked(timed: dict[str, Any]) -> str:
    return f"{timed['duration_label'][lang()]}{'' if timed['default'] else ' *'}"


def _rung(rung: dict[str, Any]) -> str:
    """Say whom a rung asks, how many of them (on an open one: how many more), and for how long."""
    from dispatch.domain.asking import OPEN  # noqa: PLC0415 - heavy

    size, window, further = rung["size"], rung["window"], rung["rung"] in OPEN
    parts = [rung["rung_label"][lang()]]
    if size is not None:
        number = pick(f"再问 {size} 人" if further else f"{size} 人", _people(size, further=further))
        parts = [f"{parts[0]} {number}"] if lang() == "zh" else [*parts, number]
    if window is not None:
        parts.append(window["duration_label"][lang()])
    return " · ".join(parts)


def _people(size: int, *, further: bool) -> str:
    return f"{size} {'more ' if further else ''}{'person' if size == 1 else 'people'}"
