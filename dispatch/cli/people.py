"""``user``: who is known, their passwords, and who may serve; names and telephone numbers are shown masked."""

import sys
from datetime import date
from typing import Any

import click

from dispatch.cli.bilingual import Command, Group
from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import await_, console, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

SHORTEST_PASSWORD = 8
LONGEST_PASSWORD = 128
"""As long as anybody types; more only makes the hash slow."""

_USER = """查看人员，设置登录密码，停用和恢复。人员由 import 导入。

See who is known, set passwords, disable and enable; people come with an import.
"""
_LIST = """列出人员（姓名、手机号打码）。

List people; names and telephone numbers are masked.
"""
_SHOW = """查看一个人。PERSON 是手机号或人员编码。

Show one person. PERSON is a telephone number or a person's code.
"""
_SET = """设置登录密码，在终端输入两次。PERSON 是手机号或人员编码。

Set a password, typed twice. PERSON is a telephone number or a person's code.
"""
_DISABLE = """停用一个人：立即退出登录，不能再登录，不再接到派单。PERSON 是手机号或人员编码。

Disable a person: logged out at once, no log-in and no offers any more. PERSON is a telephone number or a person's code.
"""
_ENABLE = """恢复一个被停用的人。PERSON 是手机号或人员编码。

Enable a person who was disabled. PERSON is a telephone number or a person's code.
"""


@click.group(cls=Group, help=_USER, short_help="人员与密码 / people and passwords")
def user() -> None:
    """Hold the commands about people."""


@user.command("list", cls=Command, help=_LIST, short_help="列出人员 / list people")
@click.option(
    "--limit", type=click.IntRange(1, 100_000), default=50, show_default=True, help="最多几人 / at most so many"
)
def list_(limit: int) -> None:
    """List people."""
    found = _people(None, limit + 1)
    _render(found[:limit])
    if len(found) > limit:
        say(f"只列出前 {limit} 人；用 --limit 看更多。", f"Only the first {limit}; --limit shows more.")


@user.command("show", cls=Command, help=_SHOW, short_help="查看一个人 / show one person")
@click.argument("person")
def show(person: str) -> None:
    """Show one person."""
    found = _people(person, 1)
    if not found:
        raise _unknown()
    _render(found)


@user.command("set-password", cls=Command, help=_SET, short_help="设置密码 / set a password")
@click.argument("person")
@click.option("--password-stdin", is_flag=True, help="从标准输入读取一行 / read one line from standard input")
def set_password(person: str, password_stdin: bool) -> None:
    """Set a password."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = click.prompt(pick("新密码", "New password"), hide_input=True)
        if click.prompt(pick("再输入一次", "Repeat for confirmation"), hide_input=True) != password:
            raise CannotRunError("两次输入不一致；没有改动。", "the two passwords differ; nothing was changed.")
    if not SHORTEST_PASSWORD <= len(password) <= LONGEST_PASSWORD:
        raise CannotRunError(
            f"密码须为 {SHORTEST_PASSWORD}–{LONGEST_PASSWORD} 个字符；没有改动。",
            f"a password has {SHORTEST_PASSWORD} to {LONGEST_PASSWORD} characters; nothing was changed.",
        )
    with database_url(settings := Settings.read()) as url:
        code = await_(_set_password(settings, url, person, password))
    if code is None:
        raise _unknown()
    say(f"已为 {code} 设置密码。", f"The password of {code} is set.")


async def _set_password(settings: Settings, url: str, person: str, password: str) -> str | None:
    from dispatch.storage import people  # noqa: PLC0415 - heavy
    from dispatch.usecases.sessions import hashed  # noqa: PLC0415

    async with opened(settings, url) as database:
        return await people.set_password(database, person, hashed(password))


@user.command("disable", cls=Command, help=_DISABLE, short_help="停用一个人 / disable a person")
@click.argument("person")
def disable(person: str) -> None:
    """Disable a person."""
    code, load = _set_active(person, active=False)
    say(f"已停用 {code}，并已退出登录。", f"{code} is disabled and logged out.")
    if load:
        say(f"{code} 手上还有 {load} 个工单，请另行安排。", f"{code} still holds {load} orders; see to them.")


@user.command("enable", cls=Command, help=_ENABLE, short_help="恢复一个人 / enable a person")
@click.argument("person")
def enable(person: str) -> None:
    """Enable a person."""
    code, _ = _set_active(person, active=True)
    say(f"已恢复 {code}，可以登录和接单。", f"{code} is enabled, and may log in and serve.")


def _set_active(person: str, *, active: bool) -> tuple[str, int]:
    with database_url(settings := Settings.read()) as url:
        changed = await_(_write_active(settings, url, person, active))
    if changed is None:
        raise _unknown()
    return changed


async def _write_active(settings: Settings, url: str, person: str, active: bool) -> tuple[str, int] | None:
    from dispatch.storage import people  # noqa: PLC0415 - heavy

    async with opened(settings, url) as database:
        return await people.set_active(database, person, active)


def _people(person: str | None, most: int) -> list[dict[str, Any]]:
    with database_url(settings := Settings.read()) as url:
        return await_(_read(settings, url, person, most))


async def _read(settings: Settings, url: str, person: str | None, most: int) -> list[dict[str, Any]]:
    from dispatch.storage import people  # noqa: PLC0415 - heavy
    from dispatch.usecases.clock import read_clock  # noqa: PLC0415
    from dispatch.usecases.ledger import SHANGHAI  # noqa: PLC0415

    async with opened(settings, url) as database:
        today = (await read_clock(database)).now().astimezone(SHANGHAI).date()
        found = await people.people(database, person, most)
    return [each | {"roles": _roles(each["roles"], each["last_days"], today)} for each in found]


def _roles(roles: list[str], last_days: list[date | None], today: date) -> str:
    ended = pick("（已到期）", " (ended)")
    return " ".join(
        f"{role}{ended if last_day is not None and last_day < today else ''}"
        for role, last_day in zip(roles, last_days, strict=True)
    )


def _render(found: list[dict[str, Any]]) -> None:
    from rich.table import Table  # noqa: PLC0415 - heavy
    from rich.text import Text  # noqa: PLC0415

    from dispatch.domain.access import masked_name, masked_phone  # noqa: PLC0415

    headings = pick("编码 姓名 手机号 在用 可登录 角色@网格", "code name phone active password role@grid").split()
    table = Table(*headings)
    for each in found:
        marks = [pick("是", "yes") if each[key] else pick("否", "no") for key in ("active", "can_log_in")]
        cells = [each["code"], masked_name(each["name"]), masked_phone(each["phone"]), *marks, each["roles"]]
        table.add_row(*(Text(cell or "") for cell in cells))
    console().print(table)


def _unknown() -> CannotRunError:
    return CannotRunError(
        "没有哪一个人是这个手机号或编码；请核对，或先导入人员。如果它既是一人的手机号又是另一人的编码，请改用另一种写法。",
        "no one person has that telephone number or code; check it, or import people first. Where it is one person's "
        "number and another's code, name them by the other of the two.",
    )
