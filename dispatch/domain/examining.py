"""What is wrong with the record of one order: its events, its row, its texts and the anchors against each other."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from dispatch.domain.ledger import GENESIS, digest, event_hash
from dispatch.domain.order import Event, Order
from dispatch.domain.retelling import retell
from dispatch.domain.vocabulary import OPEN_STATES, Word

MOST_PERMUTED = 64
"""In an order with more wrong events than this we don't try which of them changed places: each try costs a hash."""

_ABSURD = (AttributeError, KeyError, TypeError, ValueError, OverflowError)


class Fault(Word):
    """What can be wrong with the ledger or with what it vouches for."""

    ALTERED_EVENT = "altered_event", "台账记录被改动", "the event was altered"
    MISSING_EVENT = "missing_event", "台账记录缺失", "the event is missing"
    REORDERED_EVENT = "reordered_event", "台账记录次序被调换", "the event changed its place"
    REWRITTEN_EVENT = "rewritten_event", "与锚中留存的不符", "the event is not the one that was anchored"
    BACKDATED_EVENT = (
        "backdated_event",
        "早于已下的锚，锚中却没有",
        "the event is older than an anchor that should hold it",
    )
    ALTERED_ORDER = "altered_order", "工单与台账不符", "the order is not as its events tell"
    ALTERED_DUE = "altered_due", "到期时间与时限不符", "what is due is not as the order's clocks tell"
    ORDER_WITHOUT_EVENTS = "order_without_events", "工单没有台账记录", "the order has no events"
    EVENTS_WITHOUT_ORDER = (
        "events_without_order",
        "只有台账记录，工单缺失",
        "there are events, but the order is missing",
    )
    MISSING_ORDER = "missing_order", "锚中有此工单，现已不存在", "the order was anchored and is missing"
    ALTERED_TEXT = "altered_text", "记录的文字被改动", "the event's text was altered"
    ALTERED_CONTENTS = "altered_contents", "群众填写的内容被改动", "what the resident told us was altered"
    MISSING_TEXT = "missing_text", "未办完的工单缺少文字", "an open order lacks a text, which is too early to be erased"
    ALTERED_PHOTO = "altered_photo", "照片被改动", "a photo was altered"
    MISSING_PHOTO = (
        "missing_photo",
        "未办完的工单缺少照片",
        "an open order lacks a photo, which is too early to be erased",
    )
    STRAY_PHOTO = "stray_photo", "照片没有所属的记录", "a photo belongs to nothing"
    STRAY_TEXT = "stray_text", "文字没有所属的记录", "a text belongs to nothing"
    ALTERED_ANCHOR = "altered_anchor", "锚被改动", "the anchor was altered"
    MISSING_ANCHOR = "missing_anchor", "锚缺失", "the anchor is missing"
    ALTERED_ACT = "altered_act", "决策台账记录被改动", "the act of the county was altered"
    MISSING_ACT = "missing_act", "决策台账记录缺失", "the act of the county is missing"
    ALTERED_POLICY = "altered_policy", "现行规则与决策台账不符", "the policy is not as the county's acts tell"
    ALTERED_CALENDAR = "altered_calendar", "工作日历与决策台账不符", "the calendar is not as the county's acts tell"
    UNKNOWN_ANCHOR = "unknown_anchor", "曾对外公布的锚已不存在", "an anchor that was published is not here"


@dataclass(frozen=True, slots=True)
class Flaw:
    """Something wrong with one order: at ``version``, through ``until`` where several in a row are meant."""

    fault: Fault
    version: int | None = None
    until: int | None = None
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Text:
    """Erasable content with the salt of its digest."""

    salt: bytes
    body: Any


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the ledger as it was found; ``event`` is None where it can't even be read, ``text`` where erased."""

    version: int
    hash: bytes
    event: Event | None
    text: Text | None


