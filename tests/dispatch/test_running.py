"""The service as processes: started, killed, stopped, and found in order again."""

import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import asyncpg
import psutil
import pytest

from bench.machine import free_port
from dispatch.postgres import Postgres

WAIT_S = 120  # what nothing here comes near, on the slowest machine that still works
READY = "就绪 / ready"


def until(true, what):
    end = time.monotonic() + WAIT_S
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return found


def alive(pid):
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def checks(running):
    return json.loads(running.get("/readyz")[1])["checks"]


def answered(running):
    """Return how often /healthz was answered, by the service's own figures."""
    lines = running.get("/metrics")[1].decode().splitlines()
    counted = [line for line in lines if line.startswith("dispatch_http_requests_total") and "/healthz" in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


class Running:
    """A `grid-dispatch serve` of our own, in a session of its own as from a terminal of its own."""

    def __init__(self, tmp_path, *arguments, url=None, **environment):
        self.data = tmp_path / "data"
        self.port = free_port()
        self.log = tmp_path / f"stderr-{self.port}"
        env = {**os.environ, "DISPATCH_DATA_DIR": str(self.data), "PORT": str(self.port), **environment}
        env.pop("DISPATCH_DATABASE_URL", None)
        if url is not None:
            env["DISPATCH_DATABASE_URL"] = url
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "dispatch", "serve", *arguments],
                env=env,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self.said = []

    def ready(self):
        for line in self.process.stdout:
            self.said.append(line)
            if READY in line:
                return self
        raise AssertionError("".join(self.said) + self.log.read_text())

    def get(self, path):
        """Return (status, body) over a connection of its own."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", headers={"Connection": "close"})
        try:
            with urllib.request.urlopen(request, timeout=WAIT_S) as response:  # noqa: S310 - our own address
                return response.status, response.read()
        except urllib.error.HTTPError as error:
            return error.code, error.read()

    def workers(self):
        """Return the children that listen on the port, by their process numbers."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                ports = [each.laddr.port for each in child.net_connections("inet") if each.status == "LISTEN"]
                if self.port in ports:
                    found.append(child.pid)
        return sorted(found)

    def scheduler(self):
        """Return the process numbers of the children that only tick; it is one, or none."""
        found = []
        for child in psutil.Process(self.process.pid).children(recursive=True):
            with contextlib.suppress(psutil.Error):
                if "_scheduler" in child.cmdline():
                    found.append(child.pid)
        return found

    def ctrl_c(self, times=1):
        for _ in range(times):
            os.killpg(self.process.pid, signal.SIGINT)
        return self.process.wait(WAIT_S)

    def server_runs(self):
        return Postgres((self.data / "postgres").resolve()).alive()


@pytest.fixture
def start(tmp_path):
    with contextlib.ExitStack() as stack:

        def begin(*arguments, **options):
            running = Running(tmp_path, *arguments, **options)

            def end():
                if running.process.poll() is None:
                    running.process.terminate()
                running.process.wait(WAIT_S)
                running.process.stdout.close()

            stack.callback(end)
            return running

        yield begin


