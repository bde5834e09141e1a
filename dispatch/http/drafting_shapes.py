"""What is pasted, and the draft that is answered."""

from typing import Annotated, Any

from pydantic import StringConstraints

from dispatch.domain.guesses import Sure
from dispatch.http.answers import Answer, Label
from dispatch.http.bodies import Body

PASTED_MOST = 4000
"""The longest message that is read, in characters; a chat's own trimmings go before it is filed."""


class Pasted(Body):
    """A message as it was copied from a chat: characters that nobody sees are welcome here, and left out."""

    text: Annotated[str, StringConstraints(min_length=1, max_length=PASTED_MOST)]


class Guessed(Answer):
    """One thing it could be, with the words of the message that say so."""

    value: str
    label: Label | None
    why: list[str]
    points: int


class GuessAnswer(Answer):
    """What something is taken to be, and how surely; a null value has to be asked."""

    value: str | None
    label: Label | None
    sure: Sure
    sure_label: Label
    why: list[str]
    candidates: list[Guessed]


class MissingAnswer(Answer):
    """What must still be asked before it can be filed."""

    field: str
    label: Label


class DraftAnswer(Answer):
    """A draft: every part is a guess, and nothing was filed or stored."""

    text: str
    category: GuessAnswer
    grid: GuessAnswer
    household: GuessAnswer
    house: GuessAnswer
    phone: GuessAnswer
    name: GuessAnswer
    urgency: GuessAnswer
    danger: list[str]
    calls: list[str]
    advice: Label | None
    submit: dict[str, Any]
    missing: list[MissingAnswer]
