"""What ``serve`` prints once it answers: the addresses, the demo accounts, and what time it is there."""

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from dispatch.cli.preparing import Prepared
from dispatch.cli.terminal import console, pick, say, warn
from dispatch.settings import Settings
from dispatch.web.serve import address

if TYPE_CHECKING:
    from dispatch.usecases.clock import ServiceClock


class Hello:
    """Everything a visitor needs to begin."""

    def __init__(self, settings: Settings, prepared: Prepared) -> None:
        self._base = address(settings.host, settings.port)
        self._prepared = prepared

    def print(self) -> None:
        """Print it."""
        for path, zh, en in (("/docs", "接口说明", "the API"), ("/healthz", "运行状态", "alive or not")):
            say(f"  {self._base}{path}  {zh}", f"  {self._base}{path}  {en}")
        if self._prepared.accounts:
            self._print_accounts()
        if not self._prepared.has_county:
            warn(
                "还没有县资料：用 grid-dispatch import 导入，或 serve --demo 导入演示县；无需重启。",
                "There is no county yet: bring one in with grid-dispatch import DIR_OR_XLSX, or the demo's with "
                "serve --demo; no restart is needed.",
            )
        say_clock(self._prepared.clock)
        click.secho(f"就绪 / ready: {self._base}/", bold=True, fg="green")

    def _print_accounts(self) -> None:
        from rich.table import Table  # noqa: PLC0415 - heavy

        from dispatch.usecases.demo_county import DEMO_PASSWORD  # noqa: PLC0415

        table = Table(pick("手机号", "phone"), pick("代码", "code"), pick("身份", "who"), title_justify="left")
        table.title = pick(f"演示账号，密码都是 {DEMO_PASSWORD}", f"Demo accounts, the password is {DEMO_PASSWORD}")
        for account in self._prepared.accounts:
            table.add_row(account.phone, account.person_code, pick(account.zh, account.en))
        console().print(table)


def say_clock(clock: "ServiceClock") -> None:
    """Say it loudly where the service's time is not the machine's."""
    if clock.plain:
        return
    from dispatch.usecases.ledger import SHANGHAI  # noqa: PLC0415 - heavy, and seldom wanted

    now = f"{clock.now().astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
    if clock.rate == 1.0:
        ahead = clock.service_anchor - clock.wall_anchor
        zh, en = _span(abs(ahead))
        side_zh, side_en = ("快", "ahead of") if ahead > timedelta(0) else ("慢", "behind")
        warn(
            f"注意：此前演示改过时钟，服务时间比真实时间{side_zh} {zh}，现为 {now}（北京时间）。",
            f"Note: after a demonstration the service's time is {side_en} real time by {en}; "
            f"it is {now} there (Beijing time).",
        )
        return
    warn(
        f"注意：服务时钟以 {clock.rate:g} 倍速运行（DISPATCH_CLOCK_RATE），仅供演示；服务时间现为 {now}（北京时间）。",
        f"Note: the service's clock runs {clock.rate:g} times as fast (DISPATCH_CLOCK_RATE), for demonstrations only; "
        f"it is {now} there (Beijing time).",
    )


def _span(length: timedelta) -> tuple[str, str]:
    """Return a length of time in words, to the minute, in Chinese and in English."""
    hours, minutes = divmod(length.seconds // 60, 60)
    parts = [
        (count, zh, en)
        for count, zh, en in ((length.days, "天", "day"), (hours, "小时", "hour"), (minutes, "分", "minute"))
        if count
    ]
    if not parts:
        return "不到 1 分", "less than a minute"
    return (
        " ".join(f"{count} {zh}" for count, zh, _ in parts),
        " ".join(f"{count} {en}{'' if count == 1 else 's'}" for count, _, en in parts),
    )
