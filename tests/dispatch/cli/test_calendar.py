"""``calendar`` as somebody at a terminal has it."""

import json

import pytest

from dispatch.domain.calendar import published

COMING = max(published()[1]) + 1
TOWN = "141123100"


@pytest.fixture
def calendar(grid_dispatch, county_url):
    """Run a command of the calendar's on the demo county; what it prints, once it went well."""

    def run(*arguments, code=0, **environment):
        done = grid_dispatch("calendar", *arguments, url=county_url, **environment)
        assert done.returncode == code, done.stderr
        assert "Traceback" not in done.stderr
        return done.stdout if code == 0 else done.stderr

    return run


def test_days_are_set_shown_and_taken_back(calendar) -> None:
    assert "正在重算" in calendar("set", "2026-11-28", "work", "--note", "补班")
    assert "nothing changed" in calendar("set", "2026-11-28", "work", "--note", "补班", DISPATCH_LANG="en")
    calendar("set", "2026-11-27", "off", "--grid", TOWN)
    shown = calendar("show", "2026-11", "--grid", TOWN)
    assert "正式 · 工作 08:30-12:00,14:30-17:30 · 不打扰 21:00-08:00" in shown.splitlines()[0]
    (friday,) = [line for line in shown.splitlines() if "2026-11-27" in line]
    (saturday,) = [line for line in shown.splitlines() if "2026-11-28" in line]
    assert "放假" in friday
    assert TOWN in friday
    assert "调休上班" in saturday
    assert "补班" in saturday
    calendar("unset", "2026-11-28")
    assert "补班" not in calendar("show", "2026-11")


def test_a_published_year_is_imported_and_what_was_set_by_hand_stays(calendar, tmp_path) -> None:
    file = tmp_path / "year.json"
    rows = [{"name": "国庆节", "date": f"{COMING}-10-0{n}", "isOffDay": True} for n in range(1, 8)]
    file.write_text(json.dumps({"year": COMING, "papers": [], "days": rows}), encoding="utf-8")
    calendar("set", f"{COMING}-10-07", "work")
    said = calendar("import", str(file))
    assert f"{COMING} 年已是正式日历" in said
    assert f"{COMING}-10-07：手工设定的保持不变" in said
    assert "provisional" not in calendar("show", f"{COMING}-10", DISPATCH_LANG="en")


def test_a_bad_file_is_refused_with_every_fault(calendar, tmp_path) -> None:
    file = tmp_path / "year.json"
    file.write_text('{"year": 2027, "days": [{"date": "2027-13-01"}, 5]}', encoding="utf-8")
    said = calendar("import", str(file), code=1)
    assert "2 处错误" in said
    assert "days.0.date: 应为日期" in said
    assert "days.1: must be a JSON object" in calendar("import", str(file), code=1, DISPATCH_LANG="en")
    assert "找不到" in calendar("import", str(tmp_path / "none.json"), code=1)


def test_hours_are_set_and_taken_back(calendar) -> None:
    calendar("hours", "09:00-12:00,13:00-17:00", "--quiet", "22:00-07:00", "--grid", TOWN)
    assert "工作 09:00-12:00,13:00-17:00 · 不打扰 22:00-07:00" in calendar("show", "--grid", TOWN)
    calendar("hours", "--unset", "--grid", TOWN)
    assert "工作 08:30" in calendar("show", "--grid", TOWN)
    assert "互不重叠" in calendar("hours", "09:00-12:00,11:00-17:00", code=1)
    assert "--quiet" in calendar("hours", "09:00-12:00", "--quiet", "x", code=1)


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "2026-13"),
        ("show", "November"),
        ("set", "20261128", "work"),
        ("set", "2026-11-28", "maybe"),
        ("set", "9999-12-31", "work"),
        ("unset", "0001-01-01"),
        ("hours",),
        ("hours", "09:00-12:00", "--unset"),
    ],
)
def test_what_is_not_understood_is_said_before_any_database_is_asked(grid_dispatch, arguments) -> None:
    done = grid_dispatch("calendar", *arguments, url="postgresql://127.0.0.1:9/none")
    assert done.returncode == 2
    assert "用法有误" in done.stderr


def test_a_grid_that_is_not_there_and_a_note_too_long_change_nothing(calendar) -> None:
    assert "没有找到网格 nowhere" in calendar("set", "2026-11-28", "work", "--grid", "nowhere", code=1)
    assert "最多 60 个字" in calendar("set", "2026-11-28", "work", "--note", "补" * 61, code=1)


def test_without_a_county_there_is_no_calendar(grid_dispatch, database_url) -> None:
    done = grid_dispatch("calendar", "show", url=database_url)
    assert done.returncode == 1
    assert "grid-dispatch import" in done.stderr
