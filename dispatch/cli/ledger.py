"""``verify`` and ``anchor``: the ledger held against itself, and its heads written down once a day."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import FAILED, await_, bars, lang, pick, say
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.domain.ledger import Anchor
    from dispatch.usecases.ledger import Verification

_VERIFY = """核验台账：有没有被改动、缺失、调换的记录，有没有缺失的工单。

Verify the ledger: any altered, missing or reordered row, and any missing order, is named.

\b
一切正常时退出码为 0，否则为 1。
The exit code is 0 when all is well, else 1.
"""

_ANCHOR = """现在就为台账有变动的区域写一个锚，并打印各区域最新的锚，供公布。

Anchor the ledger of every region that has moved, and print each region's newest anchor, to be published.

\b
每行：区域编码 锚序号 工单数 哈希；verify --published 可据此核验。
Each line: region's code, number, orders, hash; verify --published holds the ledger against them.
"""

_WHY_NOT_ZH = (
    "锚只写到一分钟（服务时间）以前，免得漏掉正在写入的。刚有工单或决策的，过一分钟再运行 grid-dispatch anchor；"
    "服务运行时也会每天自动写锚。"
)
_WHY_NOT_EN = (
    "an anchor ends a minute (of the service's time) before it is written, so that nothing under way is missed. If "
    "something was recorded just now, run grid-dispatch anchor again in a minute; a running service anchors once a day "
    "by itself, too."
)
_HASH_BYTES = 32


@click.command(cls=Command, help=_VERIFY, short_help="核验台账 / verify the ledger")
@click.option(
    "--published",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="此前公布的锚（anchor 的输出），每行一个 / anchors published before, one a line",
)
def verify(published: Path | None) -> None:
    """Verify, and print each finding on a line."""
    hashes = set() if published is None else _hashes(published)
    with database_url(settings := Settings.read()) as url:
        found = await_(_verify(settings, url, hashes))
    for finding in found.findings:
        click.echo(finding.text(lang()))
    summary = found.summary
    counts = summary.orders, summary.events, summary.anchors, summary.acts
    looked = (
        "核验了 {:,} 个工单、{:,} 条记录、{:,} 个锚、{:,} 条决策".format(*counts),
        "verified {:,} orders, {:,} events, {:,} anchors, {:,} acts of the county".format(*counts),
    )
    if summary.faults:
        say(f"{looked[0]}：{summary.faults:,} 处有问题。", f"{looked[1]}: {summary.faults:,} faults.")
    else:
        say(f"{looked[0]}：台账完好。", f"{looked[1]}: the ledger is whole.")
    if summary.last:
        _say_what_follows(whole=not summary.faults)
        _print(summary.last)
    if summary.faults:
        raise click.exceptions.Exit(FAILED)


def _say_what_follows(*, whole: bool) -> None:
    if whole:
        say("各区域最新的锚，请公布到数据库以外：", "The newest anchors, to be published outside the database:")
    else:
        say("各区域最新的锚，查清之前请勿公布：", "The newest anchors, not to be published before this is cleared up:")


def _print(anchors: "dict[str, Anchor]") -> None:
    for code, each in sorted(anchors.items()):
        click.echo(f"{code} {each.number} {each.orders} {each.hash.hex()}")


async def _verify(settings: Settings, url: str, published: set[bytes]) -> "Verification":
    from dispatch.usecases import ledger  # noqa: PLC0415 - heavy

    names = {"orders": pick("工单", "orders"), "anchors": pick("锚", "anchors")}
    async with opened(settings, url) as database:
        with bars() as advance:
            return await ledger.verify(
                database, lambda stage, done, total: advance(names.get(stage, stage), done, total), published
            )


def _hashes(file: Path) -> set[bytes]:
    try:
        words = [line.split()[-1] for line in file.read_text(encoding="utf-8").splitlines() if line.strip()]
        found = {bytes.fromhex(word) for word in words}
    except ValueError:
        found = {b""}
    if any(len(each) != _HASH_BYTES for each in found):
        raise CannotRunError(
            f"{file} 里有一行不以 64 位十六进制哈希结尾；没有核验。",
            f"a line of {file} does not end with a hash of 64 hex digits; nothing was verified.",
        )
    return found


@click.command(cls=Command, help=_ANCHOR, short_help="写锚 / anchor the ledger")
def anchor() -> None:
    """Anchor, and print the newest anchors; sentences go to stderr, so that the output can be kept as a file."""
    with database_url(settings := Settings.read()) as url:
        made, newest = await_(_anchor(settings, url))
    _print(newest)
    if made:
        click.echo(pick(f"新写了 {made} 个锚。", f"Anchors written now: {made}."), err=True)
        return
    zh, en = "还没有可写锚的记录", "There is nothing to anchor yet"
    if newest:
        zh, en = "上次写锚之后没有可写锚的新记录", "Nothing to anchor since the last anchors"
    click.echo(pick(f"{zh}：{_WHY_NOT_ZH}", f"{en}: {_WHY_NOT_EN}"), err=True)


async def _anchor(settings: Settings, url: str) -> "tuple[int, dict[str, Anchor]]":
    from dispatch.usecases import ledger  # noqa: PLC0415 - heavy
    from dispatch.usecases.clock import read_clock  # noqa: PLC0415

    async with opened(settings, url) as database:
        made = await ledger.anchor_all(database, (await read_clock(database)).now())
        return len(made), await ledger.newest_anchors(database)
