"""Who may open the administrators' pages, and that each shows what the API does."""

import pytest

from dispatch.web.county.pages import PAGES

ADMINISTRATOR, SECRETARY, SUPERVISOR = "10001000001", "10001000054", "10001000002"
ADDRESSES = sorted(
    {page.path.replace("{code}", "M0070").replace("{number}", "1") for page in PAGES if page.method == "GET"}
)


@pytest.mark.parametrize("address", ADDRESSES)
async def test_who_is_not_logged_in_is_led_to_the_door(stranger, address: str) -> None:
    shown = await stranger.open(address)
    assert shown.address.startswith("/login?next=")


@pytest.mark.parametrize("address", [one for one in ADDRESSES if one != "/county/policy"])
async def test_only_administrators_see_them(stranger, address: str) -> None:
    for phone, home in ((SECRETARY, "/branch"), (SUPERVISOR, "/command")):
        await stranger.sit_down(phone)
        shown = await stranger.open(address)
        assert shown.status == 403
        assert "这个页面不是给您看的" in shown.text
        assert "没有改动" not in shown.text
        assert f'href="{home}"' in shown.html


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


@pytest.mark.parametrize("address", ["/county/tree", "/county/import", "/county/calendar/import"])
async def test_megabytes_of_whoever_may_not_send_them_are_not_waited_for(door, address: str) -> None:
    client = door.client
    head = (
        f"POST {address} HTTP/1.1",
        f"Host: {client.host}:{client.port}",
        f"Origin: http://{client.host}:{client.port}",
        f"Cookie: session={await door.token(SECRETARY)}",
        "Content-Type: multipart/form-data; boundary=x",
        "Content-Length: 16000000",
        "",
        "--x",
    )
    assert (await door.say("\r\n".join(head).encode())).status == 403


async def test_files_of_the_county_are_not_waited_for_from_who_administers_a_part(door) -> None:
    given = {"role": "administrator", "grid": "141123100"}
    assert (await door.call("POST", "/people/S035/roles", who=ADMINISTRATOR, json=given))[0] == 201
    await test_megabytes_of_whoever_may_not_send_them_are_not_waited_for(door, "/county/import")