@dataclass(frozen=True, slots=True)
class Record:
    """All that was found under the key of one order.

    Attributes:
        exists: there is a row in ``orders``; ``order`` is None where it can't be read.
        due_agrees: the columns the sweeps look for are those that follow from the order's clocks and promises.
        entries: its events by rising version.
        anchored: (version, head) as the anchors hold them.
        photos: (version of the event they came with, salted digest as computed now).
    """

    region: int
    id: int
    exists: bool
    order: Order | None
    due_agrees: bool
    contents: Text | None
    entries: Sequence[Entry]
    anchored: Sequence[tuple[int, bytes]]
    photos: Sequence[tuple[int, str]] = ()


def examine(record: Record, held_until: datetime) -> tuple[list[Flaw], int]:
    """Return what is wrong with one order, and how many texts and photos are erased (which is nothing wrong).

    Args:
        record: what was found of the order.
        held_until: anchors hold every event until then.
    """
    if not record.entries:
        return [_no_events(record)], 0
    flaws = follow(record.entries)
    if not record.exists:
        flaws.append(Flaw(Fault.EVENTS_WITHOUT_ORDER))
    named = {flaw.version for flaw in flaws}
    tail = _tail(record)
    if tail is not None:
        flaws.append(tail)
    elif record.exists and not flaws:
        flaws.extend(_row(record))
    flaws.extend(_anchored(record, named))
    flaws.extend(_backdated(record, named, held_until))
    texts, erased = _texts(record, named)
    photos, gone = _photos(record, named)
    return flaws + texts + photos, erased + gone


def _no_events(record: Record) -> Flaw:
    if record.photos and not record.exists and not record.anchored:
        return Flaw(Fault.STRAY_PHOTO)
    if record.exists or not record.anchored:
        return Flaw(Fault.ORDER_WITHOUT_EVENTS)
    return Flaw(Fault.MISSING_ORDER, max(version for version, _ in record.anchored))


def follow(entries: Sequence[Entry]) -> list[Flaw]:
    """Return the events of one order that are missing, altered or not in their places; the hashes tell."""
    flaws: list[Flaw] = []
    suspects: list[Entry] = []
    expected, previous = 1, GENESIS
    for entry in entries:
        if entry.version < expected:  # no event was ever numbered below 1
            flaws.append(Flaw(Fault.ALTERED_EVENT, entry.version))
            continue
        if entry.version > expected:  # what it was chained to is gone, so that only its successors can be checked
            flaws.append(Flaw(Fault.MISSING_EVENT, expected, entry.version - 1))
        elif not _fits(entry, entry.version, previous):
            suspects.append(entry)
        expected, previous = entry.version + 1, entry.hash
    return flaws + (_explained(entries, suspects) if suspects else [])


def _fits(entry: Entry, version: int, previous: bytes) -> bool:
    if entry.event is None:
        return False
    event = entry.event if entry.version == version else replace(entry.event, version=version)
    return event_hash(previous, event) == entry.hash


def _explained(entries: Sequence[Entry], suspects: Sequence[Entry]) -> list[Flaw]:
    """Tell events that changed places from altered ones, and leave out those that only follow an altered hash."""
    flaws: list[Flaw] = []
    stored = {entry.version: entry.hash for entry in entries}
    mended: dict[int, bytes] = {}
    waiting = list(suspects)
    for suspect in suspects:
        version = suspect.version
        before = {mended.get(version - 1, GENESIS), stored.get(version - 1, GENESIS)}
        tried = [suspect, *waiting] if len(suspects) <= MOST_PERMUTED else [suspect]
        found = next((e for e in tried if e in waiting and any(_fits(e, version, hash_) for hash_ in before)), None)
        if found is None:
            flaws.append(Flaw(Fault.ALTERED_EVENT, version))
            if suspect.event is not None:  # perhaps only the hash was: then what follows it still fits
                mended[version] = event_hash(mended.get(version - 1, stored.get(version - 1, GENESIS)), suspect.event)
            continue
        waiting.remove(found)
        mended[version] = found.hash
        if found.version != version:
            flaws.append(Flaw(Fault.REORDERED_EVENT, version))
    return flaws


