"""What clients are sent about merged orders."""

from datetime import datetime

from dispatch.domain.vocabulary import Party, State
from dispatch.http.answers import Answer, GridRef, Label


class MergedAnswer(Answer):
    """The order that answers for all as it now is, and those that were merged into it by this request."""

    lead: str
    version: int
    merged: list[str]


class PartNote(Answer):
    """A note on a merged order."""

    at: datetime
    party: Party
    party_label: Label
    text: str


class PartAnswer(Answer):
    """An order that was merged into another; its words for whoever answers for it or sees it anyway."""

    id: str
    number: str
    state: State
    state_label: Label
    grid: GridRef
    submitted_at: datetime
    text: str | None
    notes: list[PartNote]


class Parts(Answer):
    """The orders that were merged into one, the oldest first."""

    items: list[PartAnswer]
