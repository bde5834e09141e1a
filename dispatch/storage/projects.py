"""Projects in PostgreSQL: the plan of each, and its steps as the orders that they are."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import orjson

from dispatch.domain.order import Event, Order
from dispatch.storage import rows
from dispatch.storage.queries import load
from dispatch.storage.rows import Known

SQL = load("projects")


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody with their code and name."""

    id: int
    code: str
    name: str


@dataclass(frozen=True, slots=True)
class Project:
    """A project as it is on record."""

    id: int
    region: int
    branch_id: int
    category: str
    name: str
    goal: str
    leader: Person
    opened_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Counted:
    """How many steps a project has, how many are not done, and how many of these are overdue."""

    steps: int
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class Step:
    """A step: what was planned, and the order as it stands; ``assignee`` is who has it now, by code."""

    place: int
    what: str
    who_code: str
    who_name: str
    how: str
    due_on: date
    standard: str
    order: Order
    assignee: str | None


@dataclass(frozen=True, slots=True)
class Planned:
    """A step on its way into storage."""

    place: int
    order: Order
    what: str
    who: int
    how: str
    due_on: date
    standard: str


@dataclass(frozen=True, slots=True)
class ProjectAct:
    """What stands about a project in the county's own ledger."""

    number: int
    at: datetime
    data: dict[str, Any]
    hash: bytes
    actor: str | None


async def add(connection: Any, row: Sequence[Any]) -> int | None:
    """Open a project: (region, branch, category, name, goal, leader, at, by, request key); None for a key used before.

    ``connection`` is one connection, inside a transaction, here and below where something is written.
    """
    made: int | None = await connection.fetchval(SQL["add"], *row)
    return made


async def by_request(connection: Any, request_key: bytes) -> Any:
    """Return (id, opened_by, request_key) of the project opened under that key, or None."""
    return await connection.fetchrow(SQL["by_request"], request_key)


async def lock(connection: Any, project_id: int) -> bool:
    """Keep others from changing the project until the transaction ends; False where there is none."""
    return await connection.fetchrow(SQL["lock"], project_id) is not None


async def find(connection: Any, project_id: int) -> Project | None:
    """Return the project, or None; ``connection`` may be a Database, as wherever something is only read."""
    row = await connection.fetchrow(SQL["find"], project_id)
    return None if row is None else _project(row)


def _project(row: Any) -> Project:
    leader = Person(row["leader_id"], row["leader_code"], row["leader_name"])
    return Project(
        row["id"], row["region"], row["branch_id"], row["category"], row["name"], row["goal"], leader,
        row["opened_at"], row["closed_at"],
    )  # fmt: skip


async def members(connection: Any, project_ids: Iterable[int]) -> dict[int, list[Person]]:
    """Return the task force of each project, by code."""
    found: defaultdict[int, list[Person]] = defaultdict(list)
    for row in await connection.fetch(SQL["members"], list(project_ids)):
        found[row["project_id"]].append(Person(row["person_id"], row["code"], row["name"]))
    return found


async def steps(connection: Any, project_id: int) -> list[Step]:
    """Return the steps in their places."""
    return [
        Step(
            row["step_place"], row["what"], row["who_code"], row["who_name"], row["how"], row["due_on"],
            row["standard"], rows.order(row), row["assignee_code"],
        )
        for row in await connection.fetch(SQL["steps"], project_id)
    ]  # fmt: skip


async def page(
    connection: Any,
    spans: Sequence[tuple[int, int]],
    reader: int | None,
    below: int,
    most: int,
    now: datetime,
    *,
    closed: bool | None,
) -> list[tuple[Project, Counted]]:
    """Return a page of projects, newest first, that the reader may see.

    Args:
        connection: where they are.
        spans: the intervals of the reader's grids.
        reader: who reads; they see what they lead or work in.
        below: the id before which the page begins.
        most: the length of the page.
        now: when overdue is meant.
        closed: only those that are, or only those that are not.
    """
    lows, highs = [lo for lo, _ in spans], [hi for _, hi in spans]
    found = await connection.fetch(SQL["page"], lows, highs, reader, below, closed, most, now)
    return [(_project(row), Counted(row["steps"], row["open"], row["overdue"])) for row in found]


async def set_leader(connection: Any, project_id: int, leader_id: int) -> None:
    """Give the project another leader."""
    await connection.execute(SQL["set_leader"], project_id, leader_id)


async def add_members(connection: Any, project_id: int, people: Iterable[int]) -> None:
    """Take people into the task force."""
    await connection.execute(SQL["add_members"], project_id, sorted(people))


async def drop_members(connection: Any, project_id: int, people: Iterable[int]) -> None:
    """Take people out of the task force."""
    await connection.execute(SQL["drop_members"], project_id, sorted(people))


async def add_steps(connection: Any, project_id: int, planned: Sequence[Planned]) -> None:
    """Write steps into the plan; their orders must be there."""
    table = [
        (project_id, one.place, one.order.region, one.order.id, one.what, one.who, one.how, one.due_on, one.standard)
        for one in planned
    ]
    await connection.execute(SQL["add_steps"], table)


async def places(connection: Any, project_id: int) -> int:
    """Return how many steps the project has."""
    count: int = await connection.fetchval(SQL["places"], project_id)
    return count


async def close(connection: Any, project_id: int, now: datetime, person_id: int) -> None:
    """Close the project."""
    await connection.execute(SQL["close"], project_id, now, person_id)


async def acts(connection: Any, region: int, project_id: int) -> list[ProjectAct]:
    """Return what stands about the project in the county's own ledger, oldest first."""
    return [
        ProjectAct(row["number"], row["at"], orjson.loads(row["data"]), bytes(row["hash"]), row["actor"])
        for row in await connection.fetch(SQL["acts"], region, str(project_id))
    ]


async def step_events(connection: Any, project_id: int) -> list[tuple[Event, Known | None, Known | None]]:
    """Return the events of its steps, each step's oldest first, as (Event, who acted, to whom it went), by code."""
    found = await connection.fetch(SQL["step_events"], project_id)
    return [(rows.event(row), rows.known(row, "actor"), rows.known(row, "assignee")) for row in found]
