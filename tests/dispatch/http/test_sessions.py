"""Logging in and out."""

import asyncio
import hashlib

import orjson
import pytest
from argon2 import PasswordHasher
from limits import parse

from dispatch.storage import people, people_admin
from dispatch.usecases.demo_county import DEMO_PASSWORD
from dispatch.usecases.sessions import hashed

SECRETARY, MEMBER, OTHER = "10001000054", "10001001278", "10001001279"


async def _without_password(door) -> str:
    row = await door.service.database.fetchrow(
        "UPDATE people AS p SET password_hash = NULL FROM person_contacts AS c"
        " WHERE c.person_id = p.id AND p.code = 'M0072' RETURNING c.phone"
    )
    return row["phone"]


async def _log_in(door, phone: str, password: str = DEMO_PASSWORD):
    return await door.call("POST", "/sessions", json={"phone": phone, "password": password})


async def test_a_token_works_until_its_session_is_ended(door) -> None:
    status, session = await _log_in(door, SECRETARY)
    assert status == 201
    assert [(role["role"], role["grid"]["code"], role["branch"]["id"]) for role in session["roles"]] == [
        ("secretary", "141123100016", "B141123100016")
    ]
    headers = {"Authorization": f"Bearer {session['token']}"}
    status, me = await door.call("GET", "/me", headers=headers)
    assert (status, me["code"], me["expires_at"], me["roles"]) == (200, "S035", session["expires_at"], session["roles"])
    another = (await _log_in(door, SECRETARY))[1]["token"]
    assert another != session["token"]
    assert (await door.call("DELETE", "/sessions", headers=headers))[0] == 204
    for method, path in (("GET", "/me"), ("GET", "/orders"), ("DELETE", "/sessions")):
        status, problem = await door.call(method, path, headers=headers)
        assert (status, problem["code"]) == (401, "unauthenticated")
    assert (await door.call("GET", "/me", headers={"Authorization": f"bearer {another}"}))[0] == 200, (
        "the other goes on"
    )


async def test_a_session_runs_out(door) -> None:
    headers = {"Authorization": f"Bearer {await door.token(SECRETARY)}"}
    door.wait(hours=door.service.settings.session_hours, seconds=-1)
    assert (await door.call("GET", "/me", headers=headers))[0] == 200
    door.wait(seconds=1)
    assert (await door.call("GET", "/me", headers=headers))[0] == 401


async def test_who_has_left_or_lost_a_role_is_not_served(door) -> None:
    order = await door.file()
    headers = {"Authorization": f"Bearer {await door.token(SECRETARY)}"}
    path = f"/orders/{order['id']}"
    assert (await door.call("GET", path, headers=headers))[0] == 200
    database = door.service.database
    who = "(SELECT id FROM people WHERE code = 'S035')"
    await database.execute(f"UPDATE roles SET valid_to = $1 WHERE person_id = {who}", door.service.now().date())  # noqa: S608
    assert (await door.call("GET", path, headers=headers))[0] == 200, "the last day still counts"
    door.wait(hours=11)
    assert (await door.call("GET", path, headers=headers))[0] == 200, "20:00 in Shanghai, the same day"
    door.set_time(door.service.now().replace(hour=16, minute=0))
    headers = {"Authorization": f"Bearer {(await _log_in(door, SECRETARY))[1]['token']}"}
    assert (await door.call("GET", path, headers=headers))[0] == 403
    await database.execute(f"UPDATE people SET active = false WHERE id = {who}")  # noqa: S608
    assert (await door.call("GET", path, headers=headers))[0] == 401
    assert (await _log_in(door, SECRETARY))[0] == 401


async def test_whoever_cannot_log_in_hears_the_same_words(door) -> None:
    speechless = await _without_password(door)
    answers = [
        await door.send("POST", "/api/v1/sessions", json={"phone": phone, "password": password})
        for phone, password in (
            (MEMBER, "wrong"),
            (MEMBER, DEMO_PASSWORD.upper()),
            (MEMBER, DEMO_PASSWORD + " "),
            (MEMBER, "\0"),
            (MEMBER, "密" * 200),
            ("19999999999", DEMO_PASSWORD),
            (speechless, DEMO_PASSWORD),
            (speechless, "None"),
            ("10003000001", DEMO_PASSWORD),
        )
    ]
    assert {answer.refusal() for answer in answers} == {(401, "wrong_password")}
    assert len({answer.body for answer in answers}) == 1
    row = await door.service.database.fetchrow("SELECT count(*) FROM sessions")
    assert row[0] == 0


