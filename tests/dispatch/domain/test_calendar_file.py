"""A year's holidays from a file: what a good one says, and every fault of a bad one in both languages."""

import contextlib
import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain import errors
from dispatch.domain.calendar import published, working_calendar
from dispatch.domain.calendar_file import parse

NATIONAL_DAY = {"name": "国庆节", "date": "2027-10-01", "isOffDay": True}


def document(*days: Any, **change: Any) -> str:
    return json.dumps({"year": 2027, "papers": [], "days": [NATIONAL_DAY, *days], **change})


def faults(text: str | bytes) -> list[dict[str, str]]:
    with pytest.raises(errors.Invalid) as refused:
        parse(text)
    found: list[dict[str, str]] = refused.value.data["faults"]
    assert all(fault["zh"] and fault["en"] and fault["field"] for fault in found)
    return found


def test_a_year_is_read_with_its_days_off_its_make_up_days_and_its_notices() -> None:
    paper = "https://www.gov.cn/zhengce/content/202611/content_1.htm"
    found = parse(
        document(
            {"name": "元旦", "date": "2026-12-31", "isOffDay": True},
            {"name": "春节", "date": "2027-02-14", "isOffDay": False},
            papers=[paper],
            **{"$schema": "https://example.org/schema.json"},
        )
    )
    assert found.year == 2027
    assert found.days == {date(2027, 10, 1): False, date(2026, 12, 31): False, date(2027, 2, 14): True}
    assert found.names[date(2027, 2, 14)] == "春节"
    assert found.papers == (paper,)


@pytest.mark.parametrize("year", sorted(published()[1])[-5:])
def test_the_published_years_written_as_a_file_are_read_as_they_are(year: int) -> None:
    days = {day: working for day, working in published()[0].items() if day.year == year}
    rows = [{"name": "", "date": day.isoformat(), "isOffDay": not working} for day, working in days.items()]
    found = parse(json.dumps({"year": year, "papers": [], "days": rows}))
    assert found.days == days
    changed = working_calendar().changed(found.days, [year])
    assert changed == working_calendar()


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ("", ["body"]),
        ("{", ["body"]),
        (b"\xff{}", ["body"]),
        ("[]", ["body"]),
        ("null", ["body"]),
        ("{}", ["year", "days"]),
        (document(year="2027"), ["year"]),
        (document(year=True), ["year"]),
        (document(year=1027), ["year"]),
        (document(papers="here"), ["papers"]),
        (document(papers=[1]), ["papers"]),
        (document(days={}), ["days"]),
        (document(days=[NATIONAL_DAY] * 201), ["days"]),
        (document(days=[]), ["days"]),
        (document(days=[{**NATIONAL_DAY, "isOffDay": False}]), ["days"]),
        (document(year=2028), ["days.0.date"]),
        (document(3), ["days.1"]),
        (document({}), ["days.1.date"]),
        (document({"name": "", "date": "2027-02-30", "isOffDay": True}), ["days.1.date"]),
        (document({"name": "", "date": "2027-W05-5", "isOffDay": True}), ["days.1.date"]),
        (document({"name": "", "date": "20270205", "isOffDay": True}), ["days.1.date"]),
        (document({"name": "", "date": 20270205, "isOffDay": True}), ["days.1.date"]),
        (document({"name": "", "date": "2028-02-01", "isOffDay": True}), ["days.1.date"]),
        (document(NATIONAL_DAY), ["days.1.date"]),
        (document({"name": "", "date": "2027-02-05"}), ["days.1.isOffDay"]),
        (document({"name": "", "date": "2027-02-05", "isOffDay": 1}), ["days.1.isOffDay"]),
        (document({"name": 5, "date": "2027-02-05", "isOffDay": True}), ["days.1.name"]),
        (document({"name": "a\nb", "date": "2027-02-05", "isOffDay": True}), ["days.1.name"]),
        (document({"name": 5, "date": "2029-02-05", "isOffDay": 1}, 7), ["days.1.date", "days.1.isOffDay",
                                                                        "days.1.name", "days.2"]),
    ],
)  # fmt: skip
def test_every_fault_is_named_with_its_place(text: str | bytes, fields: list[str]) -> None:
    assert [fault["field"] for fault in faults(text)] == fields


def test_a_year_that_is_not_published_yet_is_not_taken_for_one_without_holidays() -> None:
    (fault,) = faults(json.dumps({"year": 2027, "papers": [], "days": []}))
    assert "尚未公布" in fault["zh"]
    assert "not published yet" in fault["en"]


def test_of_very_many_faults_the_first_are_named() -> None:
    assert len(faults(document(*[0] * 150))) == 20


def test_a_long_name_is_cut() -> None:
    found = parse(document({"name": "节" * 200, "date": "2027-02-05", "isOffDay": True}))
    assert found.names[date(2027, 2, 5)] == "节" * 60


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=12) | st.dates().map(str),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(
        st.sampled_from(["year", "papers", "days", "name", "date", "isOffDay"]), inner, max_size=4
    ),
    max_leaves=12,
)  # fmt: skip


@given(json_values)
def test_no_json_at_all_makes_it_fail_otherwise(value: Any) -> None:
    with contextlib.suppress(errors.Invalid):
        parse(json.dumps(value))
