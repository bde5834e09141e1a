"""Refusals: each has a stable code and speaks both languages, with just the data that its raisers give it."""

import ast
import re
from functools import cache
from pathlib import Path
from string import Formatter

import pytest

import dispatch
from dispatch.domain import errors
from dispatch.domain.errors import Invalid, Refusal, fault

SOURCES = sorted(Path(dispatch.__file__).parent.rglob("*.py"))


def kinds(of=Refusal):
    return [kind for direct in of.__subclasses__() for kind in (direct, *kinds(direct))]


def name_of(node):
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else None


@cache
def raised():
    """Each place that names a refusal: its name, the file, the names of its data, and whether it is raised as it is."""
    names = {kind.__name__ for kind in kinds()}
    anyone = re.compile(rf"\b({'|'.join(names)})\b")
    found = []
    for source in SOURCES:
        text = source.read_text(encoding="utf-8")
        if not anyone.search(text):  # most speak of none, and to walk through all of them takes seconds
            continue
        nodes = list(ast.walk(ast.parse(text)))
        made = {id(node.func): {word.arg for word in node.keywords} for node in nodes if isinstance(node, ast.Call)}
        bare = {id(node.exc) for node in nodes if isinstance(node, ast.Raise)}
        found += [
            (name, source, made.get(id(node)), id(node) in bare) for node in nodes if (name := name_of(node)) in names
        ]
    return found


def fields(kind):
    return {name for text in (kind.zh, kind.en) for _, name, _, _ in Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("kind", kinds())
def test_every_refusal_has_a_code_and_says_what_happened_in_both_languages(kind):
    assert re.fullmatch(r"[a-z_]+", kind.code)
    data = {name: f"<{name}>" for name in fields(kind)}
    refusal = kind() if kind is Invalid else kind(**data)
    zh, en = refusal.text("zh"), refusal.text("en")
    assert re.search(r"[\u4e00-\u9fff]", zh)
    assert not re.search(r"[\u4e00-\u9fff]", en)
    assert zh.endswith(("。", ")。"))
    assert en.endswith(".")
    assert str(refusal) == kind.code
    assert all(value in zh + en for value in data.values())


def test_no_two_refusals_share_a_code():
    codes = [kind.code for kind in kinds()]
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("kind", kinds())
def test_wherever_it_is_raised_its_texts_find_their_data(kind):
    sites = [(source.name, given) for name, source, given, _ in raised() if name == kind.__name__]
    assert sites, "a refusal that nobody makes"
    for source, given in sites:
        assert given is None or fields(kind) <= given, source


def test_a_class_that_wants_data_is_never_raised_without_any():
    wanting = {kind.__name__ for kind in kinds() if fields(kind)}
    assert [(source, name) for name, source, _, bare in raised() if bare and name in wanting] == []


def test_an_invalid_request_lists_all_its_faults():
    faults = [fault("text", "太长", "too long"), fault("place", "缺", "missing")]
    assert Invalid(*faults).data == {"faults": faults}
    assert faults[0] == {"field": "text", "zh": "太长", "en": "too long"}


def test_what_the_data_contains_is_never_taken_for_a_template():
    refusal = errors.GridNotFound(grid="{state} {0} %s")
    assert "{state} {0} %s" in refusal.text("zh")
    assert "{state} {0} %s" in refusal.text("en")


def test_any_language_but_english_is_answered_in_chinese():
    assert errors.NotYours().text("fr") == errors.NotYours.zh
