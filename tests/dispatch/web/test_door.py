"""What stands around every page: where it leads on to, and what it says where it can't answer as it was asked."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from hypothesis import given
from hypothesis import strategies as st
from yarl import URL

from dispatch.storage import database as pool
from dispatch.web.app import create_app
from dispatch.web.door import Page, add_pages
from dispatch.web.inside import inside
from dispatch.web.visit import Visit

SUPERVISOR = "county supervisor"
OURS = {"Sec-Fetch-Site": "same-origin"}


@pytest.mark.parametrize(
    "address",
    ["/\t/elsewhere.example", "/\n/elsewhere.example", "\t//elsewhere.example", "/\r\nX: y", "/a\\b", "/ x", "/\x7f"],
)
def test_what_a_browser_would_read_as_another_address_is_not_followed(address: str) -> None:
    assert inside(address, "/member") == "/member"


@given(st.text(alphabet="/\\\t\n\r .:a", max_size=12))
def test_wherever_one_is_led_is_here(address: str) -> None:
    # as browsers read an address: what is blank at its ends or a break of lines within is dropped, \ is /
    read = inside(address, "/").strip(" \t\n\r\f").translate({9: None, 10: None, 13: None}).replace("\\", "/")
    assert URL("https://here.example/login").join(URL(read)).host == "here.example"


@pytest.mark.parametrize(
    "address", ["/member", "/command/figures?grid=141123&from=2026-01-01", "/branch?open=1#x", "/村"]
)
def test_an_address_of_ours_is_followed_as_it_is(address: str) -> None:
    assert inside(address, "/") == address


@pytest.mark.parametrize("asked", ["/%09/elsewhere.example", "/%0A/elsewhere.example", "/%5C/elsewhere.example"])
async def test_whoever_is_logged_in_is_not_led_to_another_site(door, phones, asked: str) -> None:
    cookies = {"session": await door.token(phones[SUPERVISOR])}
    heard = await door.send("GET", f"/login?next={asked}", cookies=cookies, allow_redirects=False)
    assert (heard.status, heard.headers["Location"]) == (303, "/command")


async def test_a_part_of_a_page_does_not_show_the_page_to_log_in_at(door) -> None:
    host = f"http://{door.client.host}:{door.client.port}"
    headers = {"HX-Request": "true", "HX-Current-URL": f"{host}/command/wall?grid=141123"}
    for path in ("/command/rises?grid=141123", "/command/live?grid=141123"):
        heard = await door.send("GET", path, headers=headers, allow_redirects=False)
        assert (heard.status, heard.headers["HX-Redirect"]) == (401, "/login?next=/command/wall%3Fgrid%3D141123")
        assert heard.body == b""


@pytest.mark.parametrize("page", ["https://elsewhere.example/x", "http://[", "data:1", "//elsewhere.example"])
async def test_after_logging_in_a_part_of_a_page_leads_to_a_page_of_ours(door, page: str) -> None:
    headers = {"HX-Request": "true", "HX-Current-URL": page}
    heard = await door.send("GET", "/command/rises", headers=headers, allow_redirects=False)
    assert (heard.status, heard.headers["HX-Redirect"]) == (401, "/login?next=/")


async def test_while_the_database_is_away_a_page_says_so_to_whoever_is_logged_in(door, phones, monkeypatch) -> None:
    cookies = {"session": await door.token(phones[SUPERVISOR])}
    async with contextlib.AsyncExitStack() as taken:
        for _ in range(door.service.database.pool.get_max_size()):
            await taken.enter_async_context(door.service.database.transaction())
        monkeypatch.setattr(pool, "ACQUIRE_S", 0.2)
        async with asyncio.timeout(10):
            heard = await door.send("GET", "/member", cookies=cookies, headers={"Accept": "text/html"})
    assert (heard.status, heard.headers["Content-Type"]) == (503, "text/html; charset=utf-8")
    assert "没有办成" in heard.body.decode()
    assert int(heard.headers["Retry-After"]) > 0


@pytest.mark.parametrize("token", [b"\xff\xfe", "会话".encode(), b"x" * 4000, b""])
async def test_a_session_that_is_none_of_ours_is_none(door, token: bytes) -> None:
    head = (b"GET /login HTTP/1.1", b"Host: x", b"Cookie: session=" + token, b"Connection: close", b"", b"")
    heard = await door.say(b"\r\n".join(head))
    assert heard.status == 200


@pytest.mark.parametrize("address", ["http://[", "http://{host}//elsewhere.example"])
async def test_a_refusal_leads_back_to_a_page_of_ours(door, address: str) -> None:
    came = address.format(host=f"{door.client.host}:{door.client.port}")
    headers = {**OURS, "Referer": came, "Content-Type": "application/x-www-form-urlencoded"}
    heard = await door.send("POST", "/login", headers=headers, data=b"phone=" + b"1" * 2**19)
    assert heard.status == 413
    assert "elsewhere.example" not in heard.body.decode()
    assert "没有办成" in heard.body.decode()


async def test_an_origin_that_is_no_address_is_not_ours(door) -> None:
    heard = await door.send("POST", "/size", headers={"Origin": "http://["}, data={"back": "/"})
    assert heard.status == 403


@dataclass(frozen=True)
class Broken:
    """What a page that fails says."""

    client: TestClient

    async def said(self, method: str) -> str:
        async with self.client.request(method, "/broken", headers=OURS) as answer:
            assert answer.status == 500
            return await answer.text()


@pytest.fixture
async def broken(service) -> AsyncIterator[Broken]:
    async def fail(_visit: Visit) -> web.Response:
        raise ArithmeticError

    app: Any = create_app(service)
    add_pages(app, (Page("GET", "/broken", fail), Page("POST", "/broken", fail)))
    async with TestClient(TestServer(app)) as client:
        yield Broken(client)


async def test_a_page_that_fails_does_not_say_that_nothing_was_saved_where_something_may_be(broken) -> None:
    assert "没有保存任何改动" in await broken.said("GET")
    sent = await broken.said("POST")
    assert "没有保存任何改动" not in sent
    assert "不确定" in sent


async def test_what_may_not_be_seen_leads_to_ones_own_pages(door, phones) -> None:
    for who, home in (("M0070", "/member"), ("secretary of Dongcheng community", "/branch"), (SUPERVISOR, "/command")):
        cookies = {"session": await door.token(phones[who])}
        heard = await door.send("GET", "/county/import", cookies=cookies)
        shown = heard.body.decode()
        assert heard.status == 403
        assert "不归您的角色查看" in shown
        assert "没有改动" not in shown
        assert f'href="{home}"' in shown


@pytest.mark.parametrize("address", ["/logout", "/size"])
async def test_a_forms_address_that_is_opened_answers_a_browser_with_a_page_and_a_program_with_a_problem(
    door, phones, address: str
) -> None:
    cookies = {"session": await door.token(phones["M0070"])}
    heard = await door.send("GET", address, cookies=cookies, headers={"Accept": "text/html"})
    assert (heard.status, heard.headers["Allow"]) == (405, "POST")
    assert heard.headers["Content-Type"].startswith("text/html")
    assert "不能直接打开" in heard.body.decode()
    assert (await door.send("GET", "/member", cookies=cookies, allow_redirects=False)).status == 200, "still logged in"
    program = await door.send("GET", address, headers={"Accept": "application/json"})
    assert program.refusal() == (405, "method_not_allowed")
