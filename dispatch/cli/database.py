"""The database a command works on: the one that is named, or the embedded one."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from typing import TYPE_CHECKING

from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.storage.database import Database


@contextlib.contextmanager
def database_url(settings: Settings) -> Iterator[str]:
    """Give the database's address; the embedded server runs as long as the block, and is logged about."""
    from dispatch import logs  # noqa: PLC0415 - heavy

    logs.configure()
    if settings.database_url is not None:
        yield settings.database_url
        return
    from dispatch.embedded import embedded  # noqa: PLC0415 - not where a server is named

    with embedded(settings.data_dir) as url:
        yield url


@contextlib.asynccontextmanager
async def opened(settings: Settings, url: str) -> AsyncIterator["Database"]:
    """Give the open database with the present schema: the embedded one is brought there, a named one must be there.

    Raises:
        CannotRunError: a named database lacks migrations.
    """
    from dispatch.storage.database import Database  # noqa: PLC0415
    from dispatch.storage.migrations import migrate, pending  # noqa: PLC0415
    from dispatch.usecases.clock import wall_now  # noqa: PLC0415

    if settings.database_url is None:
        await migrate(url, wall_now())
    database = await Database.open(url, most=4)
    try:
        if await pending(database):
            raise CannotRunError(
                "数据库的表结构还不是最新的；请先运行 grid-dispatch migrate。",
                "the database lacks migrations; run grid-dispatch migrate first.",
            )
        yield database
    finally:
        await database.close()
