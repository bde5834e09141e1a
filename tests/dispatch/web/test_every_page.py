"""Every page at the size of a phone and of a desk: nothing for axe to find, nothing cut off, no weight too much."""

from typing import Any

import pytest

PHONE, NARROW, DESK = ({"width": 375, "height": 812}, {"width": 320, "height": 700}, {"width": 1440, "height": 900})
FIRST_LOAD, AFTERWARDS = 150_000, 30_000
"""What a resident's or member's page may weigh, compressed, in bytes."""

RESIDENT = ("/", "/q/141123100016", "/file?category=0303", "/follow", "/my-branch", "/my-branch/141123100016", "/login")
MEMBER = ("/member", "/member/mine", "/member/file", "/member/paste", "/member/me")
BRANCH = ("/branch", "/branch/list", "/branch/decisions", "/branch/assists", "/branch/follow-ups", "/branch/boards")
COMMAND = ("/command", "/command/figures", "/command/wall")
COUNTY = ("/county", "/county/import", "/county/policy", "/county/calendar", "/county/tree", "/county/people")


@pytest.fixture
async def orders(door) -> dict[str, Any]:
    """An order of the resident's, one offered to a member, and one the member handles."""
    secretary, member = "10001000054", "10001001278"
    waits, offered, handled = [await door.file(category=category) for category in ("0101", "0901", "1001")]
    for order in (offered, handled):
        await door.act(order, "offer", who=secretary, members=["M0070"])
    await door.act(handled, "accept", who=member)
    return {"waits": waits, "offered": offered, "handled": handled}


def named(path: str) -> str:
    """The name of a page's picture: its address without numbers."""
    kept = [part for part in path.split("?", maxsplit=1)[0].strip("/").split("/") if not part.isdigit()]
    return "-".join(kept) or "home"


async def fine(somebody, path: str, door_shot: str = "") -> None:
    page = await somebody.open(path)
    for size, tag in ((PHONE, "phone"), (DESK, "desk")):
        await page.set_viewport_size(size)
        assert not await somebody.too_wide(), (path, tag)
        await somebody.shot(f"{door_shot or named(path)}-{tag}")
        assert await somebody.violations() == [], (path, tag)
    await page.set_viewport_size(NARROW)
    assert not await somebody.too_wide(), (path, "320 px")


@pytest.mark.parametrize("elder", [False, True])
async def test_the_pages_of_residents(door, person, orders, elder: bool) -> None:
    somebody = await person()
    more = {"held": f"{orders['waits']['id']}.{orders['waits']['query_code']}", "elder": str(int(elder))}
    await somebody.context.add_cookies([{"name": n, "value": v, "url": somebody.base} for n, v in more.items()])
    for path in (*RESIDENT, f"/o/{orders['waits']['id']}"):
        await fine(somebody, path, f"{named(path)}{'-large' if elder else ''}")


async def test_the_pages_of_members(door, person, orders) -> None:
    somebody = await person()
    await somebody.log_in(door, "10001001278")
    for path in (*MEMBER, f"/member/o/{orders['handled']['id']}"):
        await fine(somebody, path, "member-order" if path[-1].isdigit() else "")


async def test_the_pages_of_branches(door, person, orders) -> None:
    somebody = await person()
    await somebody.log_in(door, "10001000054")
    for path in (*BRANCH, f"/branch/o/{orders['waits']['id']}"):
        await fine(somebody, path, "branch-order" if path[-1].isdigit() else "")


async def test_the_pages_of_command(door, person, orders) -> None:
    somebody = await person()
    await somebody.log_in(door, "10001000021")
    for path in COMMAND:
        await fine(somebody, path)


@pytest.mark.parametrize("path", COMMAND)
async def test_a_chart_not_yet_drawn_for_a_smaller_screen_does_not_stick_out(door, person, orders, path: str) -> None:
    somebody = await person(DESK)
    await somebody.context.add_init_script("window.ResizeObserver = class { observe() {} disconnect() {} };")
    await somebody.log_in(door, "10001000021")
    page = await somebody.open(path)
    await page.wait_for_selector(".chart canvas, .chart svg", state="attached")
    await page.set_viewport_size(NARROW)
    assert not await somebody.too_wide()


async def test_the_pages_of_administrators(door, person, phones, orders) -> None:
    somebody = await person()
    await somebody.log_in(door, phones["administrator"])
    for path in COUNTY:
        await fine(somebody, path)


async def test_no_page_sticks_out_on_a_phone_in_english_either(door, person, phones, orders) -> None:
    somebody = await person()
    await somebody.context.add_cookies([{"name": "lang", "value": "en", "url": somebody.base}])
    pages = {
        "10001001278": MEMBER,
        "10001000054": (*BRANCH, f"/branch/o/{orders['waits']['id']}"),
        "10001000021": COMMAND,
        phones["administrator"]: COUNTY,
    }
    for who, paths in ({None: RESIDENT} | pages).items():
        if who is not None:
            await somebody.log_in(door, who)
        for path in paths:
            await somebody.open(path)
            assert not await somebody.too_wide(), path


@pytest.mark.parametrize("who", [None, "10001001278"])
async def test_a_phone_loads_little_at_first_and_next_to_nothing_afterwards(door, person, orders, who) -> None:
    somebody = await person(service_workers="block")  # they fetch for later, which is not what somebody waits for
    paths = ["/", "/file?category=0201&grid=141123100016", "/follow"]
    if who is not None:
        await somebody.log_in(door, who)
        paths = ["/member", "/member/mine", f"/member/o/{orders['handled']['id']}"]
    network = await somebody.context.new_cdp_session(somebody.page)
    await network.send("Network.enable")
    weighed = []
    network.on("Network.loadingFinished", lambda one: weighed.append(one["encodedDataLength"]))
    for path in paths:
        weighed.clear()
        await somebody.open(path)
        await somebody.page.wait_for_load_state("networkidle")
        assert sum(weighed) <= (FIRST_LOAD if path == paths[0] else AFTERWARDS), (path, weighed)
        assert sum(weighed) > 500


@pytest.mark.parametrize("path", ["/", "/file?category=0201", "/follow", "/login", "/my-branch/141123100016"])
async def test_a_page_at_twice_its_size_is_not_cut_off(person, path: str) -> None:
    somebody = await person({"width": 640, "height": 900})
    page = await somebody.open(path)
    await page.evaluate("document.documentElement.style.zoom = '2'")
    assert not await somebody.too_wide()
