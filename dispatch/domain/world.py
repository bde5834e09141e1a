"""What stays the same while many orders are decided: tree, branches, places, categories, policies, calendars."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from dispatch.domain.emergency import Emergency
from dispatch.domain.policy import EMERGENCY, Policy
from dispatch.domain.vocabulary import Clock, Mode, Owner, Urgency
from grid_model.durations import Duration
from grid_model.history import History
from grid_model.hours import WorkingCalendar, deadline
from grid_model.matching import WEIGHTS
from grid_model.places import Places
from grid_model.routing import Branches
from grid_model.tree import Tree


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of matter (类别): who it belongs to, and how fast it must move by default."""

    code: str
    name: str
    name_en: str
    parent_code: str | None
    owner: Owner
    urgency: Urgency


@dataclass(frozen=True, slots=True)
class Tier:
    """What decides how long an order's clocks run: how urgent it is, of what category, and where."""

    urgency: Urgency
    category: str
    grid_id: int


@dataclass(frozen=True, slots=True)
class World:
    """The county as the deciding code sees it: read once, replaced as a whole when it changes.

    Attributes:
        policy: the clocks and ladders of ordinary times.
        calendar: the county's working time; ``calendars`` holds those of subtrees that differ, by grid.
        emergency: the clocks and ladders below a grid in an emergency; ``emergencies`` says where and when.
        weights: the points of matching, by ground.
        history: what grids were called, and where they lay, before the tree changed.
        lot: a secret of the service, by which it is drawn whose residents are asked how it went.
    """

    tree: Tree
    branches: Branches
    places: Places
    categories: Mapping[str, Category]
    policy: Policy
    calendar: WorkingCalendar
    calendars: Mapping[int, WorkingCalendar] = field(default_factory=dict)
    emergency: Policy = EMERGENCY
    emergencies: tuple[Emergency, ...] = ()
    weights: Mapping[str, int] = field(default_factory=lambda: WEIGHTS)
    history: History = field(default_factory=History)
    lot: bytes = field(default=b"", repr=False)

    def calendar_at(self, grid_id: int) -> WorkingCalendar:
        """Return the working time of a grid: its own, or that of the nearest grid above which has one."""
        if not self.calendars:
            return self.calendar
        for at in self.tree.chain(grid_id):
            if at in self.calendars:
                return self.calendars[at]
        return self.calendar

    def emergency_at(self, grid_id: int, at: datetime) -> Emergency | None:
        """Return the emergency that holds at a grid at that moment, or None."""
        for emergency in self.emergencies:
            if emergency.active(at) and self.tree.within(grid_id, emergency.grid_id):
                return emergency
        return None

    def mode_at(self, grid_id: int, at: datetime) -> Mode:
        """Tell by which rules a grid lives at that moment."""
        return Mode.NORMAL if self.emergency_at(grid_id, at) is None else Mode.EMERGENCY

    def policy_at(self, grid_id: int, at: datetime) -> Policy:
        """Return the policy in force at a grid at that moment."""
        if not self.emergencies or self.emergency_at(grid_id, at) is None:
            return self.policy
        return self.emergency

    def length(self, clock: Clock, tier: Tier, at: datetime) -> Duration:
        """Return how long a clock that starts at that moment runs."""
        return self.policy_at(tier.grid_id, at).duration(clock, tier.urgency, tier.category)

    def rise_length(self, tier: Tier, at: datetime) -> Duration:
        """Return how long the clock of an order runs that rises at that moment."""
        return self.policy_at(tier.grid_id, at).rise_duration(tier.urgency, tier.category)

    def due(self, length: Duration, grid_id: int, start: datetime) -> datetime:
        """Say when a duration that starts then at a grid has run out, in UTC.

        Raises:
            NoWorkingTime: the calendar has no working time within 366 days.
            ValueError: the start has no time zone.
        """
        return deadline(start, length, self.calendar_at(grid_id))