def test_it_runs_on_its_own_server_survives_kills_and_stops_whole(start):
    first = start("--no-scheduler").ready()
    assert first.get("/healthz")[0] == 200
    assert first.server_runs()
    first.process.kill()
    first.process.wait()

    second = start().ready()
    assert second.get("/healthz")[0] == 200
    server = int((second.data / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    os.kill(server, signal.SIGKILL)
    until(lambda: "重新启动" in second.log.read_text(), "word of the server's restart")
    until(lambda: checks(second)["database"]["ok"], "the database")
    until(lambda: checks(second)["scheduler"]["ok"], "the scheduler's tick")

    assert second.ctrl_c(times=2) == 0  # somebody impatient
    assert not second.server_runs()
    assert "Traceback" not in second.log.read_text()
    with pytest.raises(OSError, match=r"refused"):
        second.get("/healthz")


def test_two_workers_answer_a_dead_one_is_replaced_and_ctrl_c_stops_all(start, database_url):
    running = start("--workers", "2", url=database_url).ready()
    one, other = running.workers()
    before = answered(running)
    for _ in range(20):
        running.get("/healthz")
    assert answered(running) == before + 20, "the figures are those of all workers"

    os.kill(one, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(one), "the death")  # gone whole, and what it listened on with it
    assert all(running.get("/healthz")[0] == 200 for _ in range(10)), "the other answers alone"
    replaced = until(lambda: len(now := running.workers()) == 2 and now, "the replacement")
    assert other in replaced
    os.kill(other, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(other), "the other's death")
    assert all(running.get("/healthz")[0] == 200 for _ in range(10)), "the replacement answers alone"
    assert str(one) in running.log.read_text()
    assert running.ctrl_c() == 0
    assert not any(alive(pid) for pid in replaced)


def test_beside_workers_the_scheduler_is_a_process_of_its_own_that_is_replaced_when_it_dies(start, database_url):
    running = start("--workers", "2", url=database_url).ready()
    until(lambda: checks(running)["scheduler"]["ok"], "the scheduler's tick")
    (first,) = running.scheduler()
    workers = running.workers()
    assert len(workers) == 2
    assert first not in workers
    before = checks(running)["scheduler"]["last_tick"]

    os.kill(first, signal.SIGKILL)
    until(lambda: not psutil.pid_exists(first), "the death")
    (second,) = until(running.scheduler, "the replacement")
    assert second != first
    until(lambda: checks(running)["scheduler"]["last_tick"] > before, "the replacement's tick")
    assert running.workers() == workers, "nobody else was disturbed"
    assert f"定时任务（进程号 {first}）" in running.log.read_text()

    running.process.terminate()
    assert running.process.wait(WAIT_S) == 0
    assert not any(alive(pid) for pid in (*workers, second))
    assert "Traceback" not in running.log.read_text()


def test_without_the_scheduler_there_are_only_workers(start, database_url):
    running = start("--workers", "2", "--no-scheduler", url=database_url).ready()
    assert len(running.workers()) == 2
    assert running.scheduler() == []
    assert not checks(running)["scheduler"]["ok"]


def test_nobody_outlives_a_parent_that_is_killed(start, database_url):
    running = start("--workers", "2", url=database_url).ready()
    family = [*running.workers(), *running.scheduler()]
    assert len(family) == 3
    running.process.kill()
    running.process.wait()
    until(lambda: not any(alive(pid) for pid in family), "the family to end")


def test_no_process_shows_the_databases_address(start):
    running = start("--workers", "2").ready()
    for child in psutil.Process(running.process.pid).children():
        with contextlib.suppress(psutil.Error):
            assert "postgresql://" not in " ".join([*child.cmdline(), *child.environ().values()])
    assert running.server_runs()
    assert running.ctrl_c() == 0
    assert not running.server_runs()


async def test_it_says_what_is_unusual_and_answers_what_is_under_way_before_it_stops(start, database_url):
    running = start("--no-scheduler", url=database_url, DISPATCH_CLOCK_RATE="3600").ready()
    said = running.log.read_text()
    assert "grid-dispatch import" in said, "there is no county"
    assert "3600 倍" in said
    status, body = running.get("/readyz")
    assert status == 503
    assert not json.loads(body)["checks"]["county"]["ok"]
    assert json.loads(body)["clock"]["rate"] == 3600

    connection = await asyncpg.connect(database_url)
    async with connection.transaction():
        await connection.execute("LOCK TABLE migrations IN ACCESS EXCLUSIVE MODE")
        waiting = asyncio.create_task(asyncio.to_thread(running.get, "/readyz"))
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)
            if waiting.done():  # it gave the database up before we looked
                waiting = asyncio.create_task(asyncio.to_thread(running.get, "/readyz"))
        running.process.stdout.close()  # nobody reads any more what it says
        os.kill(running.process.pid, signal.SIGTERM)
        until(lambda: not accepts(running.port), "the port to close")
    assert (await waiting)[0] == 503
    await connection.close()
    assert running.process.wait(WAIT_S) == 0


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_port_in_use_is_refused_before_anything_is_started(start, workers):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        running = start("--workers", workers, "--port", str(taken.getsockname()[1]))
        assert running.process.wait(WAIT_S) == 1
    said = running.log.read_text()
    assert "已被占用" in said
    assert "in use" in said
    assert "Traceback" not in said
    assert not running.data.exists()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_database_that_is_away_at_the_start_is_one_sentence(start, workers):
    running = start("--workers", workers, url="postgresql://nobody@127.0.0.1:9/nothing")
    assert running.process.wait(WAIT_S) == 1
    said = running.log.read_text()
    assert "DISPATCH_DATABASE_URL" in said
    assert len(said.strip().splitlines()) == 1
    assert not accepts(running.port)


def test_what_serves_loads_nothing_that_only_some_requests_want():
    heavy = {"networkx", "numpy", "rich", "scipy", "shapely", "PIL", "reportlab"}
    script = (
        "import sys; from dispatch.cli import member; member.web.load(); member.ticking.load(); print(*sys.modules)"
    )
    loaded = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True).stdout.split()
    assert not heavy & set(loaded)
