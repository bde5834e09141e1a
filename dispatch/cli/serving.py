"""``serve`` and ``scheduler``: what they take; what they do is in ``processes``, and in ``member`` for a child."""

import click

from dispatch.cli.bilingual import Command

MOST_WORKERS = 64

_SERVE = """启动服务：网页接口和定时任务，直到 Ctrl-C。

Run the service, the web API and the scheduler, until Ctrl-C.

\b
没有设 DISPATCH_DATABASE_URL 时，自动启动内嵌的 PostgreSQL，数据在 var/。
Without DISPATCH_DATABASE_URL an embedded PostgreSQL is started, its data in var/.
"""

_SCHEDULER = """只运行定时任务（升级、催办、发送）；可与任意多个 serve 同时运行。

Run the scheduler alone; any number of these and of serve may share a database.
"""

_host = click.option("--host", metavar="ADDRESS", help="监听地址，默认 127.0.0.1 / the address to serve at")
_port = click.option("--port", type=click.IntRange(1, 65_535), help="端口，默认 8080 / the port")
_lifeline = click.option("--lifeline", type=int, required=True)


@click.command(cls=Command, help=_SERVE, short_help="启动服务 / run the service")
@click.option(
    "--workers",
    type=click.IntRange(1, MOST_WORKERS),
    default=1,
    show_default=True,
    help="同一端口上的进程数 / processes on the port",
)
@click.option("--no-scheduler", is_flag=True, help="不运行定时任务 / without the scheduler")
@_host
@_port
@click.option("--demo", is_flag=True, help="数据库为空时导入演示县 / bring the demo county into an empty database")
def serve(workers: int, no_scheduler: bool, host: str | None, port: int | None, demo: bool) -> None:
    """Prepare everything, then serve."""
    from dispatch.cli import processes  # noqa: PLC0415 - heavy

    processes.serve(host, port, workers=workers, scheduler=not no_scheduler, demo=demo)


@click.command("_worker", cls=Command, hidden=True, help="serve 的一个工作进程 / one worker of serve")
@click.option("--host", required=True)
@click.option("--port", type=int, required=True)
@_lifeline
def worker(host: str, port: int, lifeline: int) -> None:
    """Serve until the parent is gone."""
    from dispatch.cli import member  # noqa: PLC0415 - heavy

    member.worker(host, port, lifeline)


@click.command("_scheduler", cls=Command, hidden=True, help="serve 的定时任务进程 / the scheduler of serve")
@_lifeline
def ticker(lifeline: int) -> None:
    """Run the scheduler until the parent is gone."""
    from dispatch.cli import member  # noqa: PLC0415 - heavy

    member.scheduler(lifeline)


@click.command(cls=Command, help=_SCHEDULER, short_help="只运行定时任务 / run the scheduler alone")
def scheduler() -> None:
    """Run the scheduler until Ctrl-C."""
    from dispatch.cli import processes  # noqa: PLC0415 - heavy

    processes.scheduler()
