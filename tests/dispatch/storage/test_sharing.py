"""Finding, saving and logging in share statements; what each is told is what it would be told alone."""

import asyncio
import hashlib
import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import SYSTEM, Command, Order
from dispatch.domain.vocabulary import Action, State
from dispatch.storage import merging, orders, people
from dispatch.storage.coalesce import Held
from dispatch.storage.database import RejectedError
from dispatch.storage.orders import Saved
from dispatch.storage.people import Presented
from dispatch.usecases.filing import Place, Request, submit
from dispatch.usecases.ledger import verify
from dispatch.usecases.service import Service

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
ROUNDS = 25


@pytest.fixture
async def filed(service: Service, file_many) -> list[Order]:
    """Twelve orders."""
    return [dossier.order for dossier in await file_many(service, 12, NOW)]


def noted(service: Service, before: Order, which: int) -> Saved:
    """A note on that order, as decided on that version of it."""
    command = Command(Action.NOTE, data={"internal": True}, texts={"text": f"第{which}次"}, salt=b"0" * 16)
    return Saved(act(before, command, SYSTEM, NOW, service.world), before.version, NOW, NOW)


async def test_of_saves_that_share_statements_no_order_is_changed_twice_from_one_version(service, filed) -> None:
    drawn = random.Random(5)
    versions: dict[int, list[Order]] = {order.id: [order] for order in filed}
    for _ in range(ROUNDS):
        asked = []
        for which in range(drawn.randrange(1, 40)):
            known = versions[drawn.choice(filed).id]
            # most on the newest version, some on one that is long past; several may be of the same order
            before = known[-1] if drawn.random() < 0.7 else drawn.choice(known)
            asked.append(noted(service, before, which))
        answers = await asyncio.gather(*map(service.save, asked))
        for number, known in versions.items():
            there = [(one, said) for one, said in zip(asked, answers, strict=True) if one.outcome.order.id == number]
            right = [one.expected == known[-1].version for one, _ in there]
            saved = [one for one, said in there if said]
            assert len(saved) == any(right), "of those who knew the order as it is, one alone"
            assert all(one.expected == known[-1].version for one in saved)
            known += [one.outcome.order for one in saved]
    for number, known in versions.items():
        dossier = await orders.find(service.database, known[-1].region, number)
        assert dossier.order == known[-1]
        told = await orders.events(service.database, known[-1].region, number)
        assert [event.version for event, _, _ in told] == list(range(1, known[-1].version + 1))
    assert (await verify(service.database)).findings == []


@pytest.mark.parametrize("spoiled", [{"to_state": State.NEW}, {"level": 99_999}, {"version": 1}])
async def test_a_save_that_is_refused_takes_no_other_along(service, filed, spoiled) -> None:
    asked = [noted(service, order, which) for which, order in enumerate(filed)]
    (event,) = asked[5].outcome.events
    outcome = replace(asked[5].outcome, events=(replace(event, **spoiled),))
    asked[5] = replace(asked[5], outcome=outcome)
    answers = await asyncio.gather(*map(service.save, asked), return_exceptions=True)
    assert [answer for which, answer in enumerate(answers) if which != 5] == [True] * 11
    assert isinstance(answers[5], RejectedError)
    assert (await orders.find(service.database, filed[5].region, filed[5].id)).order == filed[5]
    assert (await verify(service.database)).findings == []


async def test_two_processes_that_save_the_same_orders_at_once_write_each_version_once(
    service, filed, county_url
) -> None:
    other = await Service.open(service.settings, county_url, connections=4)
    drawn, known = random.Random(7), {order.id: order for order in filed}
    for _ in range(ROUNDS):
        asked = [noted(service, known[order.id], which) for which, order in enumerate(filed) for _ in range(2)]
        drawn.shuffle(asked)
        half = len(asked) // 2
        answers = await asyncio.gather(*map(service.save, asked[:half]), *map(other.save, asked[half:]))
        won = [one.outcome.order for one, answer in zip(asked, answers, strict=True) if answer]
        assert sorted(order.id for order in won) == sorted(known)
        known = {order.id: order for order in won}
    await other.close()
    assert (await verify(service.database)).findings == []


