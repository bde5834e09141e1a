"""What happens to the requests of the day: each has a plan, and the plans take turns, so that everything occurs."""

from dataclasses import dataclass, field, replace
from enum import Enum

from dispatch.domain.vocabulary import Grade, Rung, State


class Answer(Enum):
    """How a member who was asked behaves before somebody accepts."""

    DECLINE = "decline"
    FORGET = "forget"


class Neglect(Enum):
    """How far an order must rise before anybody looks at it."""

    NONE = "none"
    ONE_LEVEL = "one level"
    COUNTY = "county"
    FOR_GOOD = "for good"


class Move(Enum):
    """What is done together, each with the state in which it is done."""

    RETURN = "return", State.ROUTED
    RETURN_IN_VAIN = "return in vain", State.ROUTED
    MERGE = "merge", State.ROUTED
    EXTEND = "extend", State.ACCEPTED
    EXTEND_IN_VAIN = "extend in vain", State.ACCEPTED
    COMPLEX = "complex", State.ACCEPTED
    PARK = "park", State.ACCEPTED
    WHISTLE = "whistle", State.ACCEPTED
    URGE = "urge", State.ACCEPTED
    FOLLOW_UP = "follow up", State.ROUTED
    APPEAL = "appeal", State.ROUTED
    REVIEW = "review", State.RESOLVED

    @property
    def state(self) -> State:
        """The state of the order in which somebody makes this move."""
        return self.value[1]

    @property
    def after_a_grade(self) -> bool:
        """Whether it answers a poor grade, for which the order is done again."""
        return self in (Move.FOLLOW_UP, Move.APPEAL)


@dataclass
class Plan:
    """What people will do about one request; whatever is done once is struck out.

    Attributes:
        by_hand: the secretary offers it; otherwise the system does when the secretary's window has passed.
        own_secretary: the branch's own secretary dispatches, not the township's.
        ask: how many the secretary asks by name at once, the first time.
        rung: the secretary asks, the first time, whomever this rung of the ladder asks, and nobody by name.
        race: two of those asked accept at once, and one of them is too late.
        answers: how the first members who are asked behave.
        grades: the resident's verdicts, one after each result.
        neglect: nobody does anything before it has risen so far.
        withdraw_when: the resident takes it back in this state.
        vague: filed with an address that names no place.
        for_household: filed by the member who looks after a household.
        reroute: filed under a neighbouring category, which the secretary mends.
        redirect: not for this service, which the secretary notices.
        recall_offer: the secretary takes the first offer back.
        recall_handling: the secretary takes it from the member who handles it.
        pause: the first handler waits for the resident, while the clocks stand still.
        answered: the resident answers then; otherwise the handler goes on without.
        hand_back: the first handler gives it back.
        supervise: the township's supervisor urges.
        reopen: the resident has it done again without a verdict.
        close: the secretary closes it when the resident does not answer.
        late: the resident answers after that.
        moves: what is done together, each once, as soon as the order is in the state for it.
    """

    by_hand: bool = False
    own_secretary: bool = False
    ask: int = 1
    rung: Rung | None = None
    race: bool = False
    answers: list[Answer] = field(default_factory=list)
    grades: list[Grade] = field(default_factory=list)
    neglect: Neglect = Neglect.NONE
    withdraw_when: State | None = None
    vague: bool = False
    for_household: bool = False
    reroute: bool = False
    redirect: bool = False
    recall_offer: bool = False
    recall_handling: bool = False
    pause: bool = False
    answered: bool = False
    hand_back: bool = False
    supervise: bool = False
    reopen: bool = False
    close: bool = False
    late: bool = False
    moves: list[Move] = field(default_factory=list)

    def fresh(self) -> "Plan":
        """Return a plan of one order's own."""
        return replace(self, answers=list(self.answers), grades=list(self.grades), moves=list(self.moves))


_G, _M = Grade, Move
PLANS: tuple[Plan, ...] = (
    Plan(by_hand=True, grades=[_G.VERY_SATISFIED], moves=[_M.URGE, _M.EXTEND]),
    Plan(grades=[_G.SATISFIED]),
    Plan(by_hand=True, answers=[Answer.DECLINE], grades=[_G.FAIR], moves=[_M.RETURN_IN_VAIN]),
    Plan(neglect=Neglect.FOR_GOOD),
    Plan(by_hand=True, hand_back=True, grades=[_G.SATISFIED]),
    Plan(by_hand=True, own_secretary=True, grades=[_G.DISSATISFIED, _G.SATISFIED], moves=[_M.FOLLOW_UP, _M.APPEAL]),
    Plan(by_hand=True, close=True, late=True, grades=[_G.SATISFIED], moves=[_M.PARK]),
    Plan(by_hand=True, recall_offer=True, grades=[_G.VERY_SATISFIED], moves=[_M.MERGE]),
    Plan(withdraw_when=State.ROUTED),
    Plan(neglect=Neglect.ONE_LEVEL, grades=[_G.FAIR]),
    Plan(by_hand=True, reopen=True, grades=[_G.SATISFIED], moves=[_M.COMPLEX]),
    Plan(by_hand=True, redirect=True),
    Plan(by_hand=True, reroute=True, grades=[_G.VERY_SATISFIED]),
    Plan(by_hand=True, supervise=True, grades=[_G.VERY_SATISFIED], moves=[_M.WHISTLE]),
    Plan(by_hand=True, for_household=True, grades=[_G.VERY_SATISFIED], moves=[_M.RETURN]),
    Plan(by_hand=True, withdraw_when=State.ACCEPTED),
    Plan(neglect=Neglect.COUNTY, grades=[_G.SATISFIED]),
    Plan(by_hand=True, close=True, moves=[_M.REVIEW]),
    Plan(by_hand=True, answers=[Answer.FORGET], grades=[_G.FAIR], moves=[_M.MERGE]),
    Plan(by_hand=True, vague=True, grades=[_G.SATISFIED], moves=[_M.RETURN_IN_VAIN, _M.EXTEND_IN_VAIN]),
    Plan(by_hand=True, grades=[_G.VERY_DISSATISFIED, _G.FAIR], moves=[_M.FOLLOW_UP, _M.APPEAL]),
    Plan(by_hand=True, recall_handling=True, grades=[_G.SATISFIED]),
    Plan(by_hand=True, withdraw_when=State.OFFERED),
    Plan(by_hand=True, ask=3, race=True, grades=[_G.VERY_SATISFIED], moves=[_M.EXTEND, _M.PARK]),
    Plan(grades=[_G.VERY_SATISFIED], moves=[_M.URGE, _M.COMPLEX]),
    Plan(by_hand=True, rung=Rung.POOL, race=True, pause=True, grades=[_G.SATISFIED]),
    Plan(by_hand=True, moves=[_M.MERGE, _M.REVIEW]),
    Plan(
        by_hand=True, ask=3, answers=[Answer.DECLINE], pause=True, answered=True, grades=[_G.FAIR], moves=[_M.WHISTLE]
    ),
)
"""The plans in their turn."""


def plan(turn: int) -> Plan:
    """Return the plan of the request whose turn that is, counted from 0."""
    return PLANS[turn % len(PLANS)].fresh()
