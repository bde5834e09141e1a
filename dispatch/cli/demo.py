"""``demo``: one day of the county, played against a running service."""

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.terminal import await_, console, lang
from dispatch.settings import Settings

_HELP = """对正在运行的服务演示县里的一天：点单、派单、接单、升级、评价。

Play a day of the county against a running service: requests, offers, rises, ratings.

\b
先启动服务 / start the service first, an hour a second:
  DISPATCH_CLOCK_RATE=3600 grid-dispatch serve --demo
"""


@click.command(cls=Command, help=_HELP, short_help="演示一天 / play a day")
@click.option("--url", metavar="URL", help="服务地址，默认本机 / the service; this machine if not given")
@click.option(
    "--requests", type=click.IntRange(1, 100_000), default=200, show_default=True, help="点单数 / how many requests"
)
def demo(url: str | None, requests: int) -> None:
    """Play the day."""
    import aiohttp  # noqa: PLC0415 - heavy

    from dispatch.demo.day import play  # noqa: PLC0415
    from dispatch.running import CannotRunError  # noqa: PLC0415
    from dispatch.web.serve import address  # noqa: PLC0415

    settings = Settings.read()
    base = (url or address(settings.host, settings.port)).rstrip("/")
    try:
        outcome = await_(play(base, requests=requests, console=console(), lang=lang()))
    except (aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError) as error:
        raise CannotRunError(
            f"--url 须为 http 或 https 地址，例如 http://127.0.0.1:8080，现为“{base}”。",
            f"--url must be an address of http or https, such as http://127.0.0.1:8080, not {base}.",
        ) from error
    except aiohttp.ClientConnectionError as error:
        raise CannotRunError(
            f"连不上 {base}；请先在另一个终端运行 grid-dispatch serve --demo。"
            "服务在别的端口时，用环境变量 PORT 指明；在别的机器上时，用 --url。",
            f"{base} does not answer; run grid-dispatch serve --demo in another terminal first. "
            "PORT names another port, --url another address.",
        ) from error
    if outcome.failed:
        raise click.exceptions.Exit(1)
