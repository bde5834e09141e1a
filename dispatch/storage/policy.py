"""The county's policy in PostgreSQL: where it differs from the defaults, as rows: both modes, and the weights."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import orjson

from dispatch.domain.policy import RISE, ClockRow, Policy, RungRow
from dispatch.domain.policy_file import DEFAULTS, Policies
from dispatch.domain.vocabulary import Mode
from dispatch.storage.queries import load
from grid_model.matching import WEIGHTS

SQL = load("policy")


def built(
    clocks: Iterable[Mapping[str, Any]], rungs: Iterable[Mapping[str, Any]], weights: Iterable[Mapping[str, Any]]
) -> Policies:
    """Return the county's policies from the rows of the queries ``clocks``, ``rungs`` and ``weights``.

    Raises:
        ValueError: a row makes no sense; the database's own laws leave none of these.
    """
    own_clocks: dict[str, list[ClockRow]] = {mode.value: [] for mode in Mode}
    own_rungs: dict[str, list[RungRow]] = {mode.value: [] for mode in Mode}
    for row in clocks:
        own_clocks[row["mode"]].append((row["urgency"], row["category"], row["clock"], row["duration"]))
    for row in rungs:
        own_rungs[row["mode"]].append(
            (row["urgency"], row["category"], row["place"], row["rung"], row["size"], row["duration"])
        )
    normal, emergency = (
        DEFAULTS[mode].overridden(own_clocks[mode.value], own_rungs[mode.value])
        if own_clocks[mode.value] or own_rungs[mode.value]
        else DEFAULTS[mode]
        for mode in (Mode.NORMAL, Mode.EMERGENCY)
    )
    return Policies(normal, emergency, {**WEIGHTS, **{row["ground"]: row["points"] for row in weights}})


async def find(connection: Any) -> Policies:
    """Return the county's policies; ``connection`` may be a Database."""
    return built(*[await connection.fetch(SQL[part]) for part in ("clocks", "rungs", "weights")])


async def lock(connection: Any) -> None:
    """Wait until nobody else replaces the policy, and keep others waiting until the transaction ends."""
    await connection.execute(SQL["lock"])


async def version(connection: Any) -> int:
    """Return the number of the county's newest act about the policy, 0 where there is none."""
    found: int | None = await connection.fetchval(SQL["version"])
    return found or 0


async def told(connection: Any) -> Mapping[str, Any]:
    """Return the document of the policy as the county's newest act about it tells, an empty one where none does."""
    text = await connection.fetchval(SQL["told"])
    document = None if text is None else orjson.loads(text)
    return document if isinstance(document, dict) else {}


async def replace(connection: Any, policies: Policies) -> None:
    """Put ``policies`` in the place of what is stored, inside the caller's transaction; every process hears of it."""
    clocks = [(mode.value, *row) for mode in Mode for row in _clock_rows(policies.of(mode), DEFAULTS[mode])]
    rungs = [(mode.value, *row) for mode in Mode for row in _rung_rows(policies.of(mode), DEFAULTS[mode])]
    weights = [(ground, points) for ground, points in policies.weights.items() if points != WEIGHTS[ground]]
    for clear in ("clear_clocks", "clear_rungs", "clear_weights"):
        await connection.execute(SQL[clear])
    await connection.execute(SQL["add_clocks"], *_columns(clocks, 5))
    await connection.execute(SQL["add_rungs"], *_columns(rungs, 7))
    await connection.execute(SQL["add_weights"], *_columns(weights, 2))


def _clock_rows(policy: Policy, default: Policy) -> list[ClockRow]:
    rows = [
        (urgency.value, category, clock.value, str(duration))
        for (urgency, category, clock), duration in policy.clocks.items()
        if default.clocks.get((urgency, category, clock)) != duration
    ]
    rows += [
        (urgency.value, category, RISE, str(duration))
        for (urgency, category), duration in policy.rise.items()
        if default.rise.get((urgency, category)) != duration
    ]
    return rows


def _rung_rows(policy: Policy, default: Policy) -> list[RungRow]:
    return [
        (
            urgency.value,
            category,
            place,
            asking.rung.value,
            asking.size,
            None if asking.window is None else str(asking.window),
        )
        for (urgency, category), ladder in policy.ladders.items()
        if default.ladders.get((urgency, category)) != ladder
        for place, asking in enumerate(ladder, start=1)
    ]


def _columns(rows: Sequence[Sequence[Any]], width: int) -> list[list[Any]]:
    return [[row[column] for row in rows] for column in range(width)]
