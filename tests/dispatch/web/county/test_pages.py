"""Who may open the administrators' pages, and that each shows what the API does."""

import pytest

from dispatch.web.county.pages import PAGES

SECRETARY, SUPERVISOR = "10001000054", "10001000002"
ADDRESSES = sorted(
    {page.path.replace("{code}", "M0070").replace("{number}", "1") for page in PAGES if page.method == "GET"}
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_who_is_not_logged_in_is_led_to_the_door(stranger, address: str) -> None:
    shown = await stranger.open(address)
    assert shown.address.startswith("/login?next=")


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one != "/county/policy"])
async def test_only_administrators_see_them(stranger, address: str) -> None:
    for phone in (SECRETARY, SUPERVISOR):
        await stranger.sit_down(phone)
        shown = await stranger.open(address)
        assert shown.status == 403
        assert "没有办成" in shown.text


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_an_administrator_sees_every_page_in_both_languages(desk, address: str, lang: str) -> None:
    shown = await desk.open(f"{address}?lang={lang}")
    assert shown.status == 200
    assert shown.html.count("<h1") == 1
    assert "style=" not in shown.html
    assert " onclick" not in shown.html


async def test_the_overview_tells_what_the_api_tells(desk, door) -> None:
    _, county = await door.call("GET", "/county", who="10001000001")
    shown = await desk.open("/county")
    for one in (*county["grids"], *county["branches"], *county["roles"]):
        assert f"{one['count']:,}" in shown.text
    assert f"{county['households']:,}" in shown.text


async def test_whoever_reads_the_rules_without_administering_finds_no_way_to_change_them(stranger) -> None:
    await stranger.sit_down(SECRETARY)
    assert "/county/policy/edit" not in (await stranger.open("/county/policy")).html
