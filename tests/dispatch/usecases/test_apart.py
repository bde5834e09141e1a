"""Long work goes on one piece at a time, until it is really done, and nobody waits for it who need not."""

import asyncio
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


async def test_closing_waits_for_no_work_that_does_not_end(small_county):
    stuck = Stuck()
    asked = asyncio.create_task(small_county.apart.run(stuck))
    await asyncio.to_thread(stuck.begun.wait)
    async with asyncio.timeout(60):
        await small_county.close()
    assert not stuck.done
    stuck.may_end.set()
    with pytest.raises(errors.Unavailable):
        await asked


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
