"""A month as the API has it; days are changed after their effect was shown, for a grid and all below it."""

import json
from importlib.resources import files

from dispatch.web.county import calendar

ADMINISTRATOR = "10001000001"
YEAR = json.loads(files("dispatch.web").joinpath("examples.json").read_text("utf-8"))["post_api_v1_calendar_import"]


async def test_a_month_shows_each_of_its_days_and_the_way_to_its_neighbours(desk, door) -> None:
    shown = await desk.open("/county/calendar?month=2026-10")
    _, month = await door.call("GET", "/calendar?month=2026-10", who=ADMINISTRATOR)
    for day in month["days"]:
        assert f"day={day['date']}" in shown.html
        assert day["kind"]["zh"] in shown.text
    assert "month=2026-09" in shown.html
    assert "month=2026-11" in shown.html


async def test_days_are_changed_after_their_effect_was_shown(desk, door) -> None:
    await door.file()
    form = {"first": "2026-11-23", "what": "off", "note": "山洪停工一天", "month": "2026-11"}
    shown = await desk.send("/county/calendar", do="preview", **form)
    assert "核算了 1 个在办工单，其中 1 个的时限会变" in shown.text
    _, month = await door.call("GET", "/calendar?month=2026-11", who=ADMINISTRATOR)
    assert month["days"][22]["working"], "nothing was written"
    saved = await desk.send("/county/calendar", do="save", **form)
    assert saved.address == "/county/calendar?month=2026-11&saved=1"
    assert "山洪停工一天" in saved.text
    back = await desk.send("/county/calendar", do="save", **{**form, "what": "unset"})
    assert "山洪停工一天" not in back.text


async def test_a_grid_has_days_of_its_own(desk) -> None:
    form = {"first": "2026-12-05", "last": "2026-12-06", "what": "work", "grid": "141123100"}
    saved = await desk.send("/county/calendar", do="save", **form)
    assert saved.address == "/county/calendar?month=2026-12&grid=141123100&saved=1"
    assert "调休上班" in saved.text
    assert "调休上班" not in (await desk.open("/county/calendar?month=2026-12")).text


async def test_what_is_wrong_is_told_and_kept(desk) -> None:
    for form in (
        {"first": "soon", "what": "off"},
        {"first": "2026-12-05", "last": "2026-12-01", "what": "off"},
        {"first": "2026-12-05", "what": "sleep"},
    ):
        shown = await desk.send("/county/calendar", do="preview", **form)
        assert shown.status == 422
        assert shown.field("first") == form["first"]


async def test_a_year_is_imported_after_its_effect_was_shown(desk, door) -> None:
    content = json.dumps(YEAR["body"]).encode()
    shown = await desk.send("/county/calendar/import", {"2026.json": content}, do="preview")
    assert "还没有保存" in shown.text
    saved = await desk.send("/county/calendar/import", {}, do="save", text=shown.field("text"))
    assert saved.address == f"/county/calendar?month={YEAR['body']['year']}-01&saved=1"
    _, acts = await door.call("GET", "/county/acts", who=ADMINISTRATOR)
    assert acts["items"][0]["data"]["year"] == YEAR["body"]["year"]
    broken = await desk.send("/county/calendar/import", {"2026.json": b"{"}, do="preview")
    assert broken.status == 422
    assert "不是有效的 JSON" in broken.text


async def test_a_mistyped_grid_keeps_what_was_typed(desk) -> None:
    form = {"first": "2026-12-05", "last": "2026-12-06", "what": "off", "note": "山洪停工", "month": "2026-12"}
    for do in ("preview", "save"):
        shown = await desk.send("/county/calendar", do=do, grid="14112310001x6", **form)
        assert shown.status == 422
        assert "2026-12" in shown.text
        for name in ("first", "last", "note"):
            assert shown.field(name) == form[name]
        assert shown.html.count('id="e-grid"') == 1
    content = json.dumps(YEAR["body"]).encode()
    shown = await desk.send("/county/calendar/import", {"2026.json": content}, do="preview", grid="999")
    assert (shown.status, shown.address) == (422, "/county/calendar/import")
    looked = await desk.open("/county/calendar?month=2026-12&grid=999")
    assert looked.status == 422
    assert "2026-12" in looked.text


async def test_a_grid_that_is_not_ones_own_keeps_what_was_typed(desk, door) -> None:
    given = {"role": "administrator", "grid": "141123100"}
    assert (await door.call("POST", "/people/S035/roles", who=ADMINISTRATOR, json=given))[0] == 201
    await desk.sit_down("10001000054")
    shown = await desk.send("/county/calendar", do="preview", first="2026-12-05", what="off", grid="141123")
    assert shown.status == 403
    assert shown.field("first") == "2026-12-05"


async def test_a_year_is_no_file_of_megabytes(desk) -> None:
    shown = await desk.send("/county/calendar/import", {"2026.json": b" " * (2 * calendar.MOST_BYTES)}, do="preview")
    assert shown.status == 422
    assert "grid-dispatch calendar" in shown.text
