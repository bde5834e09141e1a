"""What somebody with the password of the database may try, and what is found of it."""
# ruff: noqa: S608 - the tables and columns tampered with are named right here

import random
from datetime import timedelta

import asyncpg
import pytest

from dispatch.domain.examining import Fault
from dispatch.domain.vocabulary import OPEN_STATES
from dispatch.storage import orders
from dispatch.usecases.ledger import anchor_all, verify


async def test_an_altered_event_is_named_by_its_number_and_version_in_both_languages(database, past):
    await past.build(database, 1)
    await past.by_hand(database, "UPDATE events SET actor_id = 999 WHERE order_id = 2 AND version = 1")
    [finding] = (await verify(database)).findings
    assert (finding.kind, finding.number, finding.version) == (Fault.ALTERED_EVENT, past.name(2), 1)
    assert finding.text("zh") == f"{past.name(2)} 第 1 条: 台账记录被改动"
    assert finding.text("en") == f"{past.name(2)}, event 1: the event was altered"


async def test_a_removed_event_is_named(database, past):
    await past.build(database, 2, anchored=False)
    await past.by_hand(database, "DELETE FROM events WHERE order_id = 1 AND version = 1")
    assert await past.found(database) == [(Fault.MISSING_EVENT, past.name(1), 1)]


async def test_a_removed_last_event_is_named(database, past):
    histories = await past.build(database, 2)
    last = histories[1][-1].version
    await past.by_hand(database, "DELETE FROM events WHERE order_id = 1 AND version = $1", last)
    assert await past.found(database) == [(Fault.MISSING_EVENT, past.name(1), last)]


async def test_events_that_changed_places_are_named(database, past):
    histories = await past.build(database, 4, anchored=False)
    key = next(key for key, events in histories.items() if len(events) > 4)
    await past.by_hand(
        database, "UPDATE events SET version = 1000 + version WHERE order_id = $1 AND version IN (2, 4)", key
    )
    await past.by_hand(
        database, "UPDATE events SET version = 1006 - version WHERE order_id = $1 AND version > 1000", key
    )
    assert await past.found(database) == [
        (Fault.REORDERED_EVENT, past.name(key), 2),
        (Fault.REORDERED_EVENT, past.name(key), 4),
    ]


async def test_a_time_pushed_off_without_its_clock_is_named(database, past):
    await past.build(database, 5)
    await past.by_hand(
        database, "UPDATE orders SET due_at = due_at + interval '1 day' WHERE due_at IS NOT NULL AND id = 1"
    )
    await past.by_hand(database, "UPDATE orders SET due_at = '2099-01-01' WHERE due_at IS NULL AND id = 1")
    assert await past.found(database) == [(Fault.ALTERED_DUE, past.name(1), None)]


async def test_an_altered_column_of_an_order_is_named_with_the_order(database, past):
    await past.build(database, 6)
    await past.by_hand(database, "UPDATE orders SET level = level + 1, filed_by = 4711 WHERE id = 3")
    [finding] = (await verify(database)).findings
    assert (finding.kind, finding.number) == (Fault.ALTERED_ORDER, past.name(3))
    assert "filed_by" in finding.en
    assert "level" in finding.zh


async def test_an_order_removed_with_everything_it_had_is_named_once_it_was_anchored(database, past):
    await past.build(database, 7)
    await past.remove(database, 2)
    told = await past.found(database)
    assert [(kind, at) for kind, at, _ in told] == [(Fault.MISSING_ORDER, past.name(2))]


async def test_an_order_removed_before_its_first_anchor_leaves_no_trace(database, past):
    await past.build(database, 7, anchored=False)
    await past.remove(database, 2)
    assert await past.found(database) == []


async def test_a_history_written_anew_with_valid_hashes_is_found_once_it_was_anchored(database, past):
    histories = await past.build(database, 8, count=1)
    await past.remove(database, 1)
    chance = random.Random(99)
    await orders.add(database, [past.file(chance, 1, past.START + timedelta(seconds=1))])
    kinds = {kind for kind, _, _ in await past.found(database)}
    assert kinds & {Fault.REWRITTEN_EVENT, Fault.MISSING_EVENT}
    assert histories


async def test_an_order_put_in_afterwards_with_valid_hashes_and_an_old_date_is_named(database, past):
    await past.build(database, 9)
    await anchor_all(database, past.START + timedelta(days=100))
    added = past.file(random.Random(1), 77, past.START)
    await orders.add(database, [added])
    versions = [event.version for event in added.outcome.events]
    assert await past.found(database) == [(Fault.BACKDATED_EVENT, past.name(77), version) for version in versions]


async def test_an_order_put_in_with_valid_hashes_and_a_date_of_today_is_not_told_from_a_true_one(database, past):
    await past.build(database, 9)
    await anchor_all(database, past.START + timedelta(days=100))
    await orders.add(database, [past.file(random.Random(1), 77, past.START + timedelta(days=100))])
    assert await past.found(database) == []


async def test_a_newest_anchor_removed_with_its_heads_is_found_only_by_its_published_hash(database, past):
    await past.build(database, 9)
    last = (await verify(database)).summary.last[past.CODE]
    for table in ("anchors", "anchor_heads"):
        await past.by_hand(database, f"DELETE FROM {table} WHERE number = $1", last.number)
    assert await past.found(database) == []
    assert await past.found(database, published=[last.hash]) == [(Fault.UNKNOWN_ANCHOR, last.hash.hex(), None)]


async def test_erased_contents_and_texts_are_counted_and_nothing_wrong(database, past):
    histories = await past.build(database, 12)
    ended = [events for events in histories.values() if events[-1].to_state not in OPEN_STATES]
    texts = sum("digest" in event.data for events in ended for event in events)
    ids = [events[0].order_id for events in ended]
    await database.execute("DELETE FROM order_contents WHERE order_id = ANY ($1)", ids)
    await database.execute("DELETE FROM event_texts WHERE order_id = ANY ($1)", ids)
    verification = await verify(database)
    assert verification.findings == []
    assert verification.summary.erased == len(ended) + texts
    assert texts > 0


async def test_words_put_into_the_mouth_of_an_event_without_any_are_found(database, past):
    await past.build(database, 11)
    await database.execute("INSERT INTO event_texts VALUES ($1, 1, 1, 'salt', '{\"note\": \"x\"}')", past.REGION)
    await database.execute("INSERT INTO event_texts VALUES ($1, 1, 900, 'salt', '{\"note\": \"x\"}')", past.REGION)
    assert await past.found(database) == [(Fault.ALTERED_TEXT, past.name(1), 1), (Fault.STRAY_TEXT, past.name(1), 900)]


@pytest.mark.parametrize("table", ["events", "anchors", "anchor_heads"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET region = region", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_what_was_written_down(database, table, statement, past):
    await past.build(database, 12)
    async with database.pool.acquire() as connection:
        with pytest.raises(asyncpg.IntegrityConstraintViolationError, match="append-only"):
            await connection.execute(statement.format(table))
    assert await past.found(database) == []


async def test_progress_ends_with_everything_done(database, past):
    await past.build(database, 13)
    heads = await database.fetchrow("SELECT count(*) FROM anchor_heads")
    told = []
    await verify(database, lambda *step: told.append(step))
    assert ("orders", 4, 4) in told
    assert ("anchors", heads[0], heads[0]) in told
