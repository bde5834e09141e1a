"""A place that may be several grids: its resident says which, or that they don't know, and nothing typed is lost."""

import json
import re

import pytest
import shapely

from dispatch.web import placing
from grid_model.places import Located

TWINS = "宋家塔村3号楼"
"""In the demo county two townships have a village of that name."""

TYPED = {
    "category": "0901",
    "text": "邻居家的水流到我家门口",
    "place.address": TWINS,
    "contact.phone": "10003000001",
    "contact.name": "演示群众001",
    "key": "a-key",
}


def offered(shown) -> dict[str, str]:
    """What can be chosen, by its value."""
    found = re.findall(r'name="place.chosen" value="([^"]*)"[^>]*><span>([^<]*)</span>', shown.html)
    assert len(dict(found)) == len(found)
    return dict(found)


def said(shown) -> str:
    return re.search(r'name="place.said" value="([^"]*)"', shown.html)[1]


def order_in(shown) -> str:
    return re.search(r"/o/(\d{15})", shown.address)[1]


@pytest.fixture
async def asked(phone):
    return await phone.send("/file", **TYPED)


@pytest.fixture
async def border(door) -> dict[str, float]:
    """A point on a border of two grids or more."""
    row = await door.service.database.fetchrow(
        "SELECT p.shape FROM grid_polygons AS p JOIN grids AS g ON g.id = p.grid_id WHERE g.code = '141123100016'"
    )
    corners = shapely.from_wkb(bytes(row["shape"])).exterior.coords
    found = next(corner for corner in corners if door.service.world.places.by_point(*corner).rule is Located.BORDER)
    return dict(zip(("lon", "lat"), found, strict=True))


async def test_all_of_them_are_offered_by_their_whole_path_and_nothing_is_filed(door, asked) -> None:
    status, found = await door.call("GET", "/grids/locate", params={"address": TWINS})
    assert (status, found["rule"], len(found["candidates"])) == (200, "several_candidates", 2)
    assert asked.status == 422
    *grids, unsure = offered(asked).items()
    assert grids == [(one["code"], one["path"]) for one in found["candidates"]]
    assert (unsure[0], f"“{found['grid']['path']}”" in unsure[1]) == (placing.UNSURE, True)
    assert "派人" not in unsure[1]
    assert all(text in asked.html for name, text in TYPED.items() if name != "category")
    assert (await door.rows())["orders"] == 0


@pytest.mark.parametrize("which", [0, 1])
async def test_the_one_that_is_chosen_takes_it_and_the_address_comes_along(door, phone, asked, which: int) -> None:
    code = list(offered(asked))[which]
    filed = await phone.send("/file", **TYPED, **{"place.said": said(asked), "place.chosen": code})
    row = await door.service.database.fetchrow("SELECT place FROM order_contents")
    assert (code in row["place"], TWINS in row["place"]) == (True, True)
    assert offered(asked)[code] in filed.text
    assert (await door.rows())["orders"] == 1


async def test_who_does_not_know_files_it_as_it_was_said(door, phone, asked) -> None:
    chosen = {"place.said": said(asked), "place.chosen": placing.UNSURE}
    filed = await phone.send("/file", **TYPED, **chosen)
    assert "有几处同名" in filed.text
    again = await phone.send("/file", **TYPED, **chosen)
    assert order_in(again) == order_in(filed), "sent twice it is filed once"
    assert (await door.rows())["orders"] == 1


async def test_at_a_border_the_point_comes_along_to_the_one_that_is_chosen(door, phone, border) -> None:
    typed = {**TYPED, "place.address": "", **{f"place.{name}": str(value) for name, value in border.items()}}
    asked = await phone.send("/file", **typed)
    *grids, _unsure = offered(asked).items()
    assert (asked.status, len(grids) > 1) == (422, True)
    code, path = grids[-1]
    filed = await phone.send("/file", **typed, **{"place.said": said(asked), "place.chosen": code})
    assert path in filed.text
    row = await door.service.database.fetchrow("SELECT place FROM order_contents")
    assert json.loads(row["place"]) == {"grid": code, **border}


async def test_what_is_sent_unattended_is_never_asked_about(door, phone) -> None:
    filed = await phone.send("/file", **TYPED, unattended="1")
    assert "有几处同名" in filed.text
    assert order_in(await phone.send("/file", **TYPED, unattended="1")) == order_in(filed)
    assert (await door.rows())["orders"] == 1


