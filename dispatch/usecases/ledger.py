"""The ledger held against itself, and anchored once a day (decision record 3)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain import county_acts
from dispatch.domain.examining import Fault, Flaw, examine
from dispatch.domain.ledger import ACTS, EPOCH, GENESIS, GRACE, OVERLAP, Anchor, AnchorHash
from dispatch.domain.numbers import grouped, number
from dispatch.storage import county_ledger, ledger
from dispatch.storage.database import Database
from dispatch.usecases import agreeing

MOST_FINDINGS = 10_000
"""How many findings are kept with their text; further ones are only counted."""

STRIDE = 1_000
"""Progress is told every so many orders or heads."""

SHANGHAI = ZoneInfo("Asia/Shanghai")

Progress = Callable[[str, int, int | None], None]


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with the ledger: ``number`` is the order's, grouped, or says which anchor."""

    kind: Fault
    number: str
    version: int | None
    zh: str
    en: str

    def text(self, lang: str) -> str:
        """Return what is wrong and where, in ``lang`` ('zh' or 'en')."""
        return self.en if lang == "en" else self.zh


@dataclass(frozen=True, slots=True)
class Verified:
    """How much was looked at; ``faults`` counts every fault, ``last`` is the newest anchor by its region's code."""

    orders: int
    events: int
    erased: int
    anchors: int
    faults: int
    last: dict[str, Anchor]
    acts: int = 0


@dataclass(frozen=True, slots=True)
class Verification:
    """What a verification came to; nothing is wrong where ``findings`` is empty."""

    findings: list[Finding]
    summary: Verified


async def anchor_all(database: Database, now: datetime) -> list[Anchor]:
    """Anchor every region that has moved since its last anchor, and return the new anchors, to be published.

    Of several processes that try at once, one writes each anchor and the others give way.
    """
    made = [await _anchor(database, region, now) for region in await ledger.regions(database)]
    return [anchor for anchor in made if anchor is not None]


async def newest_anchors(database: Database) -> dict[str, Anchor]:
    """Return the newest anchor of every region by the region's code, or ``?id`` where that grid is gone."""
    last = {anchor.region: anchor for anchor in await ledger.anchors(database)}
    codes = await ledger.codes(database, last)
    return {codes.get(region, f"?{region}"): anchor for region, anchor in last.items()}


async def anchor_daily(database: Database, now: datetime, zone: ZoneInfo = SHANGHAI) -> list[Anchor]:
    """Do as ``anchor_all`` for the regions without an anchor of today, and return the new anchors.

    It may be asked every few minutes; today is a day of ``zone``.
    """
    made = [
        await _anchor(database, region, now)
        for region in await ledger.regions(database)
        if await anchor_due(database, region, now, zone)
    ]
    return [anchor for anchor in made if anchor is not None]


async def anchor_due(database: Database, region: int, now: datetime, zone: ZoneInfo = SHANGHAI) -> bool:
    """Tell whether the last anchor of ``region`` is of an earlier day than ``now``, or there is none."""
    last = await ledger.last_anchor(database, region)
    return last is None or last.at.astimezone(zone).date() < now.astimezone(zone).date()


async def _anchor(database: Database, region: int, now: datetime) -> Anchor | None:
    through = now - GRACE
    async with database.transaction(isolation="repeatable_read") as connection:
        last = await ledger.last_anchor(connection, region)
        if last is not None and last.through >= through:
            return None
        since = EPOCH if last is None else last.through - OVERLAP
        previous = GENESIS if last is None else last.hash
        following = 1 if last is None else last.number + 1
        running, count = AnchorHash(previous, region, following, through), 0
        act = await ledger.moved_act(connection, region, through)
        if act is not None:
            running.add(ACTS, *act)
        async for head in ledger.moved_heads(connection, region, since, through):
            running.add(*head)
            count += 1
        if count == 0 and act is None:
            return None
        anchor = Anchor(region, following, now, through, count, previous, running.digest())
        return anchor if await ledger.add_anchor(connection, anchor, since, act) else None


async def verify(
    database: Database, progress: Progress | None = None, published: Collection[bytes] = ()
) -> Verification:
    """Read the whole ledger as it is at one moment and name everything in it that is not as it was written.

    Args:
        database: where the ledger is; nothing is changed.
        progress: told the stage ("orders", "anchors"), how many are done and of how many.
        published: hashes of anchors as they were published outside; each must still be there.

    Raises:
        Unavailable: the database does not answer.
    """
    tell = progress or (lambda _stage, _done, _total: None)
    async with ledger.snapshot(database) as connection:
        found = _Found(connection)
        anchors = await ledger.anchors(connection)
        held_until = {anchor.region: anchor.through - OVERLAP for anchor in anchors}
        counts = await _verify_orders(connection, held_until, found, tell)
        async for region, order_id, version in ledger.stray_texts(connection):
            await found.order(region, order_id, Flaw(Fault.STRAY_TEXT, version))
        await _verify_anchors(connection, anchors, found, tell)
        acts = await _verify_acts(connection, found)
        known = {anchor.hash for anchor in anchors}
        for lost in published:
            if lost not in known:
                found.note(Fault.UNKNOWN_ANCHOR, lost.hex(), None)
        last = {await found.code(anchor.region): anchor for anchor in anchors}
    return Verification(
        found.findings, Verified(*counts, anchors=len(anchors), faults=found.count, last=last, acts=acts)
    )


