"""The county's policy: shown to whoever serves, replaced as a whole by an administrator of the root."""

from collections.abc import Mapping
from datetime import datetime
from enum import Flag, auto
from typing import Any

from dispatch.domain import errors
from dispatch.domain.county_acts import Entry, Subject
from dispatch.domain.order import Actor
from dispatch.domain.policy import EVERY, Policy
from dispatch.domain.policy_file import DEFAULTS, Policies, document, read
from dispatch.domain.vocabulary import TIMED, Mode, Role, Urgency
from dispatch.domain.weighing import MatchGround
from dispatch.domain.world import World
from dispatch.storage import county_ledger, policy, retimings
from dispatch.storage.database import Database
from dispatch.usecases.service import Service
from dispatch.usecases.views import label
from grid_model.durations import Duration
from grid_model.matching import WEIGHTS


class Changed(Flag):
    """What a new policy differs in from the one before; nothing is false."""

    NOTHING = 0
    RULES = auto()
    WEIGHTS = auto()


async def show(service: Service, actor: Actor) -> dict[str, Any]:
    """Return both policies in force, and the document that says where they differ from the defaults.

    Raises:
        NotYours: the reader has no role in this county.
    """
    if not actor.grants:
        raise errors.NotYours
    return view(Policies(service.world.policy, service.world.emergency, service.world.weights))


async def put(service: Service, actor: Actor, tables: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Replace the county's policies by what ``tables`` describes, and return them as ``show`` does.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: with every fault of the tables.
    """
    world = service.world
    if not any(grant.role is Role.ADMINISTRATOR and grant.grid_id == world.tree.root.id for grant in actor.grants):
        raise errors.NotYours
    wanted = read(tables, world.categories)
    await replace(service.database, world, wanted, actor.person_id, now)
    return view(wanted)


async def replace(database: Database, world: World, wanted: Policies, actor_id: int | None, now: datetime) -> Changed:
    """Put ``wanted`` in the place of the county's policies, and have open deadlines computed again.

    All of it is one transaction: the rows, the entry in the county's ledger, and the work list of deadlines. Every
    process reads the policy again once that is committed.

    Returns:
        What changed; where nothing does, nothing is written, and where only weights do, no deadline is computed again.
    """
    root = world.tree.root.id
    async with database.transaction() as connection:
        await policy.lock(connection)
        before = await policy.find(connection)
        changed = _changed(before, wanted)
        if not changed:
            return changed
        await policy.replace(connection, wanted)
        if Changed.RULES in changed:
            await retimings.ask(connection, root, Subject.POLICY.value, now)
        data = {"before": document(before), "after": document(wanted)}
        await county_ledger.record(connection, Entry(now, actor_id, Subject.POLICY, root, data))
    return changed


def _changed(before: Policies, wanted: Policies) -> Changed:
    same = (before.normal, before.emergency) == (wanted.normal, wanted.emergency)
    rules = Changed.NOTHING if same else Changed.RULES
    return rules if before.weights == wanted.weights else rules | Changed.WEIGHTS


def view(policies: Policies) -> dict[str, Any]:
    """Return policies for a reader: the document that ``put`` takes, and every rule and weight in words."""
    return {
        "document": document(policies),
        **{mode.value: _rules(policies.of(mode), DEFAULTS[mode]) for mode in (Mode.NORMAL, Mode.EMERGENCY)},
        "weights": [_weight(ground, policies.weights[ground]) for ground in MatchGround],
    }


def _weight(ground: MatchGround, points: int) -> dict[str, Any]:
    usual = WEIGHTS[ground]
    return {
        "ground": ground.value,
        "ground_label": label(ground),
        "points": points,
        "default_points": usual,
        "default": points == usual,
    }


def _rules(policy: Policy, default: Policy) -> list[dict[str, Any]]:
    """One entry an urgency and category that something is said of; what is for all categories stands first."""
    said = {key[:2] for key in policy.clocks} | set(policy.rise) | set(policy.ladders)
    return [
        _rule(policy, default, urgency, category)
        for urgency in reversed(Urgency)
        for category in sorted(category for of, category in said if of is urgency)
    ]


def _rule(policy: Policy, default: Policy, urgency: Urgency, category: str) -> dict[str, Any]:
    ladder, rise = policy.ladder(urgency, category), policy.rise_duration(urgency, category)
    clocks = {clock: policy.duration(clock, urgency, category) for clock in TIMED}
    return {
        "urgency": urgency.value,
        "urgency_label": label(urgency),
        "category": None if category == EVERY else category,
        "clocks": [
            {
                "clock": clock.value,
                "clock_label": label(clock),
                **_duration(duration),
                "default": duration == default.duration(clock, urgency, category),
            }
            for clock, duration in clocks.items()
        ],
        "rise": {**_duration(rise), "default": rise == default.rise_duration(urgency, category)},
        "ladder": [
            {
                "rung": asking.rung.value,
                "rung_label": label(asking.rung),
                "size": asking.size,
                "window": None if asking.window is None else _duration(asking.window),
            }
            for asking in ladder
        ],
    }


def _duration(duration: Duration) -> dict[str, Any]:
    return {"duration": str(duration), "duration_label": {"zh": duration.label("zh"), "en": duration.label("en")}}