async def test_what_was_chosen_counts_also_where_it_is_sent_unattended(phone, asked) -> None:
    code, *_ = offered(asked)
    filed = await phone.send("/file", **TYPED, unattended="1", **{"place.said": said(asked), "place.chosen": code})
    assert "有几处同名" not in filed.text
    assert offered(asked)[code] in filed.text


@pytest.mark.parametrize("category", ["9001", "9002", "9003", "9004"])
async def test_where_nobody_is_sent_nothing_is_asked(phone, category: str) -> None:
    filed = await phone.send("/file", **{**TYPED, "category": category})
    assert "/o/" in filed.address


async def test_the_list_of_faults_leads_to_what_can_be_chosen_which_says_what_is_wrong(asked) -> None:
    (target,) = re.findall(r'<li><a href="#([^"]+)">', asked.html)
    assert re.search(rf'<input[^>]* id="{target}"', asked.html)
    radios = re.findall(r"<input[^>]*type=\"radio\"[^>]*>", asked.html)
    assert len(radios) == len(offered(asked))
    assert all('aria-invalid="true"' in one and 'aria-describedby="e-place-chosen"' in one for one in radios)
    assert 'id="e-place-chosen"' in asked.html


async def test_a_choice_made_for_another_place_does_not_count(door, phone, asked) -> None:
    code, *_ = offered(asked)
    other = await phone.send(
        "/file", **{**TYPED, "place.address": "任家湾村"}, **{"place.said": said(asked), "place.chosen": code}
    )
    assert (other.status, said(other)) == (422, "任家湾村")
    assert code not in offered(other)
    clear = await phone.send(
        "/file", **{**TYPED, "place.address": "东城社区"}, **{"place.said": said(asked), "place.chosen": code}
    )
    assert "东城社区" in clear.text
    assert (await door.rows())["orders"] == 1


async def test_what_can_not_be_chosen_is_not_taken(door, phone, asked) -> None:
    for odd in ("141123100016", "nowhere", ""):
        shown = await phone.send("/file", **TYPED, **{"place.said": said(asked), "place.chosen": odd})
        assert (shown.status, len(offered(shown))) == (422, 3)
    assert (await door.rows())["orders"] == 0


async def test_a_choice_is_kept_while_something_else_is_mended(phone, asked) -> None:
    code, *_ = offered(asked)
    wrong = await phone.send(
        "/file", **{**TYPED, "contact.phone": "1"}, **{"place.said": said(asked), "place.chosen": code}
    )
    assert wrong.status == 422
    assert re.findall(r'name="place.chosen" value="([^"]*)" checked', wrong.html) == [code]


async def test_a_name_that_very_many_bear_is_asked_for_more_words(door, phone) -> None:
    typed = {**TYPED, "place.address": "第一网格一组"}
    shown = await phone.send("/file", **typed)
    assert (shown.status, list(offered(shown))) == (422, [placing.UNSURE])
    assert "请写上乡镇和村" in shown.text
    filed = await phone.send("/file", **typed, **{"place.said": said(shown), "place.chosen": placing.UNSURE})
    assert "/o/" in filed.address
    assert (await door.rows())["orders"] == 1


@pytest.mark.parametrize("place", ["东城社区3号楼", "哪里也不是", "x" * 300])
async def test_a_place_that_is_one_grid_or_none_is_not_asked_about(phone, place: str) -> None:
    shown = await phone.send("/file", **{**TYPED, "place.address": place})
    assert not offered(shown)


async def test_in_english_it_is_asked_in_english(phone) -> None:
    shown = await phone.send("/file?lang=en", **TYPED)
    assert "Which one is it?" in shown.text
    assert "None of these, or I don't know" in shown.text
    assert "sends somebody" not in shown.text


@pytest.mark.parametrize("scripts", [True, False])
async def test_one_tap_chooses_and_one_sends_it(door, person, scripts: bool) -> None:
    resident = await person(java_script_enabled=scripts)
    page = await resident.open("/file?category=0901")
    for name in ("text", "place.address", "contact.phone"):
        await page.fill(f"[name='{name}']", TYPED[name])
    await page.click("#filing button[type=submit]")
    await page.wait_for_selector("#f-place-chosen")
    assert await page.input_value("[name=text]") == TYPED["text"]
    assert not await resident.too_wide()
    if scripts:
        assert not await resident.violations()
    await page.click(".which .tick:nth-of-type(2)")
    await page.click(".which button")
    await page.wait_for_url("**/o/*")
    assert "赵家坪乡" in await page.inner_text("main")
    assert (await door.rows())["orders"] == 1
