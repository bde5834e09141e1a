"""What a browser sends is decoded or refused, whatever it is; it is never waited for without end."""

import asyncio
import contextlib
from dataclasses import replace

import pytest
from aiohttp import FormData

from dispatch.http import uploads

OURS = {"Sec-Fetch-Site": "same-origin"}
FORMS = ("/login", "/file", "/follow", "/size", "/o/141123000000010")

PART = b'--x\r\nContent-Disposition: form-data; name="phone"%b\r\n\r\n%b\r\n--x--\r\n'

BROKEN = {
    "a form without a boundary": ("multipart/form-data", b"x"),
    "a form with an empty boundary": ("multipart/form-data; boundary=", b"x"),
    "a boundary that never comes": ("multipart/form-data; boundary=y", PART % (b"", b"1")),
    "a part without a name": (
        "multipart/form-data; boundary=x",
        b"--x\r\nContent-Disposition: form-data\r\n\r\n1\r\n--x--",
    ),
    "a part without a head": ("multipart/form-data; boundary=x", b"--x\r\n\r\n1\r\n--x--"),
    "a part whose head is none": ("multipart/form-data; boundary=x", b"--x\r\n:::\r\n\r\n1\r\n--x--"),
    "a form within a form": (
        "multipart/form-data; boundary=x",
        PART % (b"\r\nContent-Type: multipart/mixed; boundary=z", b"--z\r\n\r\n1\r\n--z--"),
    ),
    "a part in bytes that are no UTF-8": ("multipart/form-data; boundary=x", PART % (b"", b"\xff\xfe")),
    "a part in an unknown charset": (
        "multipart/form-data; boundary=x",
        PART % (b"\r\nContent-Type: text/plain; charset=none", b"1"),
    ),
    "a part in an unknown encoding": (
        "multipart/form-data; boundary=x",
        PART % (b"\r\nContent-Transfer-Encoding: none", b"1"),
    ),
    "a part in broken Base64": (
        "multipart/form-data; boundary=x",
        PART % (b"\r\nContent-Transfer-Encoding: base64", b"1"),
    ),
    "a form that ends in the middle": ("multipart/form-data; boundary=x", PART[:50]),
    "fields in bytes that are no UTF-8": ("application/x-www-form-urlencoded", b"phone=\xff\xfe"),
    "fields in an unknown charset": ("application/x-www-form-urlencoded; charset=none", b"phone=1"),
    "fields in a charset that makes halves of letters": (
        "application/x-www-form-urlencoded; charset=utf-7",
        b"phone=+2AA-",
    ),
    "a charset that is no text": ("application/x-www-form-urlencoded; charset=hex", b"phone=1"),
}


@pytest.mark.parametrize("path", FORMS)
@pytest.mark.parametrize("broken", BROKEN)
async def test_a_broken_form_is_refused_and_changes_nothing(door, broken: str, path: str) -> None:
    kind, body = BROKEN[broken]
    before = await door.rows()
    heard = await door.send("POST", path, headers={**OURS, "Content-Type": kind}, data=body, allow_redirects=False)
    assert heard.status < 500, heard.body.decode()
    assert await door.rows() == before


@pytest.mark.parametrize("broken", ["a form without a boundary", "fields in bytes that are no UTF-8"])
async def test_a_form_that_can_not_be_read_is_told_so_in_words(door, broken: str) -> None:
    kind, body = BROKEN[broken]
    heard = await door.send("POST", "/login", headers={**OURS, "Content-Type": kind}, data=body)
    assert heard.status == 400
    assert "没有保存任何内容" in heard.body.decode()


async def test_a_form_in_a_wrong_encoding_is_refused(door) -> None:
    head = (
        b"POST /login HTTP/1.1",
        b"Host: x",
        b"Sec-Fetch-Site: same-origin",
        b"Content-Type: application/x-www-form-urlencoded",
        b"Content-Encoding: gzip",
        b"Content-Length: 9",
        b"",
        b"phone=123",
    )
    assert (await door.say(b"\r\n".join(head))).status == 400


def unfinished(path: str, length: int = 1000) -> bytes:
    """A form of which hardly anything comes."""
    head = (
        f"POST {path} HTTP/1.1",
        "Host: x",
        "Sec-Fetch-Site: same-origin",
        "Content-Type: multipart/form-data; boundary=x",
        f"Content-Length: {length}",
        "",
        "--x",
    )
    return "\r\n".join(head).encode()


@pytest.mark.parametrize("path", FORMS[:4])
async def test_a_form_that_never_comes_is_not_waited_for(door, path: str) -> None:
    door.service.settings = replace(door.service.settings, body_seconds=0.05)
    heard = await door.say(unfinished(path))
    assert heard.status == 408
    assert "没有传完" in heard.body.decode()


async def test_an_administrators_files_are_not_waited_for_without_end(door) -> None:
    door.service.settings = replace(door.service.settings, body_seconds=0.05)
    token = await door.token("10001000001")
    words = unfinished("/county/import").replace(b"Host: x", f"Host: x\r\nCookie: session={token}".encode())
    heard = await door.say(words)
    assert "没有传完" in heard.body.decode()


async def test_only_so_many_large_forms_arrive_at_once_and_a_small_one_still_does(door, monkeypatch) -> None:
    monkeypatch.setattr(uploads, "MOST_AT_ONCE", 2)
    async with contextlib.AsyncExitStack() as arriving:
        for _ in range(2):
            _, writer = await asyncio.open_connection(door.client.host, door.client.port)
            arriving.callback(writer.close)
            writer.write(unfinished("/file", 2**20))
        large = FormData()
        large.add_field("text", "x" * 2**19)
        large.add_field("photos", b"", filename="a.jpg")
        async with asyncio.timeout(20):
            while (heard := await door.send("POST", "/file", headers=OURS, data=large())).status != 503:
                await asyncio.sleep(0.05)
        assert "Retry-After" in heard.headers
        small = {"category": "0901", "text": "水", "place.grid": "141123100016", "contact.phone": "10003000001"}
        heard = await door.send("POST", "/file", headers=OURS, data=small, allow_redirects=False)
        assert heard.status == 303
    async with asyncio.timeout(20):  # those who have left make room
        while (await door.send("POST", "/file", headers=OURS, data=large())).status == 503:
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("version", ["9" * 20, "9" * 5000, "9" * 10, "-1", "1e3", "１", "²", "x"])
async def test_a_number_that_is_none_is_refused_and_nothing_is_done(door, phones, version: str) -> None:
    order = await door.file()
    before = await door.rows()
    cookies = {"held": f"{order['id']}.{order['query_code']}"}
    sent = {"action": "withdraw", "withdraw.reason": "解决了", "version": version}
    heard = await door.send("POST", f"/o/{order['id']}", headers=OURS, data=sent, cookies=cookies)
    assert heard.status in (409, 422), "the resident's"
    assert "解决了" in heard.body.decode(), "what was typed is kept"
    session = {"session": await door.token(phones["secretary of Dongcheng community"])}
    sent = {"action": "offer", "member": "M0070", "version": version}
    heard = await door.send("POST", f"/branch/o/{order['id']}/act", headers=OURS, data=sent, cookies=session)
    assert heard.status in (409, 422), "the branch's"
    sent = {"action": "answer", "text": "好", "assist": version}
    heard = await door.send("POST", f"/branch/o/{order['id']}/act", headers=OURS, data=sent, cookies=session)
    assert heard.status in (403, 409, 422), "of a call"
    assert await door.rows() == before
