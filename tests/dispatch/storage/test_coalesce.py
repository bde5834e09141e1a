"""What arrives while a statement is under way shares the next one; each is answered for itself."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.storage import coalesce
from dispatch.storage.coalesce import Coalescer


class Scribe:
    """Writes numbers into a table, a batch a statement; how large each batch was is kept."""

    def __init__(self, database: Any) -> None:
        self.database = database
        self.batches: list[int] = []

    async def __call__(self, batch: Sequence[int]) -> Sequence[int]:
        self.batches.append(len(batch))
        await self.database.execute("INSERT INTO written SELECT unnest($1::int[])", list(batch))
        return [number * 10 for number in batch]

    async def written(self) -> set[int]:
        return {row[0] for row in await self.database.fetch("SELECT number FROM written")}


@pytest.fixture
async def scribe(database) -> Scribe:
    await database.execute("CREATE TABLE written (number int PRIMARY KEY CHECK (number <> 13))")
    return Scribe(database)


async def test_two_hundred_at_once_are_all_written_in_few_statements(scribe) -> None:
    write = Coalescer(scribe, most=64)
    assert await asyncio.gather(*map(write, range(100, 300))) == [number * 10 for number in range(100, 300)]
    assert await scribe.written() == set(range(100, 300))
    assert max(scribe.batches) == 64
    assert len(scribe.batches) <= 6


async def test_one_that_the_database_refuses_is_refused_alone(scribe) -> None:
    write = Coalescer(scribe, most=64)
    answers = await asyncio.gather(*map(write, range(40)), return_exceptions=True)
    refused = [number for number, answer in enumerate(answers) if isinstance(answer, Exception)]
    assert refused == [13]
    assert await scribe.written() == set(range(40)) - {13}
    assert await write(99) == 990, "and it goes on"


async def test_one_whose_caller_has_gone_away_takes_nobody_along(scribe) -> None:
    write = Coalescer(scribe)
    tasks = [asyncio.create_task(write(number)) for number in range(20, 40)]
    await asyncio.sleep(0)
    for task in tasks[::3]:
        task.cancel()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    for n, answer in enumerate(answers):
        assert isinstance(answer, asyncio.CancelledError) if n % 3 == 0 else answer == (20 + n) * 10
    assert set(range(20, 40)) - set(range(20, 40, 3)) <= await scribe.written()


async def test_a_lone_request_waits_for_no_timer() -> None:
    turns = 0

    async def at_once(batch: Sequence[int]) -> Sequence[int]:
        return batch

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    assert await Coalescer(at_once)(7) == 7
    counting.cancel()
    assert turns <= 5, "turns of the event loop, not time"


async def test_what_arrives_meanwhile_shares_the_next_statement() -> None:
    batches: list[list[int]] = []
    go_on = asyncio.Event()

    async def slow(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        await go_on.wait()
        return batch

    write = Coalescer(slow, lanes=1)
    first = asyncio.create_task(write(0))
    while not batches:
        await asyncio.sleep(0)
    rest = [asyncio.create_task(write(number)) for number in range(1, 9)]
    await asyncio.sleep(0)
    go_on.set()
    assert await asyncio.gather(first, *rest) == list(range(9))
    assert batches == [[0], list(range(1, 9))]


async def test_what_arrives_in_the_turn_in_which_a_statement_answers_comes_along_with_the_next() -> None:
    batches: list[list[int]] = []

    async def execute(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        if batch == [1]:
            second.append(asyncio.create_task(write(2)))
            asyncio.get_running_loop().call_soon(lambda: second.append(asyncio.create_task(write(3))))
        return batch

    write, second = Coalescer(execute), []
    assert await write(1) == 1
    await asyncio.sleep(0)
    assert await asyncio.gather(*second) == [2, 3]
    assert batches == [[1], [2, 3]]


async def test_two_that_must_stay_apart_are_never_in_one_statement_and_keep_their_order() -> None:
    batches: list[list[int]] = []

    async def execute(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        return batch

    write = Coalescer(execute, most=3, apart=lambda number: number % 10)
    asked = [1, 11, 2, 21, 3, 4, 12]
    assert await asyncio.gather(*map(write, asked)) == asked
    assert batches == [[1, 2, 3], [11, 4, 12], [21]]


async def test_a_statement_that_waits_for_somebodys_lock_holds_up_no_other(monkeypatch) -> None:
    monkeypatch.setattr(coalesce, "PATIENCE_S", 0.001)
    running, let_go = set[int](), asyncio.Event()

    async def execute(batch: Sequence[int]) -> Sequence[int]:
        running.update(batch)
        if min(batch) < 3:
            await let_go.wait()
        running.difference_update(batch)
        return batch

    write = Coalescer(execute, lanes=3)
    held_up = []
    for number in range(2):
        held_up.append(asyncio.create_task(write(number)))
        while number not in running:
            await asyncio.sleep(0)
    assert await write(7) == 7, "beside them"
    held_up.append(asyncio.create_task(write(2)))
    while 2 not in running:
        await asyncio.sleep(0)
    late = asyncio.create_task(write(8))
    await asyncio.sleep(0.02)
    assert not late.done(), "three are as many as there may be"
    let_go.set()
    assert await asyncio.gather(*held_up, late) == [0, 1, 2, 8]
    assert not running


async def test_a_database_that_is_away_is_asked_once_for_a_batch_and_all_are_told() -> None:
    asked = 0

    async def away(batch: Sequence[int]) -> Sequence[int]:
        nonlocal asked
        asked += 1
        raise errors.Unavailable(seconds=2)

    write = Coalescer(away)
    answers = await asyncio.gather(*map(write, range(100)), return_exceptions=True)
    assert all(isinstance(answer, errors.Unavailable) for answer in answers)
    assert asked == 1


@given(
    bad=st.sets(st.integers(0, 60)),
    count=st.integers(1, 60),
    kinds=st.none() | st.integers(1, 5),
    most=st.integers(1, 20),
    lanes=st.integers(1, 4),
    gaps=st.lists(st.integers(0, 3), max_size=60),
)
async def test_everyone_gets_their_own_answer(
    bad: set[int], count: int, kinds: int | None, most: int, lanes: int, gaps: list[int]
) -> None:
    running = 0

    async def execute(batch: Sequence[int]) -> Sequence[int | Exception]:
        nonlocal running
        running += 1
        assert running <= lanes
        assert len(batch) <= most
        assert kinds is None or len({number % kinds for number in batch}) == len(batch)
        await asyncio.sleep(0)
        running -= 1
        if any(number in bad and number % 2 for number in batch):
            raise ValueError(batch)
        return [KeyError(number) if number in bad else number for number in batch]

    write = Coalescer(execute, most=most, lanes=lanes, apart=None if kinds is None else lambda number: number % kinds)

    async def late(number: int) -> int:
        for _ in range(gaps[number] if number < len(gaps) else 0):
            await asyncio.sleep(0)
        return await write(number)

    answers = await asyncio.gather(*map(late, range(count)), return_exceptions=True)
    for number, answer in enumerate(answers):
        if number not in bad:
            assert answer == number
        else:
            assert isinstance(answer, ValueError if number % 2 else KeyError)
            assert answer.args in (([number],), (number,))
