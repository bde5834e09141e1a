"""Reports are of days that there are figures for; any other day is refused, and none is a failure."""

import pytest

ADMINISTRATOR = "10001000001"


@pytest.mark.parametrize("report", ["returns", "appeals", "follow_ups", "parked"])
@pytest.mark.parametrize(
    ("days", "fields"),
    [
        ("from=9999-12-31&to=9999-12-31", {"from", "to"}),
        ("to=9999-12-31", {"to"}),
        ("to=0001-01-01", {"to"}),
        ("from=0001-01-01&to=0001-01-01", {"from", "to"}),
        ("from=1999-12-31&to=2200-01-01", {"from", "to"}),
    ],
)
async def test_a_day_beyond_all_figures_is_refused_field_by_field(door, report, days, fields) -> None:
    status, problem = await door.call("GET", f"/reports?report={report}&{days}", who=ADMINISTRATOR)
    assert (status, problem["code"]) == (422, "invalid")
    assert {one["field"] for one in problem["errors"]} == fields


@pytest.mark.parametrize("days", ["from=2000-01-01&to=2000-01-01", "to=2000-01-01", "from=2199-12-01&to=2199-12-31"])
async def test_the_outermost_days_are_answered(door, fits, days) -> None:
    status, report = await door.call("GET", f"/reports?report=returns&{days}", who=ADMINISTRATOR)
    assert status == 200, report
    fits(report, "Report")
    assert report["items"] == []
