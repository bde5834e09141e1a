"""A policy as people write it: written and read back, and every fault named at its path."""

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.asking import Asking, ladder_fault
from dispatch.domain.plausible import clashes, clock_slip
from dispatch.domain.policy import DEFAULT, EMERGENCY, Policy, clock_fault
from dispatch.domain.policy_file import Policies, document, dumps, loads, read
from dispatch.domain.vocabulary import TIMED, Rung, Urgency
from dispatch.domain.weighing import MatchGround
from grid_model.durations import RULES, Duration, Unit
from grid_model.matching import WEIGHTS

durations = st.one_of(
    st.builds(Duration, st.integers(1, 30), st.sampled_from([unit for unit in Unit if unit not in RULES])),
    st.builds(Duration, st.just(0), st.sampled_from(sorted(RULES))),
)
categories = st.sampled_from(["", "03", "0301", "1003"])
scopes = st.tuples(st.sampled_from(Urgency), categories)
clocks = st.dictionaries(
    st.tuples(st.sampled_from(Urgency), categories, st.sampled_from(TIMED)), durations, max_size=8
).map(
    lambda found: {
        (*scope, clock): length
        for (*scope, clock), length in found.items()
        if clock_fault(clock, length) is None and clock_slip(clock, length) is None
    }
)
narrow = st.one_of(
    st.builds(Asking, st.just(Rung.DIRECT), st.just(1), durations),
    st.builds(Asking, st.just(Rung.GROUP), st.integers(1, 50), durations),
)
ladders = st.builds(
    lambda first, last: (*first, Asking(last, None, None)),
    st.lists(narrow, max_size=4),
    st.sampled_from([Rung.POOL, Rung.SIBLINGS]),
).filter(lambda ladder: ladder_fault(ladder) is None)


def without_clashes(policy: Policy, default: Policy) -> Policy:
    """The policy without those clocks that cannot be meant beside the others."""
    while found := {(one.urgency, one.category, one.clock) for one in clashes(policy, default)}:
        kept = {key: value for key, value in policy.clocks.items() if key not in found}
        policy = Policy({**default.clocks, **kept}, policy.rise, policy.ladders)
    return policy


def policies_from(default: Policy):
    return st.builds(
        lambda own, rise, climbed: without_clashes(
            Policy({**default.clocks, **own}, {**default.rise, **rise}, {**default.ladders, **climbed}), default
        ),
        clocks,
        st.dictionaries(scopes, durations, max_size=3),
        st.dictionaries(scopes, ladders, max_size=3),
    )


weights = st.fixed_dictionaries({}, optional={ground.value: st.integers(*ground.limits) for ground in MatchGround}).map(
    lambda own: {**WEIGHTS, **own}
)
both = st.builds(Policies, policies_from(DEFAULT), policies_from(EMERGENCY), weights)


@given(both)
def test_what_is_written_is_read_back(policies: Policies) -> None:
    assert loads(dumps(policies)) == policies


@given(both)
def test_the_same_goes_through_json(policies: Policies) -> None:
    assert read(orjson.loads(orjson.dumps(document(policies)))) == policies


def test_defaults_are_an_empty_document() -> None:
    assert document(Policies()) == {}
    assert loads(dumps(Policies())) == Policies()
    assert loads("") == Policies()


def test_a_file_says_in_chinese_what_each_line_means() -> None:
    text = dumps(loads('[clocks.general.03]\naccept = "4wh"\n[emergency.ladder.urgent]\nrise = "20m"\n'))
    assert "[clocks.general.03]  # 一般，类别 03" in text
    assert 'accept = "4wh"  # 接单：4 个工作时；默认 当日' in text
    assert "[emergency.ladder.urgent]  # 紧急" in text
    assert 'rise = "20m"  # 上升之后：20 分钟；默认 30 分钟' in text


