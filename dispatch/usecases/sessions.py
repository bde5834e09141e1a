"""Logging in and out; tokens are random and stored hashed, passwords are argon2."""

import asyncio
import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from dispatch.domain import errors
from dispatch.domain.order import Actor
from dispatch.storage import people
from dispatch.storage.people import Bearer, Presented
from dispatch.usecases.brakes import PASSWORD_TRIES, PASSWORD_TRIES_OF_ADDRESS, Brake
from dispatch.usecases.service import Service

_HASHER = PasswordHasher()

TOKEN_MOST = 200
"""No token of ours is longer."""


@dataclass(frozen=True, slots=True)
class Session:
    """A session that was opened; ``token`` is told once and stored nowhere."""

    token: str
    bearer: Bearer


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


@cache
def _nobody() -> str:
    """Return the hash of a password that nobody has, so that an unknown phone takes as long as a wrong password."""
    return _HASHER.hash(secrets.token_urlsafe())


def hashed(password: str) -> str:
    """Return the argon2 hash of ``password``."""
    return _HASHER.hash(password)


async def log_in(service: Service, phone: str, password: str, address: str, now: datetime) -> Session:
    """Open a session.

    Raises:
        WrongPassword: phone and password do not fit, or the person can't log in.
        TooMany: wrong too often, for this phone or from this address.
    """
    by_phone = Brake(PASSWORD_TRIES, "password", phone)
    by_address = Brake(PASSWORD_TRIES_OF_ADDRESS, "password-address", address)
    async with service.brakes.turn(by_phone), service.brakes.tried(by_address, by_phone):
        known = await _person(service, phone, password)
        if known is None:
            await service.brakes.wrong(by_address, by_phone)
            raise errors.WrongPassword
    token = secrets.token_urlsafe(32)
    # a session lasts hours of the machine's time, whatever the rate of the service's
    lasts = timedelta(hours=service.settings.session_hours) * service.clock.rate
    if not await people.open_session(service.database, _digest(token), *known, now, now + lasts):
        raise errors.WrongPassword  # it was right a moment ago
    found = await bearer(service, token, now)
    return Session(token, found)


async def _person(service: Service, phone: str, password: str) -> tuple[int, str] | None:
    """Return whose phone and password these are, with its hash, or None; it takes as long either way."""
    nobody = await asyncio.to_thread(_nobody)  # for everybody, or the first unknown phone would take longer
    known = await people.credentials(service.database, phone)
    stored = known[2] if known is not None and known[2] is not None else nobody
    fits = await asyncio.to_thread(_fits, stored, password)
    return (known[0], stored) if fits and known is not None and known[2] is not None else None


def _fits(stored: str, password: str) -> bool:
    try:
        return _HASHER.verify(stored, password)
    except (VerificationError, InvalidHashError):
        return False


async def bearer(service: Service, token: str, now: datetime) -> Bearer:
    """Return whose token it is, with the roles they hold today.

    Raises:
        Unauthenticated: it is nobody's, or can be no token of ours, which is not looked up.
        NoCounty: nobody can be logged in yet.
    """
    if not 0 < len(token) <= TOKEN_MOST or not token.isascii():
        raise errors.Unauthenticated
    today = now.astimezone(service.world.calendar.zone).date()
    found = await service.bearer(Presented(_digest(token), now, today))
    if found is None:
        raise errors.Unauthenticated
    return found


def actor(bearer: Bearer | None) -> Actor:
    """Return whoever holds a session, or nobody, as the domain knows them."""
    return Actor() if bearer is None else Actor(person_id=bearer.person_id, grants=bearer.grants)


async def log_out(service: Service, token: str) -> None:
    """End the session of ``token``."""
    await people.close_session(service.database, _digest(token))
