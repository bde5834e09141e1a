"""What counts as risen, and what as listed at the root, as an order's history tells it."""

import pytest

from dispatch.demo.cast import cast
from dispatch.demo.grids import ROOT, TOWNSHIP
from dispatch.demo.table import Row
from dispatch.domain.vocabulary import Action, Party, State

FILED = "2026-11-23T01:00:00+00:00"
VILLAGE_BRANCH, TOWNSHIP_BRANCH, COUNTY_BRANCH = (
    {"id": f"B{code}"} for code in ("141123105205", "141123105", "141123")
)


@pytest.fixture(scope="module")
def everybody():
    return cast()


def event(action, party=Party.SYSTEM, branch=VILLAGE_BRANCH, to=State.ROUTED, **data):
    return {
        "action": action.value, "party": party.value, "branch": branch, "to": to.value, "at": FILED, "data": data,
    }  # fmt: skip


def counted(everybody, *events, supervisor=None):
    row = Row("141123105", "")
    row.count(
        {"state": State.ROUTED.value, "supervisor": supervisor},
        [event(Action.SUBMIT, Party.RESIDENT, promises={}), *events],
        everybody,
    )
    return row


def test_an_order_that_moves_up_has_risen_to_the_branch_that_then_holds_it(everybody):
    row = counted(everybody, event(Action.ESCALATE, branch=TOWNSHIP_BRANCH, missed="accept"))
    assert (row.risen, row.listed) == ({TOWNSHIP: 1}, 0)


@pytest.mark.parametrize("action", [Action.ESCALATE, Action.SUPERVISE])
def test_an_order_that_stays_while_its_supervision_rises_has_risen_so_far(everybody, action):
    to = State.ACCEPTED if action is Action.ESCALATE else State.OFFERED
    row = counted(everybody, event(action, to=to, missed="resolve"), supervisor=TOWNSHIP_BRANCH)
    assert (row.risen, row.listed) == ({TOWNSHIP: 1}, 0)


def test_of_several_rises_the_highest_counts_and_the_order_once(everybody):
    rises = [event(Action.ESCALATE, branch=branch) for branch in (TOWNSHIP_BRANCH, COUNTY_BRANCH)]
    assert counted(everybody, *rises).risen == {ROOT: 1}


def test_what_is_due_at_the_root_is_listed_once_however_often_the_root_is_reminded(everybody):
    row = counted(everybody, *[event(Action.SUPERVISE, listed=True)] * 3, supervisor=COUNTY_BRANCH)
    assert (row.risen, row.listed) == ({}, 1)


def test_a_supervisors_word_neither_raises_nor_lists_an_order(everybody):
    row = counted(everybody, event(Action.SUPERVISE, Party.SUPERVISOR), supervisor=TOWNSHIP_BRANCH)
    assert (row.risen, row.listed) == ({}, 0)
