"""Units that can be called: told apart where they are listed, and known by what is typed of them."""

import pytest

from dispatch.domain import errors
from dispatch.web import units

UNITS = [("B1", "东城社区党支部"), ("D1", "便民服务中心"), ("D2", "便民服务中心"), ("B2", "东城社区党支部一组")]


def test_units_of_one_name_are_listed_with_their_codes():
    listed = [text for _, text in units.told_apart(UNITS)]
    assert listed == ["东城社区党支部", "便民服务中心（D1）", "便民服务中心（D2）", "东城社区党支部一组"]


@pytest.mark.parametrize("name", ["东城社区党支部", "便民服务中心"])
def test_what_is_listed_is_taken_as_it_is_listed(name):
    for code, text in units.told_apart(UNITS):
        assert units.chosen(text, UNITS) == code, name


@pytest.mark.parametrize(("typed", "code"), [("党支部一", "B2"), ("D2", "D2"), ("D", "D"), ("D14", "D14")])
def test_a_part_of_a_name_or_a_code_is_enough(typed, code):
    assert units.chosen(typed, UNITS) == code


def refused(typed, among=UNITS):
    with pytest.raises(errors.Invalid) as refusal:
        units.chosen(typed, among)
    (fault,) = refusal.value.data["faults"]
    return fault


@pytest.mark.parametrize("typed", ["便民服务中心", "便民", "东城"])
def test_of_several_the_refusal_names_each_as_it_is_listed_in_both_languages(typed):
    fault = refused(typed)
    for _, text in units.told_apart(UNITS):
        assert (text in fault["zh"], text in fault["en"]) == (typed in text, typed in text)


def test_of_many_the_first_are_named_in_both_languages():
    fault = refused("组", [(f"B{n}", f"党支部{n}组") for n in range(9)])
    assert ("党支部4组等" in fault["zh"], "党支部5组" in fault["zh"]) == (True, False)
    assert ("党支部4组 and others" in fault["en"], "党支部5组" in fault["en"]) == (True, False)


def test_of_none_the_refusal_says_the_same_in_both_languages():
    fault = refused("没有这样的单位")
    assert ("列出" in fault["zh"], "listed" in fault["en"]) == (True, True)
