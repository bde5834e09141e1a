"""What arrives while a statement is under way shares the next one; each is answered for itself."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.storage import coalesce
from dispatch.storage.coalesce import Coalescer, Held


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
    assert batches == [[1, 2, 3], [4, 11, 12], [21]]


async def test_one_whose_key_another_lane_has_under_way_is_not_taken_and_takes_no_lane(monkeypatch) -> None:
    monkeypatch.setattr(coalesce, "PATIENCE_S", 0.001)
    batches: list[list[int]] = []
    let_go = asyncio.Event()

    async def execute(batch: Sequence[int]) -> Sequence[int]:
        batches.append(list(batch))
        if 1 in batch:
            await let_go.wait()
        return batch

    write = Coalescer(execute, lanes=2, apart=lambda number: number % 10)
    held_up = [asyncio.create_task(write(number)) for number in (1, 11, 21, 31)]
    while not batches:
        await asyncio.sleep(0)
    async with asyncio.timeout(60):
        assert await asyncio.gather(*map(write, (2, 3, 12))) == [2, 3, 12]
    assert batches[0] == [1]
    assert not {11, 21, 31} & {number for batch in batches for number in batch}
    let_go.set()
    assert await asyncio.gather(*held_up) == [1, 11, 21, 31]
    assert batches[-3:] == [[11], [21], [31]]


class Locks:
    """Answers ``Held`` for what is locked, and beside the lanes waits until it is not."""

    def __init__(self) -> None:
        self.locked = dict[int, asyncio.Event]()
        self.tried = Counter[int]()
        self.waiting = set[int]()

    def lock(self, *keys: int) -> None:
        self.locked.update((key, asyncio.Event()) for key in keys)

    def let_go(self, key: int) -> None:
        self.locked.pop(key).set()

    async def execute(self, batch: Sequence[int]) -> Sequence[int | Exception]:
        self.tried.update(batch)
        await asyncio.sleep(0)
        return [Held() if number % 10 in self.locked else number for number in batch]

    async def wait(self, number: int) -> int:
        self.waiting.add(number)
        try:
            if number % 10 in self.locked:
                await self.locked[number % 10].wait()
        finally:
            self.waiting.remove(number)
        if number > 90:
            raise ValueError(number)
        return -number


def _careful(locks: Locks, most_alone: int = 4) -> Coalescer[int, int]:
    return Coalescer(locks.execute, lanes=1, apart=lambda n: n % 10, alone=locks.wait, most_alone=most_alone)


async def test_for_what_is_locked_nobody_waits_but_who_asks_for_it() -> None:
    locks = Locks()
    locks.lock(1, 3)
    write = _careful(locks)
    held_up = {number: asyncio.create_task(write(number)) for number in (1, 11, 21, 3, 93)}
    async with asyncio.timeout(60):
        assert await asyncio.gather(*map(write, (2, 12, 4, 5))) == [2, 12, 4, 5]
        assert await write(6) == 6, "and so it goes on"
    assert locks.waiting == {1, 3}, "of several that ask for one, the first alone takes a place"
    locks.let_go(1)
    async with asyncio.timeout(60):
        assert [await held_up[number] for number in (1, 11, 21)] == [-1, 11, 21], "the later ones as any other"
        assert not held_up[3].done()
        locks.let_go(3)
        assert [await held_up[number] for number in (3, 93)] == [-3, 93]


async def test_what_goes_wrong_while_one_is_waited_for_is_told_to_who_asked_and_the_next_is_taken() -> None:
    locks = Locks()
    locks.lock(1)
    write = _careful(locks)
    held_up = [asyncio.create_task(write(number)) for number in (91, 1)]
    assert await write(2) == 2
    locks.let_go(1)
    async with asyncio.timeout(60):
        assert await held_up[1] == 1
    with pytest.raises(ValueError, match="91"):
        await held_up[0]


async def test_where_as_many_are_waited_for_as_may_be_the_others_are_tried_again(monkeypatch) -> None:
    monkeypatch.setattr(coalesce, "AGAIN_S", 0.001)
    locks = Locks()
    locks.lock(1, 2, 3, 4)
    write = _careful(locks, most_alone=2)
    held_up = [asyncio.create_task(write(number)) for number in (1, 2, 3, 4)]
    async with asyncio.timeout(60):
        while locks.tried[3] < 3:
            await asyncio.sleep(0)
        assert locks.waiting == {1, 2}
        locks.let_go(4)
        assert await held_up[3] == 4, "without a place of its own"
        assert await write(5) == 5
        for key in (1, 2, 3):
            locks.let_go(key)
        assert [abs(await one) for one in held_up] == [1, 2, 3, 4]


async def test_what_stays_locked_is_given_up_in_time_by_all_who_asked_for_it(monkeypatch) -> None:
    monkeypatch.setattr(coalesce, "AGAIN_S", 0.001)
    monkeypatch.setattr(coalesce, "STATEMENT_S", 0.05)
    locks = Locks()
    locks.lock(1, 2, 3)
    write = _careful(locks, most_alone=1)
    async with asyncio.timeout(60):
        answers = await asyncio.gather(*map(write, (1, 2, 3, 11, 21, 4)), return_exceptions=True)
    assert [isinstance(answer, errors.Unavailable) for answer in answers] == [True] * 5 + [False]
    locks.let_go(1)
    async with asyncio.timeout(60):
        assert await write(31) == 31, "and it is asked for again"


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
    under_way = set[int]()

    async def execute(batch: Sequence[int]) -> Sequence[int | Exception]:
        nonlocal running
        running += 1
        assert running <= lanes
        assert len(batch) <= most
        now = set() if kinds is None else {number % kinds for number in batch}
        assert kinds is None or (len(now) == len(batch) and not now & under_way)
        under_way.update(now)
        await asyncio.sleep(0)
        under_way.difference_update(now)
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