def test_a_file_says_in_chinese_what_each_weight_is_for_and_gives_only_those_of_its_own() -> None:
    wanted = loads("[weights]\nskill = 300\ndeclines = 0\nnear = 100\n")
    assert wanted.weights == {**WEIGHTS, "skill": 300, "declines": 0}
    assert document(wanted) == {"weights": {"skill": 300, "declines": 0}}
    text = dumps(wanted)
    assert "skill = 300  # 技能相符：300 分；默认 200 分" in text
    assert "declines = 0  # 近期每次婉拒：0 分；默认 -40 分" in text
    assert "near =" not in text


def test_the_grounds_are_those_that_matching_weighs_and_their_defaults_are_within_the_limits() -> None:
    assert [ground.value for ground in MatchGround] == list(WEIGHTS)
    assert loads("[weights]\n" + "".join(f"{ground} = {points}\n" for ground, points in WEIGHTS.items())) == Policies()


FAULTS = [
    ("x = 1", "x"),
    ("clocks = 1", "clocks"),
    ("[clocks]\ngeneral = 1", "clocks.general"),
    ('[clocks.genral]\naccept = "2h"', "clocks.genral"),
    ("[clocks.urgent]\naccept = 3", "clocks.urgent.accept"),
    ('[clocks.urgent]\naccept = "3"', "clocks.urgent.accept"),
    ('[clocks.urgent]\naccept_50 = "3h"', "clocks.urgent.accept_50"),
    ('[clocks.urgent]\nresume = "25h"', "clocks.urgent.resume"),
    ('[clocks.urgent.3]\naccept = "2h"', "clocks.urgent.3"),
    ('[clocks.urgent.99]\naccept = "2h"', "clocks.urgent.99"),
    ('[ladder.urgent]\nrungs = "pool"', "ladder.urgent.rungs"),
    ("[ladder.urgent]\nrungs = []", "ladder.urgent.rungs"),
    ('[ladder.urgent]\nrungs = ["pool", "siblings"]', "ladder.urgent.rungs"),
    ('[ladder.urgent]\nrungs = ["pool 2h"]', "ladder.urgent.rungs"),
    ('[ladder.urgent]\nrungs = ["direct 1 2h", 3]', "ladder.urgent.rungs.2"),
    ('[ladder.urgent]\nrungs = ["direct 1 2h", "friends"]', "ladder.urgent.rungs.2"),
    ('[ladder.urgent]\nrise = "0h"', "ladder.urgent.rise"),
    ('[ladder.urgent]\nraise = "2h"', "ladder.urgent.raise"),
    ("emergency = 3", "emergency"),
    ('[emergency.clocks.urgent.0301]\naccept = ""', "emergency.clocks.urgent.0301.accept"),
    ('[emergency.emergency.clocks.urgent]\naccept = "2h"', "emergency.emergency"),
    ("weights = 3", "weights"),
    ("[weights]\nskil = 3", "weights.skil"),
    ("[weights]\nskill = 3.0", "weights.skill"),
    ("[weights]\nskill = true", "weights.skill"),
    ('[weights]\nskill = "3"', "weights.skill"),
    ("[weights.skill]\ngeneral = 3", "weights.skill"),
    ("[weights]\nskill = 1001", "weights.skill"),
    ("[weights]\nskill = -1", "weights.skill"),
    ("[weights]\ndeclines = 1", "weights.declines"),
    ("[weights]\ndeclines = -1001", "weights.declines"),
    ("[emergency.weights]\nskill = 3", "emergency.weights"),
    ("[clocks", "TOML"),
    ('[clocks.general]\naccept = "367wd"', "clocks.general.accept"),
    ('[clocks.general]\nrate = "10000wd"', "clocks.general.rate"),
    ('[clocks.general]\noffer = "10000wh"', "clocks.general.offer"),
    ('[clocks.general.0301]\nremind = "59m"', "clocks.general.0301.remind"),
    ('[ladder.general]\nrise = "9000h"', "ladder.general.rise"),
    ('[ladder.general]\nrungs = ["direct 1 2h", "group 3 400d", "pool"]', "ladder.general.rungs"),
    ('[clocks.urgent]\ndispatch = "1h"', "clocks.urgent.dispatch"),
    ('[clocks.urgent]\naccept = "15m"', "clocks.urgent.accept"),
    ('[clocks.urgent]\ndispatch = "2h"\naccept = "2h"', "clocks.urgent.dispatch"),
    ('[clocks.urgent.0301]\naccept = "25h"', "clocks.urgent.0301.accept"),
    ('[clocks.critical]\nresolve = "20m"\naccept = "10m"', "clocks.critical.resolve"),
    ('[clocks.general]\ncontact = "169wh"', "clocks.general.contact"),
    ('[clocks.general]\ncontact = "9wd"', "clocks.general.contact"),
    ('[clocks.complex]\nresolve = "2d"', "clocks.complex.resolve"),
    ('[clocks.general.03]\naccept = "3d"\n[clocks.general.0301]\ncontact = "1d"\nresolve = "2d"',
     "clocks.general.0301.resolve"),
    ('[emergency.clocks.general]\naccept = "2d"', "emergency.clocks.general.accept"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "path"), FAULTS)
