"""People as administrators see them, in PostgreSQL: found, given roles, and their accounts."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from dispatch.domain.vocabulary import Role
from dispatch.storage.queries import load

SQL = load("people")


@dataclass(frozen=True, slots=True)
class Sought:
    """Who is wanted: by code, by phone, by a role within an interval of the tree; after a code, so many."""

    code: str | None = None
    phone: str | None = None
    interval: tuple[int, int] | None = None
    role: Role | None = None
    after: str = ""
    most: int = 21


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role of somebody, with its first and last day or None."""

    id: int
    role: Role
    grid_id: int
    branch_id: int | None
    first_day: date | None
    last_day: date | None


async def sought(connection: Any, wanted: Sought, today: date) -> list[Any]:
    """Return people as rows: id, code, active, name, phone (both unmasked), can_log_in; by code."""
    low, high = (None, None) if wanted.interval is None else wanted.interval
    role = None if wanted.role is None else wanted.role.value
    found: list[Any] = await connection.fetch(
        SQL["sought"], wanted.code, wanted.phone, low, high, role, today, wanted.after, wanted.most
    )
    return found


async def held_roles(connection: Any, person_ids: Sequence[int]) -> dict[int, list[HeldRole]]:
    """Return every role of these people there is or was."""
    found: defaultdict[int, list[HeldRole]] = defaultdict(list)
    for row in await connection.fetch(SQL["held_roles"], list(person_ids)):
        one = HeldRole(
            row["id"], Role(row["role"]), row["grid_id"], row["branch_id"], row["valid_from"], row["valid_to"]
        )
        found[row["person_id"]].append(one)
    return found


async def lock_person(connection: Any, code: str) -> tuple[int, bool] | None:
    """Return (id, active) of the person with that code, and keep others from changing them; None if there is none."""
    row = await connection.fetchrow(SQL["lock_person"], code)
    return None if row is None else (row["id"], row["active"])


async def lock_named(connection: Any, phone_or_code: str) -> tuple[int, str] | None:
    """Return (id, code) of the one person of that phone or code, and keep others from changing them.

    None if there is nobody, or if it is one person's phone and another's code: nobody can tell who is meant.
    """
    found = await connection.fetch(SQL["lock_named"], phone_or_code)
    return (found[0]["id"], found[0]["code"]) if len(found) == 1 else None


async def give_role(
    connection: Any, person_id: int, role: Role, where: tuple[int, int | None], days: tuple[date | None, date | None]
) -> bool:
    """Give a role at ``where``, a grid and perhaps a branch, for ``days``; False if they have it from that day on."""
    return await connection.fetchval(SQL["give_role"], person_id, role.value, *where, *days) is not None


async def end_role(connection: Any, person_id: int, role_id: int, last_day: date) -> bool:
    """Let a role end with that day, or take it away where it would begin later; tell whether anything changed."""
    ended = await connection.fetchval(SQL["end_role"], person_id, role_id, last_day)
    return ended is not None or await connection.fetchval(SQL["drop_role"], person_id, role_id, last_day) is not None


async def set_password(connection: Any, person_id: int, password_hash: str) -> None:
    """Set the password of a person, who is logged out everywhere."""
    await connection.execute(SQL["set_password"], person_id, password_hash)


async def set_active(connection: Any, person_id: int, *, active: bool) -> int:
    """Let a person serve and log in, or end both; return how many orders they hold."""
    return int(await connection.fetchval(SQL["set_active"], person_id, active))
