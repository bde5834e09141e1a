"""The embedded PostgreSQL: one real server for each data folder, shared by every process of ours that needs it.

Who uses the server holds a shared lock on a file, which the kernel lets go however a process ends; whoever leaves last
stops the server. Starting and stopping happen under a second lock, one process at a time.
"""

import contextlib
import fcntl
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import IO
from urllib.parse import quote

from dispatch.postgres import DATABASE, Postgres
from dispatch.running import CannotRunError


class Embedded:
    """A hold on the server of one data folder; the server runs at least as long."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir.expanduser().absolute()
        try:
            self._data_dir.mkdir(parents=True, exist_ok=True)
            self._data_dir = self._data_dir.resolve()
            self._users = self._open("users")
        except OSError as error:
            raise CannotRunError(
                f"数据目录 {self._data_dir} 无法使用（{error.strerror}）；请查权限，或用 DISPATCH_DATA_DIR 换目录。",
                f"The data folder {self._data_dir} can't be used ({error.strerror}); check its permissions, or choose "
                "another with DISPATCH_DATA_DIR.",
            ) from error
        self._postgres = Postgres(self._data_dir / "postgres")
        with self._alone():
            fcntl.flock(self._users, fcntl.LOCK_SH)
            try:
                self._postgres.initialise()
                self._sockets = self._postgres.start()
            except BaseException:
                self._leave()
                raise

    @property
    def url(self) -> str:
        """The address of the service's database."""
        # The port is named so that a PGPORT in the environment does not lead elsewhere.
        return f"postgresql://postgres@/{DATABASE}?host={quote(str(self._sockets), safe='/')}&port=5432"

    def revive(self) -> bool:
        """Start the server again if somebody ended it; tell whether that was needed."""
        if self._postgres.alive():
            return False
        with self._alone():
            if self._users.closed:
                return False  # it was us: whoever looked was overtaken by ``close``
            self._sockets = self._postgres.start()
        return True

    def close(self) -> None:
        """Let go; the server stops if nobody else uses it."""
        with _undisturbed(), self._alone():
            self._leave()

    def _leave(self) -> None:
        try:
            fcntl.flock(self._users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return  # somebody else still uses it
        else:
            self._postgres.stop()
        finally:
            self._users.close()

    def _open(self, name: str) -> IO[bytes]:
        return (self._data_dir / f".postgres.{name}").open("ab")

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        with self._open("lock") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let an impatient second Ctrl-C not leave the server behind half stopped."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def embedded(data_dir: Path) -> Iterator[str]:
    """Run PostgreSQL in ``data_dir``/postgres and give the address of the service's database.

    The server is made at first use, started if it does not run, shared if it does, and stopped by whoever leaves last.

    Args:
        data_dir: made with its parents if missing.

    Raises:
        CannotRunError: the server can't be made or started here, or the data is of a version that isn't carried.
    """
    held = Embedded(data_dir)
    try:
        yield held.url
    finally:
        held.close()