def test_a_fault_is_named_at_its_path_in_both_languages(text: str, path: str) -> None:
    with pytest.raises(errors.Invalid) as refusal:
        loads(text, {"0301", "0101"})
    (fault,) = refusal.value.data["faults"]
    assert fault["field"] == path
    assert fault["zh"]
    assert fault["en"]


def test_every_fault_is_told_at_once() -> None:
    text = "x = 1\n" + '[clocks.urgent]\naccept = 3\nresume = "25h"\n[ladder.urgent]\nrungs = []\nrise = ""\n'
    with pytest.raises(errors.Invalid) as refusal:
        loads(text)
    assert [fault["field"] for fault in refusal.value.data["faults"]] == [
        "x", "clocks.urgent.accept", "clocks.urgent.resume", "ladder.urgent.rungs", "ladder.urgent.rise",
    ]  # fmt: skip


def test_a_class_of_the_countys_categories_is_known() -> None:
    assert loads('[clocks.urgent.03]\naccept = "2h"', {"0301"}).normal.clocks[Urgency.URGENT, "03", TIMED[0]]


PASS = [
    '[clocks.general]\naccept = "366wd"\nresolve = "366d"',
    '[clocks.general]\nremind = "1h"\n[clocks.urgent]\nremind = "60m"\n[clocks.critical]\nremind = "1ah"',
    '[clocks.urgent]\naccept = "24h"\ncontact = "24h"',
    '[clocks.urgent]\naccept = "same_day"\ncontact = "working_morning"',
    '[clocks.urgent]\ndispatch = "59m"',
    '[clocks.general]\naccept = "5wd"\ncontact = "56wh"',
    '[clocks.general.03]\naccept = "30d"\nresolve = "31d"',
    '[clocks.general.03]\naccept = "20d"\n[clocks.general.0301]\nrate = "9d"\n[clocks.general]\nresolve = "20d"',
]


@pytest.mark.parametrize("text", PASS)
def test_what_may_be_meant_is_taken(text: str) -> None:
    assert loads(dumps(loads(text))) == loads(text)


def test_a_clash_is_told_once_in_both_languages_where_it_was_made() -> None:
    text = '[clocks.urgent]\naccept = "30h"\n[clocks.urgent.03]\nrate = "3d"\n[clocks.urgent.0301]\nresolve = "40h"\n'
    with pytest.raises(errors.Invalid) as refusal:
        loads(text)
    assert refusal.value.data["faults"] == [
        {
            "field": "clocks.urgent.accept",
            "zh": "「接单」（30 小时）不能长于「办结」（24 小时）",
            "en": "accept (30 hours) must not be longer than resolve (24 hours)",
        }
    ]
