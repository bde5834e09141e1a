"""The embedded server: made once, shared, stopped by the last, and no worse for a kill."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import asyncpg
import psutil
import pytest

from dispatch.embedded import Embedded, embedded
from dispatch.postgres import NEW_MAJOR, Postgres
from dispatch.running import CannotRunError

HOLDER = """
import sys
from pathlib import Path
from dispatch.embedded import embedded
with embedded(Path(sys.argv[1])) as url:
    print(url, flush=True)
    sys.stdin.read()
"""


def hold(folder):
    """Start another process that uses the server until its standard input ends."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    return process, process.stdout.readline().strip()


def postmaster(folder):
    return int((folder / "postgres" / "postmaster.pid").read_text().split("\n")[0])


def running(folder):
    return Postgres((folder / "postgres").resolve()).alive()


async def ask(url, statement):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A data folder whose server was made already; each test finds it stopped and leaves it stopped."""
    made = tmp_path_factory.mktemp("data") / "not" / "there yet"
    with embedded(made):
        pass
    return made


async def test_what_is_written_is_there_the_next_time(folder):
    with embedded(folder) as url:
        await ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert not running(folder)
    with embedded(folder) as url:
        assert await ask(url, "SELECT n FROM kept") == 7
    assert not running(folder)


def test_whoever_let_go_starts_it_no_more(folder):
    held = Embedded(folder)
    held.close()
    assert not held.revive()
    assert not running(folder)


async def test_nothing_is_traded_for_speed_that_could_lose_data(folder):
    with embedded(folder) as url:
        for setting in ("fsync", "full_page_writes", "synchronous_commit", "data_checksums"):
            assert await ask(url, f"SHOW {setting}") == "on"
        assert await ask(url, "SHOW shared_buffers") == "256MB"
        assert await ask(url, "SHOW jit") == "off"


async def test_it_listens_on_no_network_and_its_socket_is_its_owners_alone(folder):
    with embedded(folder) as url:
        assert await ask(url, "SHOW listen_addresses") == ""
        sockets = Path(await ask(url, "SHOW unix_socket_directories"))
        assert sockets.stat().st_mode & 0o077 == 0


async def test_processes_share_it_and_the_last_to_leave_stops_it(folder):
    other, url_there = hold(folder)
    with embedded(folder) as url:
        assert url == url_there
        pid = postmaster(folder)
    assert running(folder)
    assert postmaster(folder) == pid
    assert await ask(url, "SELECT 1") == 1
    other.communicate("")
    assert other.returncode == 0
    assert not running(folder)


def test_a_user_that_is_killed_does_not_keep_it_running_for_ever(folder):
    other, _ = hold(folder)
    pid = postmaster(folder)
    other.kill()
    other.wait()
    assert running(folder)
    with embedded(folder):
        assert postmaster(folder) == pid
    assert not running(folder)


async def test_many_that_come_and_go_at_once_all_find_it(folder):
    found = []

    def visit():
        with embedded(folder) as url:
            found.append(url)

    visitors = [threading.Thread(target=visit) for _ in range(6)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join()
    assert len(found) == 6
    assert not running(folder)


async def test_a_server_that_was_killed_recovers_what_was_committed(folder):
    other, url = hold(folder)
    await ask(url, "CREATE TABLE survivor AS SELECT 9 AS n")
    os.kill(postmaster(folder), signal.SIGKILL)
    other.kill()
    other.wait()
    with embedded(folder) as url:
        assert await ask(url, "SELECT n FROM survivor") == 9


@pytest.mark.parametrize("line", ["{pid}", "1", "999999999"])
async def test_a_stale_number_in_postmaster_pid_is_seen_through(folder, line):
    # after a power cut the number may be another process's: here our own, the first one's, or nobody's
    other, _ = hold(folder)
    file = folder / "postgres" / "postmaster.pid"
    rest = file.read_text().split("\n")[1:]
    os.kill(postmaster(folder), signal.SIGKILL)
    other.kill()
    other.wait()
    file.write_text("\n".join([line.format(pid=os.getpid()), *rest]))
    with embedded(folder) as url:
        assert await ask(url, "SELECT 1") == 1


async def test_it_is_revived_where_somebody_ends_it_under_us(folder):
    from dispatch.embedded import Embedded  # noqa: PLC0415

    held = Embedded(folder)
    assert not held.revive()
    os.kill(postmaster(folder), signal.SIGKILL)
    until = time.monotonic() + 120
    while running(folder) and time.monotonic() < until:
        time.sleep(0.01)
    assert held.revive()
    assert await ask(held.url, "SELECT 1") == 1
    held.close()
    assert not running(folder)


def test_ctrl_c_does_not_reach_the_server(folder):
    with embedded(folder):
        server = psutil.Process(postmaster(folder))
        assert os.getpgid(server.pid) != os.getpgid(0)
        assert os.getsid(server.pid) != os.getsid(0)


async def test_a_path_too_long_for_a_socket_and_full_of_odd_characters_will_do(tmp_path):
    odd = tmp_path / f"兴县 '数据' \"$HOME\" {'长' * 40}"
    with embedded(odd) as url:
        assert await ask(url, "SELECT current_database()") == "grid_dispatch"
        sockets = Path(await ask(url, "SHOW unix_socket_directories"))
    assert not running(odd)
    assert not sockets.exists()


def test_a_first_start_that_was_killed_half_way_is_begun_anew(tmp_path):
    half = tmp_path / "postgres.new"
    half.mkdir()
    (half / "PG_VERSION").write_text(f"{NEW_MAJOR}\n")
    with embedded(tmp_path):
        assert running(tmp_path)
    assert not half.exists()


def test_a_folder_that_only_its_owner_may_enter_will_do(folder):
    # as root the server runs as somebody else, who has to get through to the data, and to nothing more
    folder.parent.chmod(0o700)
    with embedded(folder):
        assert running(folder)
    assert folder.parent.stat().st_mode & 0o077 in (0, 0o001)


def test_data_of_a_version_that_is_not_carried_is_left_alone_and_named(tmp_path):
    data = tmp_path / "postgres"
    data.mkdir()
    (data / "PG_VERSION").write_text("9\n")
    with pytest.raises(CannotRunError) as refused, embedded(tmp_path):
        pass
    assert "PostgreSQL 9" in refused.value.zh
    assert "PostgreSQL 9" in refused.value.en
    assert [file.name for file in data.iterdir()] == ["PG_VERSION"]


def test_a_folder_with_other_files_is_not_touched(tmp_path):
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "letter.txt").write_text("dear")
    with pytest.raises(CannotRunError, match=r"letter|other files"), embedded(tmp_path):
        pass
    assert (tmp_path / "postgres" / "letter.txt").read_text() == "dear"


def test_a_data_folder_that_is_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotRunError), embedded(tmp_path / "file"):
        pass


def test_a_server_that_cannot_start_says_why(folder):
    own = folder / "postgres" / "postgresql.auto.conf"
    before = own.read_text()
    own.write_text("no_such_setting = on\n")
    try:
        with pytest.raises(CannotRunError) as refused, embedded(folder):
            pass
    finally:
        own.write_text(before)
    assert "configuration file" in refused.value.en
