"""What stays the same while many orders are decided: tree, branches, places, categories, policy, calendar."""

from collections.abc import Mapping
from dataclasses import dataclass

from dispatch.domain.policy import Policy
from dispatch.domain.vocabulary import Owner, Urgency
from grid_model.hours import WorkingCalendar
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
class World:
    """The county as the deciding code sees it: read once, replaced as a whole when it changes."""

    tree: Tree
    branches: Branches
    places: Places
    categories: Mapping[str, Category]
    policy: Policy
    calendar: WorkingCalendar
