"""The words: each stored as one plain value and read in two languages, none of them mistaken for another."""

import json
import re

import pytest

from dispatch.domain import vocabulary
from dispatch.domain.vocabulary import (
    MILESTONES,
    OPEN_STATES,
    Action,
    AppealSubject,
    BranchKind,
    Clock,
    ContactReason,
    FollowUpWhy,
    Grade,
    Kind,
    Matter,
    Mode,
    Owner,
    Party,
    ReturnReason,
    Role,
    Rung,
    State,
    Urgency,
    Word,
)

VOCABULARIES = (
    State, Action, Party, Role, Urgency, Clock, Rung, Mode, Owner, BranchKind, Grade,
    Matter, ReturnReason, AppealSubject, FollowUpWhy, Kind, ContactReason,
)  # fmt: skip
WORDS = [word for words in VOCABULARIES for word in words]


def test_all_vocabularies_are_looked_at():
    found = {item for item in vars(vocabulary).values() if isinstance(item, type) and issubclass(item, Word)}
    assert found == {Word, *VOCABULARIES}


@pytest.mark.parametrize("word", WORDS, ids=repr)
def test_a_word_is_its_value_and_carries_a_label_in_each_language(word):
    assert str(word) == f"{word}" == word.value == json.loads(json.dumps(word))
    assert type(word)(word.value) is word
    assert re.fullmatch(r"[a-z_]+(_50|_80)?|[PGDX]", word.value)
    assert re.fullmatch(r"[\u4e00-\u9fff、]+", word.zh)
    assert re.fullmatch(r"[A-Za-z',\- ]+", word.en)


@pytest.mark.parametrize("words", VOCABULARIES)
def test_within_a_vocabulary_no_two_words_read_alike(words):
    for texts in ([w.value for w in words], [w.zh for w in words], [w.en for w in words]):
        assert len(set(texts)) == len(texts)


@pytest.mark.parametrize("words", VOCABULARIES)
def test_a_word_that_is_not_in_it_is_refused(words):
    for text in ("", "escalated_2", "NEW", "待派单"):
        with pytest.raises(ValueError, match="is not a valid"):
            words(text)


def test_the_digits_of_13710_are_the_milestones_in_their_order():
    assert MILESTONES == (Clock.ACCEPT, Clock.CONTACT, Clock.RESOLVE)


def test_somebody_owes_the_resident_something_until_there_is_a_result():
    over = {State.RESOLVED, State.CLOSED, State.WITHDRAWN, State.REDIRECTED, State.MERGED}
    assert set(State) - over - {State.NEW} == OPEN_STATES


def test_urgencies_go_from_the_mildest_to_the_worst():
    assert list(Urgency) == [Urgency.COMPLEX, Urgency.GENERAL, Urgency.URGENT, Urgency.CRITICAL]