async def _verify_orders(
    connection: Any, held_until: dict[int, datetime], found: "_Found", tell: Progress
) -> tuple[int, int, int]:
    total = await ledger.count_orders(connection)
    done = events = erased = 0
    async for record in ledger.records(connection):
        flaws, gone = examine(record, held_until.get(record.region, EPOCH))
        for flaw in flaws:
            await found.order(record.region, record.id, flaw)
        done += record.exists
        events += len(record.entries)
        erased += gone
        if done % STRIDE == 0:
            tell("orders", done, total)
    tell("orders", done, total)
    return done, events, erased


async def _verify_acts(connection: Any, found: "_Found") -> int:
    """Compute the chain of the county's own acts again, region by region, and hold it against the anchors.

    What stands in force because of the acts, policy and calendars, is held against them too.

    Returns:
        How many acts there are.
    """
    acts = [act async for act in county_ledger.acts(connection)]
    for broken in county_acts.examine(acts, await ledger.anchored_acts(connection)):
        fault = Fault.MISSING_ACT if broken.missing else Fault.ALTERED_ACT
        await found.act(fault, broken.region, broken.number)
    if not await agreeing.policy_agrees(connection, acts):
        found.note(Fault.ALTERED_POLICY, "policy", None)
    for grid_id in await agreeing.disagreeing_calendars(connection, acts):
        found.note(Fault.ALTERED_CALENDAR, await found.code(grid_id), None)
    return len(acts)


async def _verify_anchors(connection: Any, anchors: list[Anchor], found: "_Found", tell: Progress) -> None:
    """Compute every anchor again from its heads, and see that they are chained without a gap."""
    running = {
        (anchor.region, anchor.number): AnchorHash(anchor.previous, anchor.region, anchor.number, anchor.through)
        for anchor in anchors
    }
    counted = dict.fromkeys(running, 0)
    total = sum(anchor.orders for anchor in anchors)
    done = 0
    missing: set[tuple[int, int]] = set()
    async for region, anchor_number, order_id, version, head in ledger.anchor_heads(connection):
        key = region, anchor_number
        if key not in running:
            missing.add(key)
            continue
        running[key].add(order_id, version, head)
        counted[key] += order_id != ACTS
        done += order_id != ACTS
        if done % STRIDE == 0:
            tell("anchors", done, total)
    tell("anchors", done, total)
    before: Anchor | None = None
    for anchor in anchors:
        if before is not None and before.region != anchor.region:
            before = None
        follows, previous = 1, {GENESIS}
        if before is not None:  # where only its hash was altered, what follows it is not to blame
            follows, previous = before.number + 1, {before.hash, running[before.region, before.number].digest()}
        missing.update((anchor.region, absent) for absent in range(follows, min(anchor.number, follows + STRIDE)))
        key = anchor.region, anchor.number
        whole = (
            running[key].digest() == anchor.hash
            and counted[key] == anchor.orders
            and anchor.at == anchor.through + GRACE
            and (anchor.number != follows or anchor.previous in previous)
        )
        if not whole:
            await found.anchor(Fault.ALTERED_ANCHOR, *key)
        before = anchor
    for key in sorted(missing):
        await found.anchor(Fault.MISSING_ANCHOR, *key)


class _Found:
    """What was found so far, each put into words with the number people know the order by."""

    def __init__(self, connection: Any) -> None:
        self.findings: list[Finding] = []
        self.count = 0
        self._connection = connection
        self._codes: dict[int, str] = {}

    async def code(self, region: int) -> str:
        """The region's code, or its id where there is no such grid any more."""
        if region not in self._codes:
            self._codes |= {region: f"?{region}"} | await ledger.codes(self._connection, [region])
        return self._codes[region]

    async def order(self, region: int, order_id: int, flaw: Flaw) -> None:
        """Note a flaw of an order."""
        code = await self.code(region)
        try:
            name = grouped(number(code, order_id))
        except ValueError:  # no order was ever given such an id
            name = f"{code}/{order_id}"
        self.note(flaw.fault, name, flaw.version, flaw)

    async def anchor(self, fault: Fault, region: int, anchor_number: int) -> None:
        """Note a fault of an anchor."""
        self.note(fault, f"{await self.code(region)}#{anchor_number}", None)

    async def act(self, fault: Fault, region: int, act_number: int) -> None:
        """Note a fault of an act of the county."""
        self.note(fault, f"{await self.code(region)}/{act_number}", None)

    def note(self, fault: Fault, name: str, version: int | None, flaw: Flaw | None = None) -> None:
        """Note a fault under a name."""
        self.count += 1
        if len(self.findings) >= MOST_FINDINGS:
            return
        zh, en = "", ""
        if version is not None:
            until = "" if flaw is None or flaw.until in (None, version) else f"–{flaw.until}"
            zh, en = f" 第 {version}{until} 条", f", event {version}{until}"
        columns = f" ({', '.join(flaw.columns)})" if flaw is not None and flaw.columns else ""
        self.findings.append(
            Finding(fault, name, version, f"{name}{zh}: {fault.zh}{columns}", f"{name}{en}: {fault.en}{columns}")
        )
