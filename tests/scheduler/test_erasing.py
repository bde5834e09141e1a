"""What is personal goes 180 days after the end and not a moment before; who looked stays; the ledger still verifies."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from dispatch.domain.order import Actor
from dispatch.domain.photos import photo_digest
from dispatch.domain.vocabulary import Action, ContactReason
from dispatch.storage import keeping, looks, photos
from dispatch.storage.photos import Loose
from dispatch.usecases.acting import Asked, perform
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.ledger import verify
from scheduler.jobs import LOOKS_KEPT, PERSONAL_KEPT

FILED = datetime(2026, 1, 5, 2, tzinfo=UTC)
PERSONAL = ("order_contents", "event_texts", "photos")
INSTANT = timedelta(microseconds=1)
RESIDENT = Actor(holds_code=True)


async def filed(service: Any, at: datetime = FILED, number: int = 0, category: str = "0901") -> tuple[int, int]:
    """File an order with a photo."""
    ident = f"{number:022d}"
    await photos.add_loose(service.database, Loose(ident, at, b"salt", photo_digest(b"salt", b"jpeg"), b"jpeg"))
    place = Place(grid="141123100016")
    request = Request(category, "演示", place, "甲", "10003000001", "三号", None, False, None, None, (ident,))
    order = (await submit(service, request, Actor(), None, at)).order
    return order.region, order.id


async def withdrawn(service: Any, key: tuple[int, int], at: datetime) -> None:
    asked = Asked(Action.WITHDRAW, texts={"reason": "自己解决了"})
    await perform(service, key, asked, RESIDENT, None, at)


async def erase(service: Any, now: datetime, batch: int = keeping.BATCH) -> int:
    return await keeping.erase(service.database, now - PERSONAL_KEPT, now - LOOKS_KEPT, batch)


async def left(service: Any) -> dict[str, set[int]]:
    """The orders that something personal is kept of, by its table."""
    return {
        table: {row[0] for row in await service.database.fetch(f"SELECT order_id FROM {table}")}  # noqa: S608
        for table in PERSONAL
    }


@pytest.fixture
async def ended(service) -> tuple[int, int]:
    """An order that was withdrawn with a word, an hour after it was filed."""
    key = await filed(service)
    await withdrawn(service, key, FILED + timedelta(hours=1))
    return key


END = FILED + timedelta(hours=1)


async def test_it_goes_at_180_days_and_not_a_moment_before(service, ended) -> None:
    assert timedelta(days=180) == PERSONAL_KEPT
    for early in (timedelta(), timedelta(days=90), PERSONAL_KEPT - INSTANT):
        assert await erase(service, END + early) == 0
        assert await left(service) == {table: {ended[1]} for table in PERSONAL}
    assert await erase(service, END + PERSONAL_KEPT) == 1
    assert await left(service) == {table: set() for table in PERSONAL}
    assert await erase(service, END + PERSONAL_KEPT) == 0
    verified = await verify(service.database)
    assert (verified.findings, verified.summary.erased) == ([], 3), "contents, a text and a photo"
    dossier = await service.find((*ended, None))
    assert (dossier.text, dossier.contact_phone, dossier.place, dossier.photos) == (None, None, None, ())


async def test_an_order_that_goes_on_keeps_everything_however_old_it_is(service) -> None:
    key = await filed(service)
    assert await erase(service, FILED + timedelta(days=4000)) == 0
    assert (await left(service))["photos"] == {key[1]}


async def test_what_is_redirected_at_once_has_ended_at_once(service) -> None:
    await filed(service, category="9002")
    assert await erase(service, FILED + PERSONAL_KEPT - INSTANT) == 0
    assert await erase(service, FILED + PERSONAL_KEPT) == 1


async def test_who_looked_stays_on_record_for_a_year_at_least(service, ended) -> None:
    database = service.database
    person = (await database.fetchrow("SELECT min(id) FROM people"))[0]
    await looks.reveal(database, ended, person, ContactReason.CALL, FILED)
    await looks.look(database, ended, person, FILED, place=True)
    assert timedelta(days=366) <= LOOKS_KEPT
    await erase(service, FILED + LOOKS_KEPT)
    assert len(await looks.looks(database, ended)) == 2
    await erase(service, FILED + LOOKS_KEPT + INSTANT)
    assert await looks.looks(database, ended) == []
    going_on = await filed(service, number=1)
    await looks.reveal(database, going_on, person, ContactReason.VISIT, FILED)
    await erase(service, FILED + timedelta(days=4000))
    assert len(await looks.looks(database, going_on)) == 1, "the resident of an open order still reads it"


async def test_what_is_said_after_it_was_erased_goes_the_next_time(service, ended) -> None:
    await erase(service, END + PERSONAL_KEPT)
    await service.database.execute(
        "INSERT INTO event_texts SELECT region, order_id, version, 'salt', '{}' FROM events WHERE version = 1"
    )
    await erase(service, END + PERSONAL_KEPT + timedelta(days=1))
    assert await left(service) == {table: set() for table in PERSONAL}


@pytest.mark.parametrize("batch", [1, 2, 3, 500])
async def test_small_batches_and_several_processes_at_once_erase_each_order_once(service, batch: int) -> None:
    gone, kept = set(), set()
    for number in range(7):
        key = await filed(service, FILED + timedelta(minutes=number), number)
        late = number % 3 == 0
        await withdrawn(service, key, END + timedelta(days=1) * late)
        (kept if late else gone).add(key[1])
    counts = await asyncio.gather(*(erase(service, END + PERSONAL_KEPT, batch) for _ in range(3)))
    assert sum(counts) <= len(gone)
    if sum(counts) < len(gone):  # one gave way to another on an order
        counts.append(await erase(service, END + PERSONAL_KEPT, batch))
    assert sum(counts) == len(gone)
    assert await left(service) == dict.fromkeys(PERSONAL, kept)
    assert (await verify(service.database)).findings == []


async def test_whoever_is_killed_on_the_way_leaves_whole_orders_behind(service) -> None:
    for number in range(6):
        await withdrawn(service, await filed(service, FILED, number), END)
    for _ in range(4):  # cut off at different moments
        erasing = asyncio.create_task(erase(service, END + PERSONAL_KEPT, 1))
        while not erasing.done() and len((await left(service))["photos"]) > 4:
            await asyncio.sleep(0)
        erasing.cancel()
        await asyncio.gather(erasing, return_exceptions=True)
        now = await left(service)
        assert now["order_contents"] == now["event_texts"] == now["photos"]
        assert (await verify(service.database)).findings == []
    await erase(service, END + PERSONAL_KEPT)
    assert await left(service) == {table: set() for table in PERSONAL}


async def test_an_order_that_somebody_works_on_is_left_for_the_next_time(service, ended) -> None:
    async with service.database.transaction() as connection:
        await connection.execute("SELECT FROM orders WHERE id = $1 FOR UPDATE", ended[1])
        assert await erase(service, END + PERSONAL_KEPT) == 0
    assert await erase(service, END + PERSONAL_KEPT) == 1
