"""A process follows the county as it changes, whatever fails in between."""

import asyncio
import gc
import os
import signal
from collections.abc import Callable

import pytest
import structlog

from dispatch.settings import Settings
from dispatch.storage import database as pool
from dispatch.usecases import service as services
from dispatch.usecases.references import branch_ref, grid_ref
from dispatch.usecases.service import RELOAD_CHANNEL, Service

UNKNOWN = 2_000_000_000


async def _until(true: Callable[[], bool]) -> None:
    """Wait until it is true; generous, since the machine may be busy."""
    for _ in range(4000):
        if true():
            return
        await asyncio.sleep(0.025)
    raise AssertionError("never came true")


def _name(service: Service) -> str:
    return service.world.categories["0901"].name


async def test_a_reload_that_failed_is_tried_again_without_another_notification(service, monkeypatch) -> None:
    monkeypatch.setattr(services, "RELOAD_RETRY_S", 0.05)
    await service.database.execute("ALTER TABLE policy_overrides RENAME TO away")
    with structlog.testing.capture_logs() as logs:
        await service.database.execute(f"NOTIFY {RELOAD_CHANNEL}")
        await _until(lambda: any(line["event"] == "reload_failed" for line in logs))
    await service.database.execute("UPDATE categories SET name = '左邻右舍' WHERE code = '0901'")
    await service.database.execute("ALTER TABLE away RENAME TO policy_overrides")
    await _until(lambda: _name(service) == "左邻右舍")


async def test_a_listening_connection_that_fell_silent_is_noticed_and_what_it_missed_is_read(
    county_url, monkeypatch
) -> None:
    monkeypatch.setattr(services, "RELOAD_RETRY_S", 0.05)
    monkeypatch.setattr(services, "LISTENING_S", 0.1)
    monkeypatch.setattr(pool, "ALIVE_S", 0.5)
    service = await Service.open(Settings(), county_url, connections=2)
    row = await service.database.fetchrow(  # the only one that does not name itself
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND application_name = ''"
        " AND backend_type = 'client backend'"
    )
    os.kill(row["pid"], signal.SIGSTOP)  # it stays connected, and says nothing any more
    try:
        await service.database.execute("UPDATE categories SET name = '左邻右舍' WHERE code = '0901'")
        await service.database.execute(f"NOTIFY {RELOAD_CHANNEL}")
        await _until(lambda: _name(service) == "左邻右舍")
    finally:
        os.kill(row["pid"], signal.SIGCONT)
    try:
        await service.database.execute("UPDATE categories SET name = '邻里' WHERE code = '0901'")
        await service.database.execute(f"NOTIFY {RELOAD_CHANNEL}")
        await _until(lambda: _name(service) == "邻里")
    finally:
        await service.close()


async def test_others_have_their_turn_while_the_county_is_read(service) -> None:
    turns = {True: 0, False: 0}

    async def wait() -> None:
        while True:
            turns[gc.isenabled()] += 1  # the collector rests only while a tree is built
            await asyncio.sleep(0)

    waiting = asyncio.create_task(wait())
    for _ in range(50):  # a busy machine may give a turn to nobody while one is built
        await service.database.execute("UPDATE grids SET name = name || '一' WHERE code = '141123100016'")
        await service.reload()
        if turns[False]:
            break
    waiting.cancel()
    assert turns[False] > 0


async def test_the_names_of_places_are_indexed_before_anybody_asks(service) -> None:
    assert "_book" in vars(service.world.places)
    await service.reload()
    assert "_book" in vars(service.world.places)


async def test_without_a_county_it_opens_and_waits_for_one(database_url) -> None:
    service = await Service.open(Settings(), database_url, connections=2)
    try:
        assert not service.has_county
        assert service.region("141123") is None
        await service.reload()
        assert not service.has_county
    finally:
        await service.close()


async def test_what_was_imported_since_the_last_reload_is_shown_without_its_name(service) -> None:
    assert branch_ref(UNKNOWN, service.world) == {"id": "?", "name": "…"}
    assert grid_ref(UNKNOWN, service.world) == {"code": "?", "name": "…", "path": "…"}
    assert branch_ref(None, service.world) is None


@pytest.mark.parametrize("turns", range(6))
async def test_a_service_that_is_closed_just_as_the_county_changes_does_close(database_url, turns) -> None:
    service = await Service.open(Settings(), database_url, connections=2)
    await asyncio.sleep(0.05)  # it listens by now
    service._reload.set()
    for _ in range(turns):
        await asyncio.sleep(0)
    async with asyncio.timeout(120):
        await service.close()
