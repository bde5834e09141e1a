"""The service as processes: started, killed, stopped, and found in order again."""

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

import psutil
import pytest

from dispatch.postgres import Postgres

WAIT_S = 60  # what nothing here comes near, on the slowest machine that still works
READY = "就绪 / ready"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def until(true, what):
    end = time.monotonic() + WAIT_S
    while not (found := true()):
        assert time.monotonic() < end, f"waited in vain for {what}"
        time.sleep(0.05)
    return found


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
            with urllib.request.urlopen(request, timeout=10) as response:
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

    def ctrl_c(self):
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


def test_it_runs_on_its_own_server_survives_a_kill_and_stops_whole(start):
    first = start("--no-scheduler").ready()
    assert first.get("/healthz")[0] == 200
    assert first.server_runs()
    first.process.kill()
    first.process.wait()

    second = start().ready()
    assert second.get("/healthz")[0] == 200
    os.kill(second.process.pid, signal.SIGINT)
    os.killpg(second.process.pid, signal.SIGINT)  # somebody impatient
    assert second.process.wait(WAIT_S) == 0
    assert not second.server_runs()
    assert "Traceback" not in second.log.read_text()
    with pytest.raises(OSError, match=r"refused"):
        second.get("/healthz")


def test_its_own_server_comes_back_when_somebody_kills_it(start):
    running = start("--no-scheduler").ready()
    server = int((running.data / "postgres" / "postmaster.pid").read_text().split("\n")[0])
    os.kill(server, signal.SIGKILL)
    until(lambda: "重新启动" in running.log.read_text(), "word of the restart")
    until(lambda: json.loads(running.get("/readyz")[1])["checks"]["database"]["ok"], "the database")
    assert running.ctrl_c() == 0


def test_two_workers_answer_a_dead_one_is_replaced_and_ctrl_c_stops_all(start, database_url):
    running = start("--workers", "2", url=database_url).ready()
    one, other = running.workers()
    os.kill(one, signal.SIGKILL)
    until(lambda: one not in running.workers(), "the death")
    assert all(running.get("/healthz")[0] == 200 for _ in range(10))  # the other alone
    replaced = until(lambda: len(now := running.workers()) == 2 and now, "the replacement")
    assert other in replaced
    os.kill(other, signal.SIGKILL)
    until(lambda: other not in running.workers(), "the other's death")
    assert all(running.get("/healthz")[0] == 200 for _ in range(10))  # the replacement alone
    assert str(one) in running.log.read_text()
    assert running.ctrl_c() == 0
    assert not any(psutil.pid_exists(pid) and psutil.Process(pid).status() != "zombie" for pid in replaced)


def test_figures_are_those_of_all_workers(start, database_url):
    running = start("--workers", "2", "--no-scheduler", url=database_url).ready()
    before = _answered(running)
    for _ in range(20):
        running.get("/healthz")
    assert _answered(running) == before + 20


def _answered(running):
    lines = running.get("/metrics")[1].decode().splitlines()
    counted = [line for line in lines if line.startswith("dispatch_http_requests_total") and "/healthz" in line]
    return sum(float(line.rsplit(" ", 1)[1]) for line in counted)


def test_no_worker_outlives_a_parent_that_is_killed(start, database_url):
    running = start("--workers", "2", url=database_url).ready()
    workers = [psutil.Process(pid) for pid in running.workers()]
    running.process.kill()
    running.process.wait()
    _, alive = psutil.wait_procs(workers, timeout=WAIT_S)
    assert [each for each in alive if each.status() != "zombie"] == []


def test_a_request_under_way_is_answered_before_it_stops(start, database_url):
    running = start("--no-scheduler", url=database_url).ready()
    with socket.create_connection(("127.0.0.1", running.port)) as client:
        client.sendall(b"POST /api/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n")
        client.sendall(b"Content-Length: 2\r\n\r\n{")
        until(lambda: running.get("/healthz")[0] == 200, "an answer, so that the first half has arrived")
        os.kill(running.process.pid, signal.SIGTERM)
        until(lambda: not _accepts(running.port), "the port to close")
        client.sendall(b"}")
        assert client.recv(1000).startswith(b"HTTP/1.1 4")
    assert running.process.wait(WAIT_S) == 0


def _accepts(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


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


def test_without_a_county_it_serves_says_so_and_tells_how_to_get_one(start, database_url):
    running = start(url=database_url).ready()
    assert "grid-dispatch import" in running.log.read_text()
    status, body = running.get("/readyz")
    assert status == 503
    assert not json.loads(body)["checks"]["county"]["ok"]


def test_a_clock_that_does_not_run_in_real_time_is_said_loudly(start, database_url):
    running = start("--no-scheduler", url=database_url, DISPATCH_CLOCK_RATE="3600").ready()
    assert "3600 倍" in running.log.read_text()
    assert json.loads(running.get("/readyz")[1])["clock"]["rate"] == 3600


def test_a_database_that_is_away_at_the_start_is_one_sentence(start):
    running = start(url="postgresql://nobody@127.0.0.1:9/nothing")
    assert running.process.wait(WAIT_S) == 1
    said = running.log.read_text()
    assert "DISPATCH_DATABASE_URL" in said
    assert "Traceback" not in said
