"""What is guessed and never known: a value, how sure, and the words that it rests on."""

from dataclasses import dataclass

from dispatch.domain.vocabulary import Word


class Sure(Word):
    """How sure a guess is (把握)."""

    HIGH = "high", "把握较大", "rather sure"
    LOW = "low", "请核对", "unsure: please check"


@dataclass(frozen=True, slots=True)
class Candidate:
    """One thing it could be: ``why`` are words of the message, ``points`` how much they tell, 0 where none compete."""

    value: str
    why: tuple[str, ...] = ()
    points: int = 0


@dataclass(frozen=True, slots=True)
class Guess:
    """What something is taken to be, the likeliest first; without a ``value`` it has to be asked."""

    value: str | None = None
    sure: Sure = Sure.LOW
    candidates: tuple[Candidate, ...] = ()

    @property
    def why(self) -> tuple[str, ...]:
        """The words of the message that the value rests on."""
        return next((one.why for one in self.candidates if one.value == self.value), ())


NOTHING = Guess()
"""Nothing in the message tells."""