async def test_of_an_order_that_is_locked_nobody_waits_but_who_asks_for_that_one(service, filed, county_url) -> None:
    held, *free = filed
    async with service.database.transaction() as connection:
        await merging.lock(connection, [(held.region, held.id)])
        waiting = [asyncio.create_task(service.save(noted(service, held, which))) for which in range(20)]
        known = {order.id: order for order in free}
        async with asyncio.timeout(60):
            for which in range(5):
                asked = [noted(service, order, which) for order in known.values()]
                asked += [noted(service, order, which) for order in known.values()]
                answers = await asyncio.gather(*map(service.save, asked))
                assert answers == [True] * len(free) + [False] * len(free)
                known = {one.outcome.order.id: one.outcome.order for one in asked[: len(free)]}
            assert await service.find((held.region, held.id, None))
        assert not any(one.done() for one in waiting)
        waits = """SELECT count(*) FROM pg_stat_activity
            WHERE wait_event_type = 'Lock' AND datname = current_database()"""
        async with asyncio.timeout(60):
            while not (count := await connection.fetchval(waits)):
                await asyncio.sleep(0.01)
        assert count == 1, "and those that ask for it take one connection"
    assert sorted(await asyncio.gather(*waiting)) == [False] * 19 + [True]
    assert (await verify(service.database)).findings == []


async def test_of_orders_that_are_locked_and_that_moved_on_each_is_told_apart(service, filed) -> None:
    locked, moved, gone = filed[:3]
    asked = [noted(service, order, which) for which, order in enumerate(filed)]
    assert await service.save(noted(service, moved, 9))
    nowhere = replace(asked[2].outcome.order, id=10**15)
    asked[2] = replace(asked[2], outcome=replace(asked[2].outcome, order=nowhere))
    async with service.database.transaction() as connection:
        await merging.lock(connection, [(locked.region, locked.id)])
        answers = await orders.save_free(service.database, asked)
    assert [isinstance(answer, Held) for answer in answers] == [True, False, True, *[False] * 9]
    assert answers[1] is False
    assert answers[3:] == [True] * 9
    assert await orders.save_waiting(service.database, asked[0])
    assert not await service.save(asked[2]), "one that is not there is not saved, and not waited for"
    assert (await orders.find(service.database, gone.region, gone.id)).order == gone
    assert (await verify(service.database)).findings == []


LINGER = (
    """
    CREATE FUNCTION linger() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN PERFORM pg_advisory_xact_lock_shared(77); RETURN NULL; END $$
    """,
    "CREATE TRIGGER linger BEFORE UPDATE ON orders FOR EACH STATEMENT EXECUTE FUNCTION linger()",
)
"""A statement that saves has its snapshot by now, and no order locked yet: here it can be made to wait."""


@pytest.mark.parametrize("save", [orders.save_free, orders.save])
async def test_one_that_changes_between_the_snapshot_and_the_lock_has_moved_on(service, filed, save) -> None:
    """Where it is another version then, that is: one that was only touched is saved."""
    database, (changed, *rest) = service.database, filed
    for statement in LINGER:
        await database.execute(statement)
    meanwhile = noted(service, changed, 99)
    async with database.transaction() as connection:
        await connection.execute("SELECT pg_advisory_xact_lock(77)")
        saving = asyncio.create_task(save(database, [noted(service, order, n) for n, order in enumerate(filed)]))
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        async with asyncio.timeout(60):
            while not await connection.fetchval(waits):
                await asyncio.sleep(0.01)
        assert await orders.save(connection, [meanwhile])
        touched = "UPDATE orders SET level = level + 1 WHERE id = ANY ($1::bigint[])"
        await connection.execute(touched, [rest[3].id, rest[-1].id])
    there = {(order.region, order.id) for order in rest}
    assert await saving == ([False] + [True] * len(rest) if save is orders.save_free else there)
    assert (await orders.find(database, changed.region, changed.id)).order == meanwhile.outcome.order
    assert (await verify(database)).findings == []


async def test_two_processes_and_a_third_that_locks_write_each_version_once(service, filed, county_url) -> None:
    other = await Service.open(service.settings, county_url, connections=4)
    drawn, known = random.Random(11), {order.id: order for order in filed}
    done = False

    async def lock_now_and_then() -> None:
        while not done:
            some = drawn.sample(filed, 3)
            async with service.database.transaction() as connection:
                await merging.lock(connection, [(order.region, order.id) for order in some])
                await asyncio.sleep(0.002)

    locking = asyncio.create_task(lock_now_and_then())
    for _ in range(ROUNDS):
        asked = [noted(service, known[order.id], which) for which, order in enumerate(filed) for _ in range(4)]
        drawn.shuffle(asked)
        half = len(asked) // 2
        answers = await asyncio.gather(*map(service.save, asked[:half]), *map(other.save, asked[half:]))
        won = [one.outcome.order for one, answer in zip(asked, answers, strict=True) if answer]
        assert sorted(order.id for order in won) == sorted(known)
        known = {order.id: order for order in won}
    done = True
    await locking
    await other.close()
    assert (await verify(service.database)).findings == []


