"""The county's policy: shown to whoever serves, replaced as a whole by an administrator of the root."""

from collections.abc import Mapping
from datetime import date, datetime
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
from dispatch.usecases import forecasting
from dispatch.usecases.references import label
from dispatch.usecases.service import Service
from grid_model.durations import Duration
from grid_model.matching import WEIGHTS

TRIED = "—"
"""What the policy that is tried on history is called among the others."""


class Changed(Flag):
    """What a new policy differs in from the one before; nothing is false."""

    NOTHING = 0
    RULES = auto()
    WEIGHTS = auto()


async def show(service: Service, actor: Actor) -> dict[str, Any]:
    """Return both policies, the document that says where they differ from the defaults, and its version.

    Raises:
        NotYours: the reader has no role in this county.
    """
    if not actor.grants:
        raise errors.NotYours
    return view(*await read_versioned(service.database))


async def read_versioned(database: Database) -> tuple[Policies, int]:
    """Return the policies as they are stored and their version: the number of the county's newest act about them."""
    async with database.transaction(isolation="repeatable_read", readonly=True) as connection:
        return await policy.find(connection), await policy.version(connection)


async def put(service: Service, actor: Actor, tables: Mapping[str, Any], version: int, now: datetime) -> dict[str, Any]:
    """Replace the county's policies by what ``tables`` describes, and return them as ``show`` does.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: with every fault of the tables.
        PolicyMoved: somebody else replaced them after ``version``.
    """
    world = service.world
    must_administer_all(actor, world)
    wanted = read(tables, world.categories)
    _, made = await _replaced(service.database, world, wanted, actor.person_id, now, version)
    await service.reload()  # whoever asks this process next already has the new rules
    return view(wanted, made)


async def preview(service: Service, actor: Actor, tables: Mapping[str, Any], now: datetime) -> dict[str, Any]:
    """Return the policies that ``tables`` describes as ``show`` does, and how the open deadlines would move.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: with every fault of the tables.
    """
    world = service.world
    must_administer_all(actor, world)
    wanted = read(tables, world.categories)
    before, version = await read_versioned(service.database)
    fresh = forecasting.under(world, wanted)
    moved = await forecasting.deadlines(service, fresh, world.tree.root.id, Subject.POLICY, now)
    changed = _changed(before, wanted)
    return {
        "rules_differ": Changed.RULES in changed,
        "weights_differ": Changed.WEIGHTS in changed,
        "policy": view(wanted, version),
        "deadlines": moved,
    }


async def tried(
    service: Service,
    actor: Actor,
    tables: Mapping[str, Any],
    days: tuple[date | None, date | None],
    now: datetime,
) -> dict[str, Any]:
    """Return recorded history, from the first of ``days`` to the last, beside what ``tables`` would have made of it.

    Raises:
        NotYours: the actor is no administrator of the whole county.
        Invalid: with every fault of the tables, or where nothing was filed in that time.
        Unavailable: as much is being worked out for somebody else.
    """
    must_administer_all(actor, service.world)
    wanted = read(tables, service.world.categories)
    return await forecasting.history(service, TRIED, wanted, *days, now)


def must_administer_all(actor: Actor, world: World) -> None:
    """Refuse whoever is no administrator of the whole county.

    Raises:
        NotYours: they are none.
    """
    if not any(grant.role is Role.ADMINISTRATOR and grant.grid_id == world.tree.root.id for grant in actor.grants):
        raise errors.NotYours


async def replace(
    database: Database, world: World, wanted: Policies, actor_id: int | None, now: datetime, version: int | None = None
) -> Changed:
    """Put ``wanted`` in the place of the county's policies, and have open deadlines computed again.

    All of it is one transaction: the rows, the entry in the county's ledger, and the work list of deadlines. Every
    process reads the policy again once that is committed.

    Args:
        database: where the policy is.
        world: the county.
        wanted: the policies from now on.
        actor_id: who wants it, None for whoever has the machine.
        now: when.
        version: the version that ``wanted`` was made from; None replaces whatever there is.

    Returns:
        What changed; where nothing does, nothing is written unless the ledger does not tell of this policy, as after a
        change by SQL. Where only weights change, no deadline is computed again.

    Raises:
        PolicyMoved: the policy has another version, and is another one than is wanted.
    """
    changed, _ = await _replaced(database, world, wanted, actor_id, now, version)
    return changed


async def _replaced(
    database: Database, world: World, wanted: Policies, actor_id: int | None, now: datetime, version: int | None
) -> tuple[Changed, int]:
    root = world.tree.root.id
    async with database.transaction() as connection:
        await policy.lock(connection)
        before, present = await policy.find(connection), await policy.version(connection)
        changed = _changed(before, wanted)
        if not changed and on_record(before, await policy.told(connection)):
            return changed, present
        if version is not None and version != present:
            raise errors.PolicyMoved(version=present)
        await policy.replace(connection, wanted)
        if Changed.RULES in changed:
            await retimings.ask(connection, root, Subject.POLICY.value, now)
        data = {"before": document(before), "after": document(wanted)}
        await county_ledger.record(connection, Entry(now, actor_id, Subject.POLICY, root, data))
        return changed, await policy.version(connection)


def on_record(policies: Policies, told: Mapping[str, Any]) -> bool:
    """Tell whether ``told``, the document of an act or an empty one, describes these policies."""
    try:
        return read(told) == policies
    except errors.Invalid:
        return False


def _changed(before: Policies, wanted: Policies) -> Changed:
    same = (before.normal, before.emergency) == (wanted.normal, wanted.emergency)
    rules = Changed.NOTHING if same else Changed.RULES
    return rules if before.weights == wanted.weights else rules | Changed.WEIGHTS


def view(policies: Policies, version: int) -> dict[str, Any]:
    """Return policies for a reader: what ``put`` takes, version and document, and every rule and weight in words."""
    return {
        "version": version,
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
