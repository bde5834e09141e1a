"""Orders of village A1 in every state and with every kind of story, for everybody who may try something with them."""

from dataclasses import replace

import pytest

from dispatch.domain.vocabulary import Action, AppealSubject, Grade, Matter, State


def _held(county, where, state):
    """An order of village A1 in that state, held where it lies or risen to the township or the county."""
    if state is State.RECEIVED:
        return county.at(state), "root desk"
    if where == "desk":
        return county.at(state, "0201"), where
    order = county.at(state)
    seats = {"village": (106, ()), "township": (103, (106,)), "county": (101, (106, 103))}
    branch, passed = seats[where]
    affairs = replace(order.affairs, missed=bool(passed))
    return replace(
        order, branch_id=branch, supervisor_id=branch, co_branches=passed, level=len(passed), affairs=affairs
    ), where


def returned(county, back=0):
    """An order of A1 that was returned, and sent back so often."""
    order, secretary = county.at(State.ROUTED), county.people["secretary of A1"]
    for _ in range(back):
        order = county.does(order, **given_back(county, order), actor=secretary)
        order = county.does(order, Action.REFUSE, county.people["secretary of A"])
    return order if back else county.does(order, **given_back(county, order), actor=secretary)


def given_back(county, order):
    command = county.command(order, Action.RETURN)
    return {"action": command.action, "data": command.data}


def called(county, order, unit=104, **given):
    return county.does(order, Action.WHISTLE, county.people["secretary of A1"], unit=unit, **given)


def answered(county, order):
    return county.does(order, Action.ANSWER, county.people["officer of A"])


def graded(county, order, times):
    """The order with a bad grade, once or twice; the first reopens it at the township."""
    for time in range(times):
        if time:
            order = county.does(order, Action.OFFER, members=(county.member("member of A1"),))
            order = county.does(order, Action.ACCEPT, county.assignee(order))
            order = county.does(order, Action.RESOLVE, county.assignee(order))
        order = county.does(order, Action.RATE, county.resident, grade=Grade.DISSATISFIED)
    return order


def appealed(county, order, votes=()):
    order = county.does(order, Action.APPEAL, county.people["secretary of A1"], subject=AppealSubject.RATING)
    for name in votes:
        order = county.does(order, Action.JUDGE, county.people[name], agrees=True)
    return order


def absorbing(county, order):
    return county.does(order, Action.ABSORB, county.people["secretary of A1"], other=county.order(number=8))


STORIES = {
    "an extension is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.EXTEND),
    "more time as complex is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.COMPLEX),
    "parking is asked for": lambda c: c.asked(c.at(State.ACCEPTED), Matter.PARK),
    "its secretary asks": lambda c: c.does(
        c.at(State.ACCEPTED), Action.ASK, c.people["secretary of A1"], matter=Matter.COMPLEX
    ),
    "the superior's own secretary asks": lambda c: c.does(
        c.at(State.ACCEPTED), Action.ASK, c.people["secretary of A"], matter=Matter.COMPLEX
    ),
    "a standstill is asked for": lambda c: c.asked(called(c, c.at(State.ACCEPTED)), Matter.HOLD),
    "it stands still for a department": lambda c: c.granted(called(c, c.at(State.ACCEPTED)), Matter.HOLD),
    "the resident is waited for": lambda c: c.does(c.at(State.ACCEPTED), Action.PAUSE, c.people["member of A1"]),
    "it is asked for while the resident is waited for": lambda c: c.asked(
        c.does(c.at(State.ACCEPTED), Action.PAUSE, c.people["member of A1"]), Matter.PARK
    ),
    "it was returned": returned,
    "it was returned and sent back": lambda c: returned(c, 1),
    "it was returned twice": lambda c: returned(c, 2),
    "an answer is required of a department while it is routed": lambda c: called(c, c.at(State.ROUTED)),
    "an answer is required while it is offered": lambda c: called(c, c.at(State.OFFERED)),
    "an answer is required of another village": lambda c: called(c, c.at(State.ACCEPTED), 107),
    "an answer is required while it is parked": lambda c: c.granted(called(c, c.at(State.ACCEPTED)), Matter.PARK),
    "an answer is waited for that is not required": lambda c: called(c, c.at(State.ACCEPTED), required=False),
    "one of two answers has come": lambda c: answered(c, called(c, called(c, c.at(State.ACCEPTED)), 107)),
    "every answer has come": lambda c: answered(c, called(c, c.at(State.ACCEPTED))),
    "it was graded badly": lambda c: graded(c, c.at(State.RESOLVED), 1),
    "it was graded badly again": lambda c: graded(c, c.at(State.RESOLVED), 2),
    "its grade is appealed against": lambda c: appealed(c, graded(c, c.at(State.RESOLVED), 1)),
    "one reviewer has spoken": lambda c: appealed(c, graded(c, c.at(State.RESOLVED), 1), ["supervisor of the county"]),
    "it took another in while it is routed": lambda c: absorbing(c, c.at(State.ROUTED)),
    "it took another in while it is offered": lambda c: absorbing(c, c.at(State.OFFERED)),
    "it took another in while it is handled": lambda c: absorbing(c, c.at(State.ACCEPTED)),
    "it took another in while it is parked": lambda c: c.granted(absorbing(c, c.at(State.ACCEPTED)), Matter.PARK),
    "it was urged today": lambda c: c.does(c.at(State.OFFERED), Action.URGE, c.resident),
}


@pytest.fixture(scope="session")
def held():
    return _held


@pytest.fixture(params=STORIES)
def storied(request, county):
    """An order with a story of its own, one after the other."""
    return STORIES[request.param](county)