def _tail(record: Record) -> Flaw | None:
    """The events at the end that the order's row or an anchor knows of, and that are not there."""
    last = record.entries[-1]
    known = [version for version, _ in record.anchored]
    if record.order is not None and record.order.head != last.hash:
        known.append(record.order.version)
    most = max(known, default=0)
    return Flaw(Fault.MISSING_EVENT, last.version + 1, most) if most > last.version else None


def _row(record: Record) -> Iterable[Flaw]:
    if record.order is None:
        yield Flaw(Fault.ALTERED_ORDER)
        return
    try:
        told = retell(entry.event for entry in record.entries if entry.event is not None)
    except _ABSURD:  # well chained, and yet not what the service writes
        yield Flaw(Fault.ALTERED_EVENT, record.entries[-1].version)
        return
    columns = tuple(name for name, value in told.items() if getattr(record.order, name) != value)
    if columns:
        yield Flaw(Fault.ALTERED_ORDER, columns=columns)
    if not record.due_agrees:
        yield Flaw(Fault.ALTERED_DUE)


def _anchored(record: Record, named: set[int | None]) -> Iterable[Flaw]:
    stored = {entry.version: entry.hash for entry in record.entries}
    last = record.entries[-1].version
    for version, head in record.anchored:
        if version <= last and version not in named and stored.get(version) != head:
            yield Flaw(Fault.REWRITTEN_EVENT, version)


def _backdated(record: Record, named: set[int | None], held_until: datetime) -> Iterable[Flaw]:
    held = max((version for version, _ in record.anchored), default=0)
    for entry in record.entries:
        if entry.version > held and entry.version not in named and entry.event and entry.event.at <= held_until:
            yield Flaw(Fault.BACKDATED_EVENT, entry.version)


def _texts(record: Record, named: set[int | None]) -> tuple[list[Flaw], int]:
    flaws: list[Flaw] = []
    erased = 0
    still_open = _open(record)
    for entry in record.entries:
        if entry.event is None or entry.version in named:
            continue
        vouched = entry.event.data.get("digest")
        if entry.text is not None and not _vouched(entry.text, vouched):
            flaws.append(Flaw(Fault.ALTERED_TEXT, entry.version))
        gone = entry.text is None and vouched is not None
        erased += gone
        if gone and still_open:
            flaws.append(Flaw(Fault.MISSING_TEXT, entry.version))
        if entry.version == 1:
            vouched = entry.event.data.get("contents")
            if record.contents is not None and not _vouched(record.contents, vouched):
                flaws.append(Flaw(Fault.ALTERED_CONTENTS))
            gone = record.contents is None and vouched is not None
            erased += gone
            if gone and still_open:
                flaws.append(Flaw(Fault.MISSING_TEXT, entry.version))
    return flaws, erased


def _open(record: Record) -> bool:
    """Whether it goes on: what is personal goes long after the end."""
    last = record.entries[-1].event if record.entries else None
    return last is not None and last.to_state in OPEN_STATES


def _photos(record: Record, named: set[int | None]) -> tuple[list[Flaw], int]:
    """Hold each photo against the digests of the event it came with."""
    flaws: list[Flaw] = []
    erased = 0
    found: dict[int, list[str]] = {}
    for version, one in record.photos:
        found.setdefault(version, []).append(one)
    for entry in record.entries:
        if entry.event is None or entry.version in named:
            found.pop(entry.version, None)
            continue
        told = entry.event.data.get("photos")
        vouched = list(told) if isinstance(told, list) else []
        here = found.pop(entry.version, [])
        if any(one not in vouched for one in here):
            flaws.append(Flaw(Fault.ALTERED_PHOTO, entry.version))
        gone = max(len(vouched) - len(here), 0)
        erased += gone
        if gone and _open(record):
            flaws.append(Flaw(Fault.MISSING_PHOTO, entry.version))
    flaws.extend(Flaw(Fault.STRAY_PHOTO, version) for version in found)
    return flaws, erased


def _vouched(text: Text, vouched: Any) -> bool:
    try:
        return isinstance(text.body, dict) and digest(text.salt, text.body) == vouched
    except _ABSURD:
        return False
