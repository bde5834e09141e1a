"""What the orders of one batch of a sweep have in common, reckoned once for all of them."""

from dataclasses import dataclass, field, fields
from datetime import datetime

from dispatch.domain.notices import send_at
from dispatch.domain.order import Order
from dispatch.domain.vocabulary import Urgency
from dispatch.domain.world import Tier, World
from grid_model.durations import Duration


@dataclass(frozen=True, slots=True)
class _World(World):
    """The world as one batch sees it: when a time has run out is reckoned once for all orders that start together."""

    known: dict[tuple[datetime, Duration, int], datetime] = field(default_factory=dict, init=False)
    rises: dict[tuple[Urgency, str], Duration] = field(default_factory=dict, init=False)

    def rise_length(self, tier: Tier, at: datetime) -> Duration:
        """Return how long the clock of an order runs that rises at that moment."""
        if self.emergencies:  # then it is another thing at each place and moment
            return World.rise_length(self, tier, at)
        key = (tier.urgency, tier.category)
        known = self.rises.get(key)
        if known is None:
            known = self.rises[key] = World.rise_length(self, tier, at)
        return known

    def due(self, length: Duration, grid_id: int, start: datetime) -> datetime:
        """Say when a duration that starts then at a grid has run out, in UTC."""
        key = (start, length, id(self.calendar_at(grid_id)))
        known = self.known.get(key)
        if known is None:
            known = self.known[key] = World.due(self, length, grid_id, start)
        return known


def for_a_batch(world: World) -> World:
    """Return ``world`` as one batch sees it."""
    return _World(**{one.name: getattr(world, one.name) for one in fields(World)})


class Leaving:
    """When notices of a batch may leave: said once for each urgency and working time."""

    def __init__(self, now: datetime, world: World) -> None:
        """Begin a batch that is decided at that moment."""
        self._now = now
        self._world = world
        self._known: dict[tuple[Urgency, int], datetime] = {}

    def at(self, order: Order) -> datetime:
        """Return when a notice of ``order`` may leave."""
        calendar = self._world.calendar_at(order.grid_id)
        key = (order.urgency, id(calendar))
        known = self._known.get(key)
        if known is None:
            known = self._known[key] = send_at(order.urgency, self._now, calendar)
        return known
