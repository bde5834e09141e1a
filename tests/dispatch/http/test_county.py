"""The county's files through the API: as large as is documented, and from administrators of all of it alone."""

from base64 import b64encode

import pytest

from dispatch.http.county_shapes import MOST_CONTENT

ADMINISTRATOR, SECRETARY, COUNTY = "10001000001", "10001000054", "10001000002"
PATH = "/county/imports"


def _head(*more: str) -> bytes:
    first = (f"POST /api/v1{PATH} HTTP/1.1", "Host: x", "Content-Type: application/json", *more)
    return "\r\n".join((*first, "", '{"files"')).encode()


async def test_files_of_megabytes_are_checked(door) -> None:
    content = b64encode(b"x" * 12 * 2**20).decode()
    sent = {"files": [{"name": "notes.csv", "content": content}]}
    status, report = await door.call("POST", PATH, who=ADMINISTRATOR, json=sent)
    assert status == 200
    assert report["faults_total"] == 1


async def test_more_than_that_is_not_read(door) -> None:
    token = f"Authorization: Bearer {await door.token(ADMINISTRATOR)}"
    heard = await door.say(_head(token, f"Content-Length: {MOST_CONTENT + 1}"))
    assert heard.refusal() == (413, "too_large")


@pytest.mark.parametrize("who", [None, SECRETARY, COUNTY])
async def test_nothing_is_read_of_whoever_may_not_import(door, who) -> None:
    token = () if who is None else (f"Authorization: Bearer {await door.token(who)}",)
    heard = await door.say(_head(*token, f"Content-Length: {MOST_CONTENT}"))
    assert heard.refusal() == ((401, "unauthenticated") if who is None else (403, "not_yours"))


async def test_other_bodies_stay_small(door) -> None:
    status, problem = await door.call("POST", "/people/search", who=ADMINISTRATOR, json={"code": "x" * 300_000})
    assert (status, problem["code"]) == (413, "too_large")
