"""What an emergency (平急转换) is asked for with, and everything that may be wrong with it, field by field."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from dispatch.domain import errors
from dispatch.domain.emergency import EARLIEST, LATEST, LONGEST, MOST_NAME, MOST_REASON
from dispatch.domain.world import World
from dispatch.usecases.acting import grid_named
from grid_model.routing import Branch, UnknownBranch


@dataclass(frozen=True, slots=True)
class Temporary:
    """A temporary branch (临时党支部) on the grid with that code; ``secretary`` is a person's code."""

    name: str
    grid: str
    secretary: str | None = None


@dataclass(frozen=True, slots=True)
class Seconded:
    """Somebody, by code, who serves in a branch: one of the temporary ones by name, or another by its code."""

    person: str
    branch: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """An emergency as it is asked for; without ``starts_at`` it begins now."""

    grid: str
    starts_at: datetime | None
    ends_at: datetime
    reason: str
    branches: tuple[Temporary, ...] = ()
    members: tuple[Seconded, ...] = ()


def times(starts_at: datetime, ends_at: datetime, now: datetime) -> list[dict[str, str]]:
    """Return what is wrong with when it begins and ends."""
    days = LONGEST.days
    faults = []
    for field, at in (("starts_at", starts_at), ("ends_at", ends_at)):
        if not EARLIEST <= at <= LATEST:  # what is refused here could not even be reckoned with
            faults.append(errors.fault(field, "时间须在 2000 年至 2999 年之间", "must lie between 2000 and 2999"))
    if faults:
        return faults
    if ends_at <= max(starts_at, now):
        faults.append(errors.fault("ends_at", "要晚于开始时间和现在", "must be later than the beginning, and than now"))
    if ends_at > starts_at + LONGEST:
        faults.append(errors.fault("ends_at", f"最长 {days} 天", f"at most {days} days after the beginning"))
    if starts_at > now + LONGEST:
        faults.append(errors.fault("starts_at", f"最多提前 {days} 天", f"at most {days} days ahead"))
    return faults


def words(wanted: Wanted) -> list[dict[str, str]]:
    """Return what is wrong with the words: they stand on the ledger for ever."""
    faults = []
    if not _spoken(wanted.reason, MOST_REASON, "\n\r\t"):
        faults.append(
            errors.fault(
                "reason",
                f"请写明事由，最多 {MOST_REASON} 字，不含控制字符",
                f"say why, in at most {MOST_REASON} characters and no control characters",
            )
        )
    for at, one in enumerate(wanted.branches):
        if not _spoken(one.name, MOST_NAME, ""):
            faults.append(
                errors.fault(
                    f"branches.{at}.name",
                    f"名称须为一行，1–{MOST_NAME} 字",
                    f"a name is one line of 1 to {MOST_NAME} characters",
                )
            )
    return faults


_UNSPOKEN = frozenset({"Cc", "Cs", "Zl", "Zp"})


def _spoken(text: str, most: int, breaks: str) -> bool:
    """Tell whether a text is not blank, not too long, and nothing but what can be read, beside these ``breaks``."""
    return (
        0 < len(text) <= most
        and not text.isspace()
        and all(one in breaks or unicodedata.category(one) not in _UNSPOKEN for one in text)
    )


def places(wanted: Wanted, grid_id: int, world: World) -> list[dict[str, str]]:
    """Return what is wrong with where branches are and members serve."""
    faults = []
    names = [one.name for one in wanted.branches]
    for at, one in enumerate(wanted.branches):
        if names.index(one.name) != at:
            faults.append(errors.fault(f"branches.{at}.name", "名称重复", "this name stands twice"))
        try:
            inside = world.tree.within(grid_named(one.grid, world.tree), grid_id)
        except errors.Invalid:
            inside = False
        if not inside:
            faults.append(errors.fault(f"branches.{at}.grid", "不在此次范围内", "this grid is not below that one"))
    for at, member in enumerate(wanted.members):
        if member.branch not in names and _standing(member.branch, grid_id, world) is None:
            faults.append(
                errors.fault(
                    f"members.{at}.branch",
                    "须为上面的临时党支部名称，或范围内在用支部的代码",
                    "must be the name of a temporary branch above, or the code of an active branch below that grid",
                )
            )
    return faults


def _standing(code: str, grid_id: int, world: World) -> Branch | None:
    """Return the active branch of that code below the grid, or None."""
    try:
        branch = world.branches.by_code(code)
    except UnknownBranch:
        return None
    return branch if branch.active and world.tree.within(branch.grid_id, grid_id) else None
