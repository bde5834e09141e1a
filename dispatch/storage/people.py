"""People in PostgreSQL: sessions, roles, who serves where, households looked after."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from dispatch.domain.order import Grant, Member
from dispatch.domain.serving import Serving
from dispatch.domain.vocabulary import Role
from dispatch.storage import people_admin
from dispatch.storage.database import Database
from dispatch.storage.member_settings import hours
from dispatch.storage.queries import load

SQL = load("people")


@dataclass(frozen=True, slots=True)
class Bearer:
    """Whoever holds a session's token."""

    person_id: int
    code: str
    expires_at: datetime
    grants: tuple[Grant, ...]


@dataclass(frozen=True, slots=True)
class Household:
    """A household that is looked after (包联)."""

    id: int
    grid_id: int
    carer_id: int | None
    name: str
    phone: str | None
    house: str | None


_ROLES = {word.value: word for word in Role}


def _grant(row: Any) -> Grant:
    return Grant(_ROLES[row["role"]], row["grid_id"], row["branch_id"])


async def credentials(database: Database, phone: str) -> tuple[int, str, str | None] | None:
    """Return (id, code, password hash) of the person with ``phone``, or None."""
    row = await database.fetchrow(SQL["credentials"], phone)
    return None if row is None else (row["id"], row["code"], row["password_hash"])


async def open_session(
    database: Database,
    token_hash: bytes,
    person_id: int,
    password_hash: str | None,
    created_at: datetime,
    expires_at: datetime,
) -> bool:
    """Open a session of somebody who still has that password and may log in; tell whether they do.

    Only the hash of its token is stored.
    """
    opened = await database.fetchrow(SQL["open_session"], token_hash, person_id, created_at, expires_at, password_hash)
    return opened is not None


async def close_session(database: Database, token_hash: bytes) -> None:
    """End a session."""
    await database.execute(SQL["close_session"], token_hash)


async def drop_expired_sessions(database: Database, now: datetime) -> None:
    """Forget sessions that have run out."""
    await database.execute(SQL["drop_expired_sessions"], now)


@dataclass(frozen=True, slots=True)
class Presented:
    """A session's token, of which only the hash is known, with when and on which day it is presented."""

    token_hash: bytes
    now: datetime
    today: date


async def bearers(database: Database, batch: Sequence[Presented]) -> list[Bearer | None]:
    """Return, for each token, whose session it is, with the roles they hold on its day; None where it is nobody's."""
    found = await database.fetch(
        SQL["bearer"], [one.token_hash for one in batch], [one.now for one in batch], [one.today for one in batch]
    )
    held: dict[int, list[Any]] = {}
    for row in found:
        held.setdefault(row["asked"], []).append(row)
    return [_bearer(held.get(asked)) for asked in range(1, len(batch) + 1)]


def _bearer(found: Sequence[Any] | None) -> Bearer | None:
    if found is None:
        return None
    first = found[0]
    grants = tuple(_grant(row) for row in found if row["role"] is not None)
    return Bearer(first["id"], first["code"], first["expires_at"], grants)


async def members(database: Database, codes: Sequence[str], today: date) -> dict[str, Member]:
    """Return the people with these codes and the roles they hold today, by code; who is not found is left out."""
    found: dict[str, Member] = {}
    for row in await database.fetch(SQL["roles"], list(codes), today):
        known = found.get(row["code"])
        grants = (*(() if known is None else known.grants), _grant(row))
        found[row["code"]] = Member(row["id"], grants)
    return found


async def serving(
    database: Any, branch_ids: list[int], spans: list[tuple[int, int]], today: date, person_ids: Sequence[int] = ()
) -> list[Serving]:
    """Return who serves in these branches or in these intervals of the tree, and these people wherever they serve.

    ``database`` may be a connection.
    """
    lows, highs = [span[0] for span in spans], [span[1] for span in spans]
    since = datetime.combine(today - DECLINES_COUNT, time.min, UTC)
    found = await database.fetch(SQL["serving"], branch_ids, lows, highs, today, since, list(person_ids))
    return [_serving(row) for row in found]


DECLINES_COUNT = timedelta(days=30)
"""For how long a decline counts against being asked first for the same kind of matter (ours)."""


def _serving(row: Any) -> Serving:
    roles = zip(row["roles"], row["grids"], row["branches"], strict=True)
    return Serving(
        person_id=row["id"],
        code=row["code"],
        name=row["name"],
        skills=frozenset(row["skills"]),
        capacity=row["capacity"],
        load=row["load"],
        grants=tuple(Grant(Role(role), grid_id, branch_id) for role, grid_id, branch_id in roles),
        leaves=tuple((first, last) for first, last in row["leaves"]),
        service_hours=None if row["service_hours"] is None else hours(row["service_hours"]),
        quiet=None if row["quiet_from"] is None else (row["quiet_from"], row["quiet_to"]),
        served_at=row["served_at"],
        declines=Counter(row["declines"]) if row["declines"] else {},
    )


async def household(database: Database, code: str) -> Household | None:
    """Return the household with ``code``, or None."""
    row = await database.fetchrow(SQL["household"], code)
    return None if row is None else Household(*row)


async def carers(database: Any, household_ids: list[int]) -> dict[int, int]:
    """Return the member who looks after each of these households; ``database`` may be a connection."""
    return {row["id"]: row["carer_id"] for row in await database.fetch(SQL["carers"], household_ids)}


async def set_password(database: Database, phone_or_code: str, password_hash: str) -> str | None:
    """Set a person's password and return their code, or None if nobody, or not one alone, has that phone or code."""
    async with database.transaction() as connection:
        found = await people_admin.lock_named(connection, phone_or_code)
        if found is None:
            return None
        person_id, code = found
        await people_admin.set_password(connection, person_id, password_hash)
    return code


async def set_active(database: Database, phone_or_code: str, active: bool) -> tuple[str, int] | None:
    """Let a person serve and log in, or end both; return their code and how many orders they hold.

    None if nobody, or not one alone, has that phone or code.
    """
    async with database.transaction() as connection:
        found = await people_admin.lock_named(connection, phone_or_code)
        if found is None:
            return None
        person_id, code = found
        return code, await people_admin.set_active(connection, person_id, active=active)


async def set_passwords(database: Database, codes: list[str], password_hash: str) -> int:
    """Give the same password to everybody of ``codes`` who has none; return how many."""
    row = await database.fetchrow(SQL["set_passwords"], codes, password_hash)
    return int(row[0])


async def people(database: Database, phone_or_code: str | None, most: int) -> list[dict[str, Any]]:
    """Return people with ``roles`` as ``role@grid`` and their ``last_days`` or None, unmasked: the caller masks."""
    return [dict(row) for row in await database.fetch(SQL["people"], phone_or_code, most)]