async def test_orders_that_are_found_together_are_found_as_each_alone(service, filed) -> None:
    request = Request("0901", "有钥匙的", Place(grid="141123100016"), None, None, None, None, False, None, None)
    key = (hashlib.sha256(b"key").digest(), hashlib.sha256(b"body").digest())
    keyed = (await submit(service, request, SYSTEM, key, NOW)).order
    acted = noted(service, filed[3], 0)
    assert await service.save(acted)
    region = filed[0].region
    wanted: Sequence[tuple[int, int, bytes | None]] = [
        *((order.region, order.id, None) for order in filed),
        (keyed.region, keyed.id, key[0] + b"another body" * 2),
        (keyed.region, keyed.id, None),
        (keyed.region, keyed.id, hashlib.sha256(b"another key").digest()),
        (region, 10**15, key[0]),
        (region + 1, keyed.id, None),
        *((order.region, order.id, key[0]) for order in filed[:3]),
    ]
    together = await asyncio.gather(*map(service.find, wanted), return_exceptions=True)
    for asked, found in zip(wanted, together, strict=True):
        try:
            alone = await orders.find(service.database, *asked)
        except errors.OrderNotFound:
            assert isinstance(found, errors.OrderNotFound)
        else:
            assert found == alone
            assert (found.order.region, found.order.id) == asked[:2]
    assert [isinstance(found, errors.OrderNotFound) for found in together].count(True) == 2
    answered = [None if isinstance(found, Exception) else found.answered for found in together]
    assert [answer[:32] for answer in answered if answer] == [key[0]]
    assert together[3].order.version == filed[3].version + 1


async def test_sessions_that_are_looked_up_together_are_each_answered_for_themselves(service) -> None:
    hashes = [hashlib.sha256(bytes([n])).digest() for n in range(40)]
    found = await service.database.fetch("SELECT id, code, password_hash FROM people ORDER BY id LIMIT 40")
    for n, row in enumerate(found):
        whose = row["id"], row["password_hash"]
        assert await people.open_session(service.database, hashes[n], *whose, NOW, NOW + timedelta(hours=1 + n % 3))
    await people.close_session(service.database, hashes[4])
    await service.database.execute("UPDATE people SET active = false WHERE id = $1", found[5]["id"])
    await service.database.execute("UPDATE roles SET valid_to = $2 WHERE person_id = $1", found[6]["id"], TODAY)
    later = NOW + timedelta(hours=1, minutes=30)
    asked = [
        *(Presented(one, NOW, TODAY) for one in hashes),
        *(Presented(one, later, TODAY + timedelta(days=1)) for one in hashes),
        Presented(b"nobody's", NOW, TODAY),
    ]
    together = await asyncio.gather(*map(service.bearer, asked))
    assert together == [(await people.bearers(service.database, [one]))[0] for one in asked]
    codes = [None if bearer is None else bearer.code for bearer in together]
    first = [None if n in (4, 5) else row["code"] for n, row in enumerate(found)]
    assert codes == [*first, *(code if n % 3 else None for n, code in enumerate(first)), None]
    assert together[6].grants
    assert together[46] is None or not together[46].grants


async def test_a_session_that_is_ended_is_ended_for_whoever_asks_afterwards(service) -> None:
    (whose,) = await service.database.fetch("SELECT id, password_hash FROM people ORDER BY id LIMIT 1")
    for n in range(20):
        token = Presented(hashlib.sha256(bytes([n])).digest(), NOW, TODAY)
        assert await people.open_session(service.database, token.token_hash, *whose, NOW, NOW + timedelta(hours=1))
        meanwhile = [asyncio.create_task(service.bearer(token)) for _ in range(n)]
        await people.close_session(service.database, token.token_hash)
        assert await service.bearer(token) is None
        await asyncio.gather(*meanwhile)
