"""How the player keeps time with the service, whose clock may run many times as fast as the wall's."""

import asyncio
import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from dispatch.domain.vocabulary import Urgency

DAY = timedelta(days=1)
LONGEST_S = 180.0
"""The longest that the player waits, in seconds of the wall's time, however slow the service's clock is."""
SHORTEST_S = 8.0
"""How long the player gives the people after the last filing, at least: a clock may be faster than they can act."""

_SHANGHAI = ZoneInfo("Asia/Shanghai")
_MORNING, _EVENING = 8, 21  # outside, what is not urgent can wait (DOMAIN §3)
_HASTE = {Urgency.CRITICAL: 0.0, Urgency.URGENT: 0.1}
_MINUTES_A_DAY = 24 * 60


@dataclass
class Pace:
    """The service's time, and the waits of everybody who plays.

    Attributes:
        rate: seconds of service time in one of the wall's.
        now_at_start: the service's time when the play began.
        started: the loop's time at that moment, in seconds.
        after: how long the play goes on after its day, in service time.
    """

    rate: float
    now_at_start: datetime
    started: float
    after: timedelta
    over: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def hurried(self) -> bool:
        """Whether service time passes no faster than the wall's, so that nobody waits for anything."""
        return self.rate <= 1

    @property
    def scale(self) -> float:
        """The part of its proper length that every wait has: 1 where the clock is fast enough for the whole play."""
        return 0.0 if self.hurried else min(1.0, LONGEST_S * self.rate / (DAY + self.after).total_seconds())

    def now(self) -> datetime:
        """Return the service's time."""
        passed = asyncio.get_running_loop().time() - self.started
        return self.now_at_start + timedelta(seconds=passed * self.rate)

    def local_now(self) -> datetime:
        """Return the service's time as clocks on walls show it there."""
        return self.now().astimezone(_SHANGHAI)

    def filing_at(self, minute: int) -> datetime:
        """Say when a request of that minute of the day is filed: within a day from the start, or what stands for it."""
        local = self.now_at_start.astimezone(_SHANGHAI)
        wait = (minute - local.hour * 60 - local.minute) % _MINUTES_A_DAY
        return self.now_at_start + timedelta(minutes=wait) * self.scale

    async def until(self, at: datetime) -> None:
        """Wait until the service's time is ``at``, or the play is over."""
        await self.rest((at - self.now()).total_seconds() / self.rate)

    async def rest(self, seconds: float) -> None:
        """Wait ``seconds`` of the wall's time, or until the play is over."""
        if seconds > 0 and not self.over.is_set():
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.over.wait(), seconds)

    async def pause(self, rng: Random, order: dict[str, Any], low: int, high: int) -> None:
        """Let somebody take between ``low`` and ``high`` minutes, less where it is urgent, and their night's rest."""
        minutes = (low + (high - low) * rng.random()) * _HASTE.get(Urgency(order["urgency"]), 1.0)
        if self.hurried or minutes == 0:
            return
        at = self.now() + timedelta(minutes=minutes) * self.scale
        if self.scale == 1.0 and order["urgency"] not in _HASTE:
            at = _by_day(at, rng)
        await self.until(at)

    def ends_in(self) -> float:
        """Return how long the play goes on after the last filing at the most, in seconds of the wall's time."""
        return max(SHORTEST_S, self.after.total_seconds() * self.scale / self.rate)


def _by_day(at: datetime, rng: Random) -> datetime:
    local = at.astimezone(_SHANGHAI)
    if _MORNING <= local.hour < _EVENING:
        return at
    morning = local.replace(hour=_MORNING, minute=0) + timedelta(minutes=90 * rng.random())
    return morning if local.hour < _MORNING else morning + DAY
