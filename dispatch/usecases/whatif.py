"""What other policies would have made of recorded history; read in one snapshot, and nothing is changed."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from typing import Any

from dispatch.domain import errors
from dispatch.domain.notices import leaves_at
from dispatch.domain.order import Outcome
from dispatch.domain.policy_file import Policies
from dispatch.domain.recorded import Story, story
from dispatch.domain.tallies import Course, Tally
from dispatch.domain.vocabulary import Clock
from dispatch.domain.whatif import Cast, replay
from dispatch.domain.world import World
from dispatch.storage import county, orders, people, recorded
from dispatch.storage.database import Database

ASSUMPTIONS = (
    "假设：各人应答和处理的间隔与当时相同；当时没有应答的人不应答；人员与角色按现在。",
    "Assumed: people act as long afterwards as they did, who never replied does not; people and roles are today's.",
)
"""What the figures rest on, in Chinese and English."""

RECORDED = ("当时记录", "as recorded")
PRESENT = ("现行规则重演", "present policy")

Progress = Callable[[str, int, int | None], None]
"""Is told what is being done, how far it is, and out of how many."""


@dataclass(frozen=True, slots=True)
class Column:
    """One history: as it was, or as it would have been; ``failed`` orders could not be played."""

    zh: str
    en: str
    tally: Tally
    failed: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """Histories side by side; ``members`` is how many could be asked."""

    since: datetime
    before: datetime
    until: datetime
    members: int
    columns: tuple[Column, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Which orders are meant: filed from ``since`` until before ``before``, as they went up to ``until``."""

    since: datetime
    before: datetime
    until: datetime


async def whatif(
    database: Database, world: World, others: Sequence[tuple[str, Policies]], span: Span, progress: Progress
) -> Report:
    """Return recorded history beside what it would have been under the present policy and under others.

    Raises:
        Invalid: no order was filed in that time.
    """
    was = Tally()
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        told = await _stories(connection, span, was, progress)
        households = sorted({one.filing.household_id for one in told if one.filing.household_id is not None})
        today = span.until.astimezone(world.calendar.zone).date()
        cast = Cast(
            await recorded.cast(connection, world.tree.interval(world.tree.root.id), today),
            await people.carers(connection, households) if households else {},
        )
    if not told:
        raise errors.Invalid(errors.fault("from", "这段时间没有工单", "no order was filed in that time"))
    present = Policies(world.policy, world.emergency, world.weights)
    columns = [Column(*RECORDED, was)]
    for zh, en, policies in ((*PRESENT, present), *((name, name, one) for name, one in others)):
        under = replace(world, policy=policies.normal, emergency=policies.emergency, weights=policies.weights)
        tally, failed = played(told, cast, under, span.until, partial(_progress, progress, zh, len(told)))
        columns.append(Column(zh, en, tally, failed))
    return Report(span.since, span.before, span.until, len(cast.serving), tuple(columns))


def _progress(progress: Progress, stage: str, total: int, done: int) -> None:
    progress(stage, done, total)


async def _stories(connection: Any, span: Span, was: Tally, progress: Progress) -> list[Story]:
    """Read the stories, and what they came to."""
    told = []
    for region in await orders.regions(connection):
        async for events, household in recorded.histories(connection, region, span.since, span.before, span.until):
            one = story(events, household)
            if one is None:
                continue
            told.append(one)
            course = Course(was)
            course.see(events)
            course.end(span.until)
            progress(RECORDED[0], len(told), None)
        messages, moved = await recorded.messages(connection, region, span.since, span.before, span.until)
        was.messages += messages
        was.moved += moved
    return told


def played(
    told: Iterable[Story], cast: Cast, world: World, until: datetime, progress: Callable[[int], None]
) -> tuple[Tally, int]:
    """Play stories in ``world``; return what they come to, and how many could not be played."""
    tally = Tally()
    courses: dict[tuple[int, int], Course] = {}

    def watch(key: tuple[int, int], outcome: Outcome, now: datetime) -> None:
        course = courses.get(key)
        if course is None:
            course = courses[key] = Course(tally)
            progress(len(courses))
        course.see(outcome.events)
        if outcome.notices:
            order = outcome.order
            tally.messages += len(outcome.notices)
            if leaves_at(order, now, world) > now:
                tally.moved += len(outcome.notices)

    failed = replay(told, cast, world, until, watch)
    for course in courses.values():
        course.end(until)
    return tally, failed


def figures(report: Report) -> dict[str, Any]:
    """Return a report as JSON holds it."""
    return {
        "from": report.since.isoformat(),
        "to": report.before.isoformat(),
        "until": report.until.isoformat(),
        "members": report.members,
        "assumptions": {"zh": ASSUMPTIONS[0], "en": ASSUMPTIONS[1]},
        "columns": [_figures(column, report.members) for column in report.columns],
    }


def _figures(column: Column, members: int) -> dict[str, Any]:
    tally = column.tally
    wait = tally.median_wait
    return {
        "name": {"zh": column.zh, "en": column.en},
        "orders": tally.orders,
        "accepted_in_time": tally.in_time,
        "accepted": tally.accepted,
        "median_wait_s": None if wait is None else round(wait.total_seconds()),
        "offers": tally.offers.total(),
        "offers_a_member": round(tally.offers.total() / members, 2) if members else 0.0,
        "offers_most": max(tally.offers.values(), default=0),
        "rises": {str(level): tally.rises[level] for level in sorted(tally.rises)},
        "overdue": {clock.value: tally.overdue[clock] for clock in (Clock.ACCEPT, Clock.CONTACT, Clock.RESOLVE)},
        "messages": tally.messages,
        "messages_moved": tally.moved,
        "failed": column.failed,
    }


async def county_of(database: Database) -> World:
    """Return the county as it stands, or raise NoCounty."""
    world = await county.world(database)
    if world is None:
        raise errors.NoCounty
    return world
