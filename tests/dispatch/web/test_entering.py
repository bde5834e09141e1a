"""Logging in by a form: whatever is typed as a password is the password."""

import re

import pytest

OURS = {"Sec-Fetch-Site": "same-origin"}
ADMINISTRATOR = "10001000001"


@pytest.mark.parametrize("password", [" two spaces around ", "trailing space ", "\u3000全角空格开头的密码"])
async def test_a_password_is_taken_as_it_is_typed(door, password: str) -> None:
    session = {"session": await door.token(ADMINISTRATOR)}
    sent = {"do": "password", "password": password}
    heard = await door.send("POST", "/county/people/M0070", headers=OURS, data=sent, cookies=session)
    assert heard.status == 200
    row = await door.service.database.fetchrow(
        "SELECT c.phone FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id WHERE p.code = 'M0070'"
    )
    door.client.session.cookie_jar.clear()
    for typed, status in ((password.strip(), 401), (password, 303)):
        data = {"phone": row["phone"], "password": typed}
        heard = await door.send("POST", "/login", headers=OURS, data=data, allow_redirects=False)
        assert heard.status == status, typed
    spoken = {"phone": row["phone"], "password": password}
    assert (await door.call("POST", "/sessions", json=spoken))[0] == 201, "a program logs in with the same"


async def test_spaces_around_a_phone_do_not_matter(door) -> None:
    data = {"phone": f" {ADMINISTRATOR} ", "password": "yanshi-2026"}
    heard = await door.send("POST", "/login?next=/county", headers=OURS, data=data, allow_redirects=False)
    assert (heard.status, heard.headers["Location"]) == (303, "/county")


async def test_what_was_left_empty_is_named_and_asked_for(door) -> None:
    heard = await door.send("POST", "/login", headers=OURS, data={"phone": ADMINISTRATOR, "password": ""})
    assert heard.status == 422
    assert re.search(r"密码 ·\s+请填写", heard.body.decode())
    assert "太短" not in heard.body.decode()
