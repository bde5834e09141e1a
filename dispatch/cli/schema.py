"""``migrate``: bring the database to the present schema."""

import click

from dispatch.cli.bilingual import Command
from dispatch.cli.database import database_url
from dispatch.cli.terminal import await_, say
from dispatch.settings import Settings

_HELP = """把数据库升级到最新表结构；可以反复运行。

Bring the database to the present schema; running it again does nothing.
"""


@click.command(cls=Command, help=_HELP, short_help="升级数据库 / bring the database up to date")
def migrate() -> None:
    """Apply what is missing."""
    from dispatch.storage import migrations  # noqa: PLC0415 - heavy
    from dispatch.usecases.clock import wall_now  # noqa: PLC0415

    with database_url(Settings.read()) as url:
        applied = await_(migrations.migrate(url, wall_now()))
    for name in applied:
        say(f"已应用 {name}", f"applied {name}")
    say("数据库已是最新。", "The database is up to date.")
