"""The service's time: plain, or many times faster for demonstrations. The one place that reads the machine's clock."""

from dataclasses import dataclass
from datetime import UTC, datetime

from dispatch.storage import county
from dispatch.storage.database import Database


def wall_now() -> datetime:
    """Return the machine's time, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class ServiceClock:
    """Service time = ``service_anchor`` + ``rate`` × (wall time - ``wall_anchor``)."""

    rate: float
    wall_anchor: datetime
    service_anchor: datetime

    def now(self) -> datetime:
        """Return the service's time, in UTC."""
        return self.at(wall_now())

    def at(self, wall: datetime) -> datetime:
        """Return the service's time at the machine's time ``wall``."""
        return self.service_anchor + (wall - self.wall_anchor) * self.rate

    @property
    def plain(self) -> bool:
        """Whether service time is simply the machine's."""
        return self.rate == 1.0 and self.wall_anchor == self.service_anchor


async def set_rate(database: Database, rate: float) -> ServiceClock:
    """Make the service's time run at ``rate`` from now on, and return it; it never jumps back.

    All processes on one database share it. After a demonstration at a high rate, plain time would lie in the past of
    what was written, so the offset stays.
    """
    known = await county.clock(database)
    wall = wall_now()
    if known is None:
        if rate == 1.0:
            return ServiceClock(1.0, wall, wall)
        known = (1.0, wall, wall)
    elif known[0] == rate:
        return ServiceClock(*known)
    service = ServiceClock(*known).at(wall)
    await county.set_clock(database, rate, wall, service)
    return ServiceClock(rate, wall, service)


async def read_clock(database: Database) -> ServiceClock:
    """Return the service's time as it runs on this database."""
    known = await county.clock(database)
    wall = wall_now()
    return ServiceClock(1.0, wall, wall) if known is None else ServiceClock(*known)
