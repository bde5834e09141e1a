"""Who runs PostgreSQL's programs: ourselves, or somebody else where we are root, which the server refuses to be."""

import os
import pwd
import shutil
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from dispatch.running import CannotRunError

_SYSTEM_USER = "pgserver"


@dataclass(frozen=True, slots=True)
class Owner:
    """Who runs the programs; ``name`` None means whoever we are."""

    name: str | None
    uid: int
    gid: int


def owner(folder: Path) -> Owner:
    """Return who runs the server: ourselves, or as root the owner of the data, or else a user made for it."""
    try:
        held_by = folder.stat().st_uid
    except FileNotFoundError:
        held_by = os.geteuid()
    except OSError:
        held_by = -1
    if os.geteuid() != 0:
        if held_by != os.geteuid():
            raise CannotRunError(
                f"数据目录 {folder} 属于另一个用户；请换用那个用户，或用 DISPATCH_DATA_DIR 另选目录。",
                f"The data in {folder} belongs to another user; run as that user, or choose another folder with "
                "DISPATCH_DATA_DIR.",
            )
        return Owner(None, os.geteuid(), os.getegid())
    try:
        found = pwd.getpwnam(_SYSTEM_USER) if held_by == 0 else pwd.getpwuid(held_by)
    except KeyError:
        found = _new_user()
    return Owner(found.pw_name, found.pw_uid, found.pw_gid)


def _new_user() -> pwd.struct_passwd:
    add = shutil.which("useradd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/sbin")
    try:
        if add is not None:
            make = [add, "--system", "--shell", "/usr/sbin/nologin", _SYSTEM_USER]
            subprocess.run(make, check=True, capture_output=True)  # noqa: S603 - our own words
        return pwd.getpwnam(_SYSTEM_USER)
    except (KeyError, OSError, subprocess.CalledProcessError) as error:
        raise CannotRunError(
            f"PostgreSQL 不能以 root 运行，也无法建立系统用户 {_SYSTEM_USER};请以普通用户运行。",
            f"PostgreSQL does not run as root, and no system user {_SYSTEM_USER} could be made; run as a plain user.",
        ) from error


def let_reach(folder: Path) -> None:
    """Let the server's user pass through ``folder`` and the folders above it, without letting anybody list them."""
    for each in (folder, *folder.parents):
        mode = each.stat().st_mode
        if not mode & stat.S_IXOTH:
            each.chmod(mode | stat.S_IXOTH)


def let_read(folder: Path) -> None:
    """Let the server's user read and run what lies in ``folder``, where a strict umask kept it to root."""
    let_reach(folder.parent)
    if (folder / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return  # they came in together, under one umask
    for each in (folder, *folder.rglob("*")):
        if not each.is_symlink():
            mode = each.stat().st_mode
            passing = stat.S_IXOTH if mode & stat.S_IXUSR else 0
            if mode & (stat.S_IROTH | passing) != stat.S_IROTH | passing:
                each.chmod(mode | stat.S_IROTH | passing)
