"""What a form sends is what the service takes, and every action of a member has a form or a button."""

import orjson
import pytest

from dispatch.domain import lifecycle
from dispatch.domain.vocabulary import Action, Matter, Party, State
from dispatch.http.act_bodies import ACT
from dispatch.web.member.deeds import DEEDS, ONE_TAP, body

MEMBERS = (Party.OFFEREE, Party.INVITEE, Party.HANDLER, Party.RESIDENT, Party.ASSISTANT)
"""In what capacity somebody acts who only handles orders, and files for others."""

TYPED = {
    "answer": "修好了", "note": "配件自备", "how": "visit", "text": "说明", "internal": "true", "amount": "2d",
    "reason": "要等配件", "on": "2026-12-20", "unit": "B141123100", "within": "1d", "required": "true", "assist": "1",
    "subject": "overdue", "grade": "satisfied", "version": "3",
}  # fmt: skip


def test_whatever_a_member_may_ever_do_has_a_way() -> None:
    possible = {
        action
        for state in State
        for action in Action
        for party in MEMBERS
        if lifecycle.row(state, action, party) is not None and state is not State.NEW
    }
    assert possible <= ONE_TAP | {deed.action for deed in DEEDS.values()}


def test_whatever_is_asked_of_the_superior_has_a_form() -> None:
    asked = {deed.matter for deed in DEEDS.values() if deed.action is Action.ASK}
    assert asked == {Matter.EXTEND, Matter.COMPLEX, Matter.PARK, Matter.HOLD}


@pytest.mark.parametrize("name", DEEDS)
def test_a_form_that_is_filled_in_is_a_body_of_its_action(name: str) -> None:
    deed = DEEDS[name]
    sent = {field: value for field, value in body(deed, TYPED).items() if value is not None}
    taken = ACT.validate_json(orjson.dumps(sent))
    assert taken.action == deed.action
    for field in deed.fields:
        assert getattr(taken, field) not in (None, "", False), field
    assert taken.version == (None if deed.commutes else 3)


@pytest.mark.parametrize("name", DEEDS)
def test_a_form_that_is_left_empty_sends_nothing_but_what_it_is(name: str) -> None:
    sent = {field: value for field, value in body(DEEDS[name], {}).items() if value not in (None, False)}
    assert set(sent) <= {"action", "matter"}


def test_a_ready_made_answer_is_sent_unless_another_is_typed() -> None:
    resolve = DEEDS["resolve"]
    assert body(resolve, {"phrase": "办好了"})["answer"] == "办好了"
    assert body(resolve, {"phrase": "办好了", "answer": "灯换好了"})["answer"] == "灯换好了"
