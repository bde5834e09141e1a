"""Who serves the grid at my door."""

import pytest

VILLAGE = "141123100016"


@pytest.mark.parametrize("typed", [VILLAGE, "东城社区", "蔚汾镇东城社区居委会3号楼"])
async def test_a_code_or_a_name_leads_to_the_grid(phone, typed):
    page = await phone.send("/my-branch", place=typed)
    assert (page.address, page.status) == (f"/my-branch/{VILLAGE}", 200)


async def test_the_page_names_the_branches_from_the_door_up(phone, door):
    _, grids = await door.call("GET", f"/grids/{VILLAGE}/children")
    below = grids["items"][0]["code"]
    _, grid = await door.call("GET", f"/grids/{below}")
    page = await phone.open(f"/my-branch/{below}")
    assert page.status == 200
    for level in grid["chain"]:
        _, one = await door.call("GET", f"/grids/{level['code']}")
        assert one["name"] in page.text
        for branch in one["branches"]:
            assert branch["name"] in page.text
    assert f'href="/q/{below}"' in page.html
    above = await phone.open(f"/my-branch/{VILLAGE}")
    for one in grids["items"]:
        assert f'href="/my-branch/{one["code"]}"' in above.html


@pytest.mark.parametrize("typed", ["火星", "", "nowhere", "网格" * 150])
async def test_a_place_that_is_not_found_stays_in_the_form(phone, typed):
    page = await phone.send("/my-branch", place=typed)
    assert (page.address, page.status) == ("/my-branch", 422)
    assert 'id="e-place"' in page.html or 'role="alert"' in page.html
    assert f'value="{typed}"' in page.html
    assert "没有保存" not in page.text
    assert page.text.count("请写乡镇和村（社区）的名字") <= 1


async def test_where_several_bear_a_name_all_of_them_are_offered(phone, door):
    _, found = await door.call("GET", "/grids/locate?address=第一网格")
    assert len(found["candidates"]) > 1
    page = await phone.send("/my-branch", place="第一网格")
    assert (page.address, page.status) == ("/my-branch", 200)
    for one in found["candidates"]:
        assert f'href="/my-branch/{one["code"]}"' in page.html
        assert one["path"] in page.text


async def test_published_pledges_stand_there_without_whose_they_are(phone, door, phones):
    member, secretary = phones["M0070"], phones["secretary of Dongcheng community"]
    body = {"category": "0901", "text": "每周六清扫楼道", "due": "2026-12-20"}
    status, pledge = await door.call("POST", "/pledges", who=member, json=body)
    assert status == 201, pledge
    await door.act(pledge, "offer", who=secretary, member="M0070")
    await door.act(pledge, "accept", who=member)
    page = await phone.open(f"/my-branch/{VILLAGE}")
    assert "每周六清扫楼道" in page.text
    assert "M0070" not in page.html


async def test_a_grid_that_is_none_is_told_kindly(phone):
    page = await phone.open("/my-branch/none")
    assert page.status == 404
    assert "没有找到网格 none" in page.text
