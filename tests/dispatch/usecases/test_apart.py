"""Long work goes on one piece at a time, until it is really done, and nobody waits for it who need not."""

import asyncio
import gc
import subprocess
import sys
import textwrap
import threading

import pytest

from dispatch.domain import errors
from dispatch.usecases.apart import Apart

SLEEPING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE '%pg_sleep(1000)'"


@pytest.fixture
async def apart(database_url):
    opened = Apart(database_url)
    yield opened
    await opened.close()


class Stuck:
    """Work that waits for nothing that could be cancelled, as a long reckoning does."""

    def __init__(self) -> None:
        self.begun, self.may_end, self.done = threading.Event(), threading.Event(), False

    async def __call__(self, database):
        self.begun.set()
        self.may_end.wait()
        self.done = True


class Lingering:
    """Work that writes and is done with, but leaves a connection in use, so that closing them has to wait for it."""

    def __init__(self, outcome) -> None:
        self.closing, self.outcome, self.using = threading.Event(), outcome, None

    async def __call__(self, database):
        taken = asyncio.Event()
        self.using = asyncio.create_task(self.use(database, taken))
        await taken.wait()
        await database.execute("CREATE TABLE done ()")
        return self.outcome()

    async def use(self, database, taken):
        async with database.transaction():
            taken.set()
            while not database.pool.is_closing():
                await asyncio.sleep(0.001)
            self.closing.set()
            await asyncio.Event().wait()


async def quick(database):
    return (await database.fetchrow("SELECT 1"))[0]


async def sleeping(database):
    async with database.transaction() as connection:
        await connection.execute("CREATE TABLE half_done ()")
        await connection.execute("SELECT pg_sleep(1000)", timeout=1000)


async def free(apart) -> None:
    async with asyncio.timeout(60):
        while True:
            try:
                assert await apart.run(quick) == 1
            except errors.Unavailable:
                await asyncio.sleep(0.01)
            else:
                return


async def asleep(database, count: int) -> None:
    async with asyncio.timeout(60):
        while (await database.fetchrow(SLEEPING))[0] != count:
            await asyncio.sleep(0.01)


async def test_what_is_worked_out_or_goes_wrong_is_told(apart):
    async def failing(database):
        raise LookupError("what is wrong")

    assert await apart.run(quick) == 1
    with pytest.raises(LookupError, match="what is wrong"):
        await apart.run(failing)
    assert await apart.run(quick) == 1


async def test_one_piece_at_a_time_even_when_nobody_waits_for_it_any_more(apart):
    stuck = Stuck()
    asked = asyncio.create_task(apart.run(stuck))
    await asyncio.to_thread(stuck.begun.wait)
    with pytest.raises(errors.Unavailable):
        await apart.run(quick)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    with pytest.raises(errors.Unavailable):
        await apart.run(quick)
    stuck.may_end.set()
    await free(apart)
    assert stuck.done


async def test_whoever_goes_away_has_their_work_undone_where_it_waits(apart, database):
    asked = asyncio.create_task(apart.run(sleeping))
    await asleep(database, 1)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await free(apart)
    await asleep(database, 0)
    assert (await database.fetchrow("SELECT to_regclass('half_done')"))[0] is None


async def test_who_waits_while_the_service_closes_is_asked_to_come_again(small_county):
    asked = asyncio.create_task(small_county.apart.run(sleeping))
    await asleep(small_county.database, 1)
    await small_county.close()
    with pytest.raises(errors.Unavailable):
        await asked


def answer():
    return "an answer"


def fault():
    raise LookupError("what is wrong")


async def closed_while_parting(database_url, outcome):
    """Close while the work is done and its connections are not yet closed; return what was heard of it."""
    apart, lingering = Apart(database_url), Lingering(outcome)
    asked = asyncio.create_task(apart.run(lingering))
    await asyncio.to_thread(lingering.closing.wait)
    await apart.close()
    async with asyncio.timeout(60):
        return await asked


async def test_what_is_done_is_told_though_the_service_closes_before_its_connections_are(database_url, database):
    assert await closed_while_parting(database_url, answer) == "an answer"
    assert (await database.fetchrow("SELECT to_regclass('done')"))[0] is not None


async def test_what_went_wrong_is_told_though_the_service_closes_before_its_connections_are(database_url):
    with pytest.raises(LookupError, match="what is wrong"):
        await closed_while_parting(database_url, fault)


@pytest.mark.parametrize("outcome", [answer, fault])
async def test_nothing_of_done_work_is_left_when_the_service_closes(database_url, outcome, caplog, recwarn):
    gc.collect()  # what other tests have left behind
    caplog.clear()
    recwarn.clear()
    await asyncio.gather(closed_while_parting(database_url, outcome), return_exceptions=True)
    gc.collect()
    assert (caplog.messages, [one.message for one in recwarn if one.category is RuntimeWarning]) == ([], [])


async def test_whoever_goes_away_while_connections_close_makes_room_for_the_next(apart):
    lingering = Lingering(answer)
    asked = asyncio.create_task(apart.run(lingering))
    await asyncio.to_thread(lingering.closing.wait)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    await free(apart)


async def test_nothing_is_begun_once_the_service_is_closed(apart):
    begun = []

    async def work(database):
        begun.append(database)

    assert await apart.run(quick) == 1
    await apart.close()
    with pytest.raises(errors.Unavailable):
        await apart.run(work)
    assert begun == []


async def test_without_a_thread_nothing_is_left_behind_and_later_work_is_done(apart, caplog, recwarn):
    gc.collect()  # what other tests have left behind
    caplog.clear()
    recwarn.clear()
    before = threading.stack_size(2**60)  # more than any machine has
    try:
        with pytest.raises(errors.Unavailable):
            await apart.run(quick)
    finally:
        threading.stack_size(before)
    gc.collect()
    assert (caplog.messages, [one.message for one in recwarn if one.category is RuntimeWarning]) == ([], [])
    assert await apart.run(quick) == 1


async def test_closing_waits_for_no_work_that_does_not_end(small_county):
    stuck = Stuck()
    asked = asyncio.create_task(small_county.apart.run(stuck))
    await asyncio.to_thread(stuck.begun.wait)
    async with asyncio.timeout(60):
        await small_county.close()
    assert not stuck.done
    stuck.may_end.set()
    await asked  # it was done after all, and whoever still waits is told so
    assert stuck.done


def test_a_process_ends_though_its_work_does_not(database_url):
    program = """
        import asyncio, sys, threading
        from dispatch.usecases.apart import Apart

        async def main():
            begun, apart = threading.Event(), Apart(sys.argv[1])

            async def stuck(database):
                begun.set()
                threading.Event().wait()

            asked = asyncio.create_task(apart.run(stuck))
            await asyncio.to_thread(begun.wait)
            await apart.close()

        asyncio.run(main())
        print("ended")
    """
    command = [sys.executable, "-c", textwrap.dedent(program), database_url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "ended\n", "")
