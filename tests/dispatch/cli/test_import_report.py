import csv
import io
from pathlib import Path

import pytest
from rich.console import Console

from dispatch.cli.import_report import SHOWN, render, write_faults
from dispatch.domain.county_faults import WHOLE_SHEET, fault
from dispatch.domain.county_rows import decode
from dispatch.domain.county_sheets import Sheet
from dispatch.domain.vocabulary import Role
from dispatch.storage.imports import Count
from dispatch.usecases.import_county import Report


def printed(report: Report, lang: str) -> str:
    console = Console(file=io.StringIO(), width=120)
    render(report, console, lang)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


@pytest.mark.parametrize(("lang", "word"), [("zh", "已写入"), ("en", "Written")])
def test_the_summary_counts_each_sheet(lang: str, word: str) -> None:
    report = Report("county", False, (), (Count(Sheet.GRIDS, 1234, 5, 6),), renumbered=7)
    text = printed(report, lang)
    assert "1,234" in text
    assert word in text


def test_a_dry_run_and_an_import_without_change_say_so() -> None:
    assert "未写入" in printed(Report("county", True, (), (Count(Sheet.GRIDS, 1, 0, 0),)), "zh")
    assert "没有改动" in printed(Report("county", False, (), (Count(Sheet.GRIDS, 0, 0, 9),)), "zh")


def test_faults_are_printed_up_to_a_limit_and_the_rest_counted() -> None:
    faults = tuple(fault("people", row, "bad_phone", "[bold]1") for row in range(2, SHOWN + 52))
    text = printed(Report("county", False, faults), "en")
    assert text.count("malformed phone: [bold]1") == SHOWN
    assert "50 more are not shown" in text


def test_the_words_allowed_are_all_listed_and_only_the_users_own_is_cut() -> None:
    header = ("person_code", "role", "grid_code")
    (found,) = decode(Sheet.ROLES, [(1, header), (2, ("P1", "boss" * 50, "G1"))]).faults
    for sentence in (found.zh, found.en):
        assert all(role.value in sentence for role in Role)
        assert sentence.count("…") == 1
        assert sentence.endswith("boss…")


def test_the_file_of_faults_holds_all_of_them_and_no_formula(tmp_path: Path) -> None:
    faults = (fault("=1+1.csv", WHOLE_SHEET, "unknown_sheet", "=1+1.csv"), fault("people", 2, "bad_phone", "1"))
    write_faults(Report("county", False, faults), tmp_path / "faults.csv")
    with (tmp_path / "faults.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["sheet"], row["row"], row["reason_key"]) for row in rows] == [
        ("'=1+1.csv", "", "unknown_sheet"),
        ("people", "2", "bad_phone"),
    ]
