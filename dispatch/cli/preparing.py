"""What must be true of the database before the service runs on it."""

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dispatch.cli.county import stage_text
from dispatch.cli.terminal import bars, say
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.demo.accounts import DemoAccount
    from dispatch.storage.database import Database
    from dispatch.usecases.clock import ServiceClock

_INVENTED = "演示"
"""How the name of everybody in the demo county begins."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """How the database stands: its clock, whether it has a county, and who of the demo may log in."""

    clock: "ServiceClock"
    has_county: bool
    accounts: "tuple[DemoAccount, ...]"


async def prepare(settings: Settings, url: str, *, demo: bool, set_clock: bool = True) -> Prepared:
    """Migrate, bring the demo county in if asked and the database has none, and set the service's clock."""
    from dispatch.storage import county, migrations  # noqa: PLC0415 - heavy
    from dispatch.storage.database import Database  # noqa: PLC0415
    from dispatch.usecases.clock import read_clock, set_rate, wall_now  # noqa: PLC0415

    await migrations.migrate(url, wall_now())
    database = await Database.open(url, most=2)
    try:
        if demo and await county.is_empty(database):
            await _bring_in(database)
        accounts = await _demo_accounts(database) if demo else ()
        clock = await (set_rate(database, settings.clock_rate) if set_clock else read_clock(database))
        return Prepared(clock, not await county.is_empty(database), accounts)
    finally:
        await database.close()


async def _bring_in(database: "Database") -> None:
    from dispatch.demo.county import write_csv  # noqa: PLC0415 - heavy
    from dispatch.usecases.demo_county import bring_in  # noqa: PLC0415

    say("数据库是空的，正在导入演示县（兴县）……", "The database is empty; bringing the demo county in…")
    with tempfile.TemporaryDirectory(prefix="grid-dispatch-county-") as folder, bars() as advance:
        write_csv(Path(folder))
        await bring_in(database, Path(folder), lambda stage, done, total: advance(stage_text(stage), done, total))


async def _demo_accounts(database: "Database") -> "tuple[DemoAccount, ...]":
    """Return the demo's accounts where this is the demo county, and let its people in if a kill prevented that."""
    from dispatch.demo.accounts import accounts  # noqa: PLC0415 - heavy
    from dispatch.storage import people  # noqa: PLC0415

    shown = accounts()
    found = [(account, await people.people(database, account.phone, 1)) for account in shown]
    # Somebody's real county must not get a known password, even where a code happens to be the same.
    if not all(known and _is_invented(account, known[0]) for account, known in found):
        return ()
    if not all(known[0]["can_log_in"] for _, known in found):
        from dispatch.demo.county import county  # noqa: PLC0415
        from dispatch.usecases.demo_county import let_in  # noqa: PLC0415

        await let_in(database, [row["code"] for row in county()["people"]])
    return shown


def _is_invented(account: "DemoAccount", known: dict[str, Any]) -> bool:
    return bool(known["code"] == account.person_code and known["name"].startswith(_INVENTED))
