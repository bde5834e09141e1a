"""Files that were checked, kept on this machine until they are brought in: an hour, and for whoever sent them alone.

They are written where nobody looks for them, come under their name whole at once, and never change there; what is
brought in is held against its id first. So no two who keep, forget and bring in at once, in however many processes,
ever make something else of them than what was checked.
"""

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from dispatch.domain import errors

KEPT = timedelta(hours=1)
"""How long what was checked is kept: until it is brought in, at most so long."""

_LONGEST_NAME = 255  # bytes, on every file system that matters here
_ENDS = (".csv", ".geojson", ".xlsx")  # what an import tells files by


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent."""

    name: str
    content: bytes

    @property
    def stored(self) -> str:
        """What it is called here: its name, or a digest of one that is too long for a disk, which counts bytes."""
        name = self.name.encode()
        if len(name) <= _LONGEST_NAME:
            return self.name
        return hashlib.sha256(name).hexdigest() + next((end for end in _ENDS if self.name.lower().endswith(end)), "")


@dataclass(frozen=True, slots=True)
class Kept:
    """Where files of some content are kept for somebody."""

    ident: str
    """The digest of their names and contents."""
    person_id: int | None

    @classmethod
    def of(cls, sent: Iterable[Sent], person_id: int | None) -> "Kept":
        """Return where these files are kept for somebody."""
        return cls(_digest(sorted((one.stored, one.content) for one in sent)), person_id)

    @contextlib.contextmanager
    def written(self, sent: Iterable[Sent]) -> Iterator[Path]:
        """Write the files into a directory of their own, for as long as it is worked with.

        Raises:
            Unavailable: the directory for such files is not our own.
            NoRoom: the disk is full.
        """
        with room():
            root = _root()
        _forget_old(root)
        with _aside(root) as own:
            with room():
                for one in sent:
                    kept = os.open(own / one.stored, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                    with os.fdopen(kept, "wb") as file:
                        file.write(one.content)
            yield own

    def keep(self, own: Path) -> None:
        """Keep what lies written in ``own``, for an hour from now on; what is kept already stays as it is."""
        os.utime(own)
        place = self._place()
        while True:
            try:
                own.rename(place)
            except OSError as taken:
                if taken.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                    raise
            else:
                return
            with contextlib.suppress(FileNotFoundError):  # it was just forgotten, and there is room for this one
                os.utime(place)
                return

    def stands(self) -> bool:
        """Whether it is kept, and not for too long."""
        place = self._place()
        with contextlib.suppress(OSError):
            return place.is_dir() and _age(place) <= KEPT
        return False

    @contextlib.contextmanager
    def opened(self) -> Iterator[Path | None]:
        """Give what is kept, or None if it is not, in a directory of one's own: it may be forgotten meanwhile.

        It stays kept, also where the process ends half way, so that whoever is bringing it in can try again; what is
        there but is not what was checked can only be dropped.

        Raises:
            NoRoom: the disk is full.
        """
        place = self._place()
        with _aside(place.parent) as own:
            whole = False
            with room(), contextlib.suppress(FileNotFoundError):
                for file in place.iterdir():
                    os.link(file, own / file.name)
                whole = self.stands() and _digest(_lying(own)) == self.ident
            if not whole:
                self.drop()
            yield own if whole else None

    def drop(self) -> None:
        """Keep it no longer."""
        with contextlib.suppress(OSError):
            _remove(self._place())

    def _place(self) -> Path:
        return _root() / hashlib.sha256(f"{self.person_id}:{self.ident}".encode()).hexdigest()


@contextlib.contextmanager
def room() -> Iterator[None]:
    """Write something, and tell a full disk in words that help.

    Raises:
        NoRoom: there is no room on the disk, or what one may use of it is used up.
    """
    try:
        yield
    except OSError as full:
        if full.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise errors.NoRoom from full


def forget_old() -> None:
    """Remove from this machine what was checked more than an hour ago; it holds the people of a whole county."""
    root = _beside_others()
    with contextlib.suppress(FileNotFoundError):
        if _ours(root):
            _forget_old(root)


def _digest(in_order: Iterable[tuple[str, bytes]]) -> str:
    digest = hashlib.sha256()
    for stored, content in in_order:
        digest.update(f"{stored}\0{len(content)}\0".encode())
        digest.update(content)
    return digest.hexdigest()


def _lying(place: Path) -> Iterator[tuple[str, bytes]]:
    return ((file.name, file.read_bytes()) for file in sorted(place.iterdir(), key=lambda file: file.name))


def _root() -> Path:
    """Return our own directory for what is kept, which nobody else may look into."""
    root = _beside_others()
    root.mkdir(mode=0o700, exist_ok=True)
    if not _ours(root):
        raise errors.Unavailable(seconds=60)
    return root


def _beside_others() -> Path:
    return Path(tempfile.gettempdir()) / f"grid-dispatch-imports-{os.getuid()}"


def _ours(root: Path) -> bool:
    """Whether a directory is our own alone: where everybody may write, somebody else may have been first."""
    state = root.lstat()
    return stat.S_ISDIR(state.st_mode) and state.st_uid == os.getuid() and not state.st_mode & 0o077


@contextlib.contextmanager
def _aside(root: Path) -> Iterator[Path]:
    """Make a directory that nobody else knows of; what a process leaves behind that ends meanwhile, is forgotten."""
    with room():
        own = Path(tempfile.mkdtemp(prefix="own-", dir=root))
    try:
        yield own
    finally:
        shutil.rmtree(own, ignore_errors=True)


def _forget_old(root: Path) -> None:
    for one in root.iterdir():
        with contextlib.suppress(OSError):
            if _age(one) > KEPT:
                _remove(one)


def _remove(place: Path) -> None:
    """Remove a place as a whole: file by file, somebody would find the rest of it under its name."""
    gone = place.rename(place.with_name(f"gone-{secrets.token_hex(16)}"))
    shutil.rmtree(gone, ignore_errors=True)


def _age(place: Path) -> timedelta:
    written = datetime.fromtimestamp(place.stat().st_mtime, UTC)
    return datetime.fromtimestamp(time.time(), UTC) - written
