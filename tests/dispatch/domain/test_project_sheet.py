"""The sheet of a project's steps: what is right becomes a step, what is wrong is named by its row, nothing fails."""

import csv
import io
from contextlib import suppress
from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from dispatch.domain.county_faults import UnreadableError
from dispatch.domain.project_sheet import COLUMNS, HEADINGS, TEMPLATE, read, table
from dispatch.domain.projects import MOST_STEPS

NAMES = [column.name for column in COLUMNS]
ROW = ["排查", "M0070", "逐楼登记", "2026-12-04", "一楼一表"]


def sheet(*rows):
    return list(enumerate(rows, 1))


def test_the_template_is_a_sheet_without_faults():
    (step,), wrong = read(table(TEMPLATE))
    assert (wrong, step.field, step.due) == ([], "rows.2", date(2026, 12, 31))


@given(st.permutations(NAMES), st.booleans())
def test_columns_may_stand_in_any_order_and_be_headed_in_either_language(names, chinese):
    of = {HEADINGS[head]: head for head in HEADINGS if (head not in NAMES) == chinese}
    values = dict(zip(NAMES, ROW, strict=True))
    (step,), wrong = read(sheet([of[name] for name in names], [values[name] for name in names]))
    assert wrong == []
    assert [step.what, step.who, step.how, step.due.isoformat(), step.standard] == ROW


def test_every_fault_of_every_row_is_named_by_its_row():
    bad_day = [*ROW[:3], "明天", ROW[4]]
    steps, wrong = read(sheet(NAMES, ROW, bad_day, ["", *ROW[1:]], [*ROW, "多"], ["甲" * 201, *ROW[1:]]))
    assert [step.field for step in steps] == ["rows.2"]
    assert [(one.row, one.reason_key) for one in wrong] == [
        (3, "bad_date"),
        (4, "required"),
        (5, "wrong_width"),
        (6, "too_long"),
    ]


def test_a_heading_that_is_not_right_is_the_only_fault():
    assert [one.reason_key for one in read(sheet(["what", "what", "多"], ROW))[1]] == [
        "unknown_column",
        "duplicate_column",
        *["missing_column"] * 4,
    ]
    assert [one.reason_key for one in read([])[1]] == ["empty_sheet"]
    assert [one.reason_key for one in read(sheet(NAMES))[1]] == ["required"]


def test_a_sheet_is_no_longer_than_a_project():
    steps, wrong = read(sheet(NAMES, *[ROW] * (MOST_STEPS + 1)))
    assert (len(steps), [one.reason_key for one in wrong]) == (MOST_STEPS, ["too_many"])


@given(st.lists(st.lists(st.text(max_size=30), max_size=7), max_size=6), st.booleans())
def test_whatever_stands_in_it_is_a_step_or_a_fault(rows, headed):
    steps, wrong = read(sheet(*([NAMES] if headed else []), *rows))
    assert steps or wrong
    assert len({step.field for step in steps}) == len(steps)


@given(st.lists(st.lists(st.text(max_size=20), min_size=1, max_size=5), max_size=5))
def test_rows_keep_their_numbers_in_csv(rows):
    written = io.StringIO()
    csv.writer(written).writerows(rows)
    found = list(table(written.getvalue()))
    assert [number for number, _ in found] == sorted({number for number, _ in found})
    assert all(any(cells) for _, cells in found)


@given(st.text(max_size=200))
def test_any_text_is_a_table_or_breaks_off_in_words(text):
    with suppress(UnreadableError):
        list(table(text))
