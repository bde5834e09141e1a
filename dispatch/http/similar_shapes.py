"""What is asked about similar orders, and what is answered."""

from datetime import datetime

from dispatch.domain.vocabulary import State
from dispatch.http.answers import Answer, GridRef, Label
from dispatch.http.bodies import Body, CategoryCode, Place, Text


class Unfiled(Body):
    """A request that somebody is about to file; nothing of it is kept."""

    category: CategoryCode
    text: Text
    place: Place


class SimilarAnswer(Answer):
    """An open order that may be about the same matter, with the grounds for and against."""

    id: str
    number: str
    state: State
    state_label: Label
    category: str
    category_label: Label | None
    text: str
    grid: GridRef
    submitted_at: datetime
    version: int
    score: float
    why: list[Label]


class SimilarOrders(Answer):
    """Similar orders, most alike first; the resident is told how many there are, and nothing of them."""

    count: int
    items: list[SimilarAnswer]
