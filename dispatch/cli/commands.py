"""The command line as a whole; each command's subject has a file of its own."""

import click

from dispatch import __version__
from dispatch.cli import (
    calendar,
    county,
    demo,
    emergency,
    ledger,
    papers,
    people,
    policy,
    project,
    qr,
    schema,
    serving,
    tree,
    whatif,
)
from dispatch.cli.bilingual import Group

_HELP = """群众点单 · 党组织派单 · 党员接单。

Requests from residents, dispatched through the tree of grids.

\b
初次使用 / first steps:
  grid-dispatch serve --demo          启动并导入演示县 / run with the demo county
  grid-dispatch import 目录或.xlsx    导入本县资料 / bring your county in
  grid-dispatch user set-password     设置登录密码 / let somebody log in

\b
环境变量 / environment:
  DISPATCH_DATABASE_URL     已有的 PostgreSQL，不设则用内嵌的 / a server of yours; none means the embedded one
  DISPATCH_DATA_DIR         内嵌数据库的目录，默认 var / where the embedded one keeps its data
  DISPATCH_HOST, PORT       服务地址，默认 127.0.0.1:8080 / where to serve
  DISPATCH_TRUSTED_PROXIES  可信反向代理，逗号分隔 / proxies whose X-Forwarded-For is believed
  DISPATCH_CLOCK_RATE       演示用：时钟快多少倍 / for demonstrations: how many times faster time runs
  DISPATCH_LANG             zh 或 en：输出语言 / language of what is printed
  DISPATCH_LOG              debug、info、warning、error：日志 / how much is logged
"""


def _version(context: click.Context, _option: click.Parameter, asked: bool) -> None:
    if asked:
        click.echo(f"grid-dispatch {__version__}")
        context.exit()


@click.group(cls=Group, help=_HELP)
@click.option("--version", is_flag=True, is_eager=True, expose_value=False, callback=_version, help="版本 / version")
def cli() -> None:
    """Hold the commands."""


for command in (
    serving.serve,
    serving.scheduler,
    serving.worker,
    serving.ticker,
    schema.migrate,
    county.import_,
    county.demo_county,
    people.user,
    policy.policy,
    whatif.whatif,
    calendar.calendar,
    tree.tree,
    emergency.emergency,
    emergency.assign_batch,
    project.project,
    qr.qr,
    ledger.verify,
    ledger.anchor,
    demo.demo,
    papers.openapi,
    papers.lifecycle,
):
    cli.add_command(command)
