"""What is decided about the county as a whole, and how each act is chained to the one before it (决策台账)."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.domain.ledger import GENESIS, link, microseconds
from dispatch.domain.vocabulary import Word


class Subject(Word):
    """What an act of the county is about."""

    POLICY = "policy", "时限与派单规则", "clocks and the ladder of offers"
    CALENDAR = "calendar", "工作日历", "the working calendar"
    EMERGENCY = "emergency", "平急转换", "an emergency"
    TREE = "tree", "网格调整", "a change of the tree of grids"
    PROJECT = "project", "项目", "a project"
    IMPORT = "import", "县资料导入", "an import of the county's files"
    PEOPLE = "people", "人员与角色", "people and roles"


@dataclass(frozen=True, slots=True)
class Entry:
    """One act: ``data`` is JSON without anything personal, ``actor_id`` None where the system acts by itself."""

    at: datetime
    actor_id: int | None
    subject: Subject
    grid_id: int
    data: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Act:
    """An entry as it stands in the ledger of its region; ``entry`` is None where the row can't even be read."""

    region: int
    number: int
    entry: Entry | None
    hash: bytes


@dataclass(frozen=True, slots=True)
class Broken:
    """Something wrong with a region's chain: the act with ``number`` is ``missing``, or else was altered."""

    region: int
    number: int
    missing: bool


def act_hash(previous: bytes, region: int, number: int, entry: Entry) -> bytes:
    """Return the 32-byte hash of an act chained to the hash before it, ``GENESIS`` for the first of a region.

    Raises:
        ValueError: a number in its data is infinite or not a number.
    """
    body = {
        "region": region,
        "number": number,
        "at": microseconds(entry.at),
        "actor": entry.actor_id,
        "subject": entry.subject.value,
        "grid": entry.grid_id,
        "data": dict(entry.data),
    }
    return link(previous, body)


def examine(acts: Iterable[Act], anchored: Iterable[tuple[int, int, bytes]] = ()) -> Iterator[Broken]:
    """Yield what is wrong with the chains of all regions.

    Args:
        acts: every act there is, by rising region and number.
        anchored: (region, number, hash) of acts as they were anchored; each must still be there.
    """
    heads = {(region, number): head for region, number, head in anchored}
    last: dict[int, int] = {}
    for held, number in heads:
        last[held] = max(number, last.get(held, 0))
    region, follows, previous = None, 1, {GENESIS}
    for act in acts:
        if act.region != region:
            if region is not None:
                yield from _missing(region, follows, last.pop(region, 0) + 1)
            region, follows, previous = act.region, 1, {GENESIS}
        yield from _missing(act.region, follows, act.number)
        chained = act.number == follows
        mine = {_recomputed(before, act) for before in previous}
        if (chained and act.hash not in mine) or heads.get((act.region, act.number), act.hash) != act.hash:
            yield Broken(act.region, act.number, missing=False)
        follows, previous = act.number + 1, {act.hash, *(made for made in mine if made is not None)}
    if region is not None:
        yield from _missing(region, follows, last.pop(region, 0) + 1)
    for absent in sorted(last):
        yield from _missing(absent, 1, last[absent] + 1)


MOST_MISSING = 1_000
"""Of a longer gap only the first are named: somebody may have written a number that leaves out millions."""


def _missing(region: int, first: int, end: int) -> Iterator[Broken]:
    for number in range(first, min(end, first + MOST_MISSING)):
        yield Broken(region, number, missing=True)


def _recomputed(previous: bytes, act: Act) -> bytes | None:
    if act.entry is None:
        return None
    try:
        return act_hash(previous, act.region, act.number, act.entry)
    except (AttributeError, TypeError, ValueError, OverflowError):
        return None