async def test_an_unknown_phone_takes_the_same_work_as_a_wrong_password(door, monkeypatch) -> None:
    hashes = []
    verify = PasswordHasher.verify

    def watched(self, stored, password):
        hashes.append(stored)
        return verify(self, stored, password)

    monkeypatch.setattr(PasswordHasher, "verify", watched)
    for phone in (MEMBER, "19999999999", await _without_password(door)):
        await _log_in(door, phone, "wrong")
    assert len(hashes) == 3
    assert {stored.rsplit("$", 2)[0] for stored in hashes} == {hashes[0].rsplit("$", 2)[0]}, "the same parameters"


async def test_ten_wrong_tries_are_enough_even_all_at_once(door) -> None:
    answers = await asyncio.gather(
        *(door.send("POST", "/api/v1/sessions", json={"phone": MEMBER, "password": f"guess {n}"}) for n in range(14))
    )
    codes = sorted(answer.refusal() for answer in answers)
    assert codes == [(401, "wrong_password")] * 10 + [(429, "too_many")] * 4
    late = await door.send("POST", "/api/v1/sessions", json={"phone": MEMBER, "password": DEMO_PASSWORD})
    assert late.refusal() == (429, "too_many"), "the right one too: nobody learns that it was right"
    assert int(late.headers["Retry-After"]) > 0
    assert (await _log_in(door, OTHER))[0] == 201, "others are not kept out"


async def test_neither_token_nor_password_is_stored(door) -> None:
    token = await door.token(SECRETARY)
    rows = await door.service.database.fetch("SELECT * FROM sessions")
    assert [bytes(row["token_hash"]) for row in rows] == [hashlib.sha256(token.encode()).digest()]
    assert token not in str([dict(row) for row in rows])
    rows = await door.service.database.fetch("SELECT password_hash FROM people WHERE password_hash IS NOT NULL")
    assert rows
    assert all(row[0].startswith("$argon2id$") and DEMO_PASSWORD not in row[0] for row in rows)
    assert len(token) >= 43, "256 random bits"
    answer = await door.send("GET", "/api/v1/me", headers={"Authorization": f"Bearer {token}"})
    assert token.encode() not in answer.body
    assert answer.headers["Cache-Control"] == "no-store"
    assert orjson.loads(answer.body)["code"] == "S035"


async def test_an_address_has_so_many_wrong_tries_over_all_phones_even_at_once(door, monkeypatch) -> None:
    monkeypatch.setattr("dispatch.usecases.sessions.PASSWORD_TRIES_OF_ADDRESS", parse("6/10minutes"))
    for _ in range(8):
        assert (await _log_in(door, MEMBER))[0] == 201, "a right one costs nothing"
    answers = await asyncio.gather(*(_log_in(door, f"139{n:08}", "wrong") for n in range(20)))
    assert sorted(status for status, _ in answers) == [401] * 6 + [429] * 14
    assert (await _log_in(door, MEMBER))[0] == 429


async def test_several_right_ones_at_once_are_all_let_in(door) -> None:
    answers = await asyncio.gather(*(_log_in(door, MEMBER) for _ in range(12)))
    assert {status for status, _ in answers} == {201}


async def test_a_new_password_ends_the_sessions_of_that_person_alone(door) -> None:
    mine, theirs = await door.token(MEMBER), await door.token(SECRETARY)
    assert await people.set_password(door.service.database, MEMBER, "x") == "M0070"
    for token, status in ((mine, 401), (theirs, 200)):
        assert (await door.call("GET", "/me", headers={"Authorization": f"Bearer {token}"}))[0] == status


@pytest.mark.parametrize("ended", ["password", "account"])
async def test_what_is_changed_while_somebody_logs_in_keeps_them_out(door, ended) -> None:
    database = door.service.database
    async with asyncio.timeout(120), database.transaction() as connection:
        member, _ = await people_admin.lock_named(connection, MEMBER)
        if ended == "password":
            await people_admin.set_password(connection, member, hashed("another one"))
        else:
            await people_admin.set_active(connection, member, active=False)
        logging_in = asyncio.create_task(_log_in(door, MEMBER))
        while not await connection.fetchval("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            await asyncio.sleep(0.01)  # the old password was right, and its session waits to be written
    status, problem = await logging_in
    assert (status, problem["code"]) == (401, "wrong_password")
    assert await database.fetch("SELECT FROM sessions") == []


async def test_a_landline_may_be_written_with_or_without_its_hyphen(door) -> None:
    database = door.service.database
    await database.execute(
        "UPDATE person_contacts SET phone = '03586322222'"
        " WHERE person_id = (SELECT id FROM people WHERE code = 'M0070')"
    )
    for phone in ("03586322222", "0358-6322222"):
        assert (await _log_in(door, phone))[0] == 201
        assert await people.set_password(database, phone, hashed(DEMO_PASSWORD)) == "M0070"
        assert [found["code"] for found in await people.people(database, phone, 2)] == ["M0070"]
    await door.file(contact={"phone": "0358-6322223"})
    row = await database.fetchrow("SELECT contact_phone FROM order_contents")
    assert row["contact_phone"] == "03586322223"
