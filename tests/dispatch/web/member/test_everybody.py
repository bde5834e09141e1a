"""The pages of members for everybody: in both languages, for each role, and for nobody."""

import pytest

from dispatch.demo.accounts import accounts
from dispatch.web.member.pages import PAGES

PLAIN = sorted({page.path for page in PAGES if page.method == "GET" and "{" not in page.path})
WHO = [account.person_code for account in accounts()]


@pytest.mark.parametrize("who", WHO)
async def test_each_page_is_there_for_each_role_or_says_why_not(at_work, who, handled):
    order = await handled()
    for path in (*PLAIN, f"/member/o/{order['id']}", f"/member/o/{order['id']}/resolve", "/member/o/1"):
        for lang in ("zh", "en"):
            page = await at_work(who).open(f"{path}?lang={lang}")
            assert page.status in (200, 403, 404), (path, page.status)
            assert page.html.count("<h1") == 1, path
            assert 'href="/member/me"' in page.html or page.status != 200, path


async def test_nobody_is_led_to_log_in_and_back(door):
    for path in (*PLAIN, "/member/o/1"):
        async with door.client.get(path, allow_redirects=False) as answer:
            assert answer.status == 303
            assert answer.headers["Location"] == f"/login?next={path}"


async def test_the_tab_one_is_at_is_marked_and_what_waits_is_counted(member, offered, handled):
    await handled()
    await offered()
    await offered()
    for path, tab in (
        ("/member", "/member"),
        ("/member/mine", "/member/mine"),
        ("/member/file", "/member/file"),
        ("/member/me", "/member/me"),
    ):
        page = await member.open(path)
        assert f'href="{tab}" aria-current="page"><b' in page.html
        assert page.html.count("aria-current") == 1
        assert "2 待接单" in page.text


async def test_no_page_shows_points_or_ranks(member, offered, handled):
    order = await handled()
    await offered()
    for path in (*PLAIN, f"/member/o/{order['id']}"):
        text = (await member.open(path)).text.replace("不扣分、不排名", "")
        assert not any(word in text for word in ("积分", "排名", "打卡", "轨迹", "在线时长")), path
