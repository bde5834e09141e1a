"""The words in which an order is told."""

from datetime import UTC, datetime

import pytest

from dispatch.domain import lifecycle
from dispatch.domain.vocabulary import OPEN_STATES, Action, State
from dispatch.web import looks
from dispatch.web.resident import telling

BRANCH = {"id": "B1", "name": "东城社区党总支"}


def words(name):
    return looks.environment("zh").get_template(f"resident/{name}.html").module


def told(action, party, to, **data):
    return {
        "action": action,
        "action_label": {"zh": "新动作", "en": "something new"},
        "party": party,
        "party_label": {"zh": "新角色", "en": "somebody new"},
        "to": to,
        "branch": BRANCH,
        "data": data,
    }


@pytest.mark.parametrize("row", lifecycle.TABLE, ids=lambda row: f"{row.from_state}-{row.action}")
def test_each_step_of_the_lifecycle_has_words_of_its_own(row):
    for party in row.parties:
        step = told(row.action.value, party.value, row.to_state.value)
        said = words("steps").what(step).strip()
        assert said
        assert "新动作" not in said or row.action in {Action.ASK, Action.REFUSE}
        assert words("steps").by(step).strip() not in {"", "新角色"}


def test_a_step_that_is_not_known_is_told_by_its_names():
    step = told("paint", "painter", "painted")
    assert words("steps").what(step).strip() == "新动作"
    assert words("steps").by(step).strip() == "新角色"


@pytest.mark.parametrize("state", State)
def test_each_state_is_told_in_a_sentence(state):
    order = {"state": state.value, "branch": BRANCH, "pending": None, "asked": 2, "parked_until": None}
    order["state_label"] = {"zh": state.zh, "en": state.en}
    said = words("now").standing(order, None).strip()
    assert said.endswith("。") or state is State.NEW


def missed(state, supervisor):
    promise = {"due": "2026-11-20T01:00:00+00:00", "length_label": None}
    order = {"state": state, "branch": BRANCH, "supervisor": supervisor, "paused_at": None, "parked_until": None}
    token = looks._now.set(datetime(2026, 11, 23, 1, 0, tzinfo=UTC))
    try:
        return words("now").promised(order, [{"clock": "resolve", "standing": "missed", "promise": promise}], None)
    finally:
        looks._now.reset(token)


@pytest.mark.parametrize("state", State)
def test_an_answer_is_late_only_while_somebody_owes_it(state):
    assert ("现在晚了" in missed(state.value, None)) == (state in OPEN_STATES)


def test_nobody_is_said_to_press_for_what_they_are_late_with_themselves():
    assert "蔚汾镇党委正在督促" in missed("accepted", {"id": "B2", "name": "蔚汾镇党委"})
    assert "督促" not in missed("accepted", BRANCH)


def test_a_promise_is_told_as_moved_only_where_another_minute_is_told():
    before = {"contact": "2026-11-25T11:25:36+00:00", "resolve": "2026-11-29T11:25:36+00:00"}
    after = {"contact": "2026-11-25T11:25:59+00:00", "resolve": "2026-11-30T11:25:36+00:00", "accept": "2026-11-23"}
    event = {"data": {"promises": after, "promises_before": before}}
    assert list(telling.moved(event)) == [("resolve", after["resolve"], before["resolve"])]
    assert list(telling.moved({"data": {"promises": after}})) == []


def test_a_page_left_open_is_told_anew_at_times_though_nothing_moved():
    order = {"version": 3}
    at = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
    assert telling.mark(order, at) == telling.mark(order, at.replace(minute=9))
    assert telling.mark(order, at) != telling.mark(order, at.replace(minute=10))
    assert telling.mark(order, at) != telling.mark({"version": 4}, at)
