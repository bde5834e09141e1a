"""平急转换: a subtree lives by other rules for a while, and everything is back as it was afterwards."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from dispatch.domain.vocabulary import Word

LONGEST = timedelta(days=90)
"""An emergency lasts no longer, and is declared no further ahead (ours): what is permanent belongs into the policy."""

EARLIEST, LATEST = datetime(2000, 1, 1, tzinfo=UTC), datetime(2999, 1, 1, tzinfo=UTC)
"""No moment of an emergency lies further off: the years at the ends of the calendar can't be reckoned with."""

MOST_REASON, MOST_NAME = 2_000, 100
"""The longest reason, and the longest name of a temporary branch, in characters (ours)."""


class EmergencyStage(Word):
    """How far an emergency has come."""

    PLANNED = "planned", "待开始", "not begun yet"
    ACTIVE = "active", "进行中", "under way"
    OVER = "over", "已结束", "over"


@dataclass(frozen=True, slots=True)
class Emergency:
    """One emergency of the subtree below ``grid_id``; it holds from ``starts_at`` until just before ``ends_at``."""

    id: int
    grid_id: int
    starts_at: datetime
    ends_at: datetime

    def active(self, at: datetime) -> bool:
        """Tell whether the emergency holds at that moment."""
        return self.starts_at <= at < self.ends_at


def stage(starts_at: datetime, ends_at: datetime, at: datetime) -> EmergencyStage:
    """Return how far an emergency has come at a moment."""
    if at >= ends_at:
        return EmergencyStage.OVER
    return EmergencyStage.PLANNED if at < starts_at else EmergencyStage.ACTIVE
