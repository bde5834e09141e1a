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
from dispatch.storage import orders, people
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
    found = await service.database.fetch("SELECT id, code FROM people ORDER BY id LIMIT 40")
    for n, row in enumerate(found):
        await people.open_session(service.database, hashes[n], row["id"], NOW, NOW + timedelta(hours=1 + n % 3))
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
    (row,) = await service.database.fetch("SELECT id FROM people ORDER BY id LIMIT 1")
    for n in range(20):
        token = Presented(hashlib.sha256(bytes([n])).digest(), NOW, TODAY)
        await people.open_session(service.database, token.token_hash, row["id"], NOW, NOW + timedelta(hours=1))
        meanwhile = [asyncio.create_task(service.bearer(token)) for _ in range(n)]
        await people.close_session(service.database, token.token_hash)
        assert await service.bearer(token) is None
        await asyncio.gather(*meanwhile)
