"""Emergencies, batches and the county's ledger over HTTP, as a supervisor's page would use them."""

from datetime import UTC, datetime, timedelta

import pytest

from dispatch.demo.accounts import accounts
from dispatch.domain.vocabulary import Role
from dispatch.storage import county

TOWNSHIP = "141123100"
NOW = datetime(2026, 7, 22, 2, tzinfo=UTC)
PHONES = {(one.role, one.zh): one.phone for one in accounts()}
SUPERVISOR = next(phone for (role, zh), phone in PHONES.items() if role is Role.SUPERVISOR and "镇" in zh)
MEMBER = next(phone for (role, _), phone in PHONES.items() if role is Role.MEMBER)


@pytest.fixture
async def body(door):
    # whoever reads the county again, as a declaration has everybody do, reads this clock, which stands still
    await county.set_clock(door.service.database, 0.0, NOW, door.service.now())
    return {
        "grid": TOWNSHIP,
        "ends_at": (door.service.now() + timedelta(days=2)).isoformat(),
        "reason": "山洪",
        "branches": [{"name": "防汛临时党支部", "grid": "141123100016"}],
    }


async def _branches(door, grid: str) -> list[str]:
    return [branch["name"] for branch in (await door.call("GET", f"/grids/{grid}"))[1]["branches"]]


async def test_from_the_declaration_to_the_ledger(door, body):
    status, made = await door.call("POST", "/emergencies", who=SUPERVISOR, json=body)
    assert (status, made["stage"]) == (201, "active")
    status, again = await door.call("POST", "/emergencies", who=SUPERVISOR, json=body)
    assert (status, again["code"]) == (409, "emergency_overlaps")
    order = await door.file()
    assert order["branch"]["name"] == "防汛临时党支部"
    path = f"/grids/{TOWNSHIP}/assign-batch"
    status, shown = await door.call("POST", path, who=SUPERVISOR, json={"dry_run": True})
    assert status == 200, shown
    assert (len(shown["offers"]), shown["dry_run"]) == (1, True)
    key = {"Idempotency-Key": "once"}
    for offers, before in ((1, 1), (0, 1)):
        status, batch = await door.call("POST", path, who=SUPERVISOR, json={"dry_run": False}, headers=key)
        assert (status, len(batch["offers"])) == (200, offers)
        assert len(batch["before"]) == before - offers
    ends_at = (door.service.now() + timedelta(days=3)).isoformat()
    status, longer = await door.call(
        "POST", f"/emergencies/{made['id']}/extend", who=SUPERVISOR, json={"ends_at": ends_at}
    )
    assert (status, longer["stage"]) == (200, "active")
    temporary = "防汛临时党支部"
    assert temporary in await _branches(door, order["grid"]["code"])
    status, over = await door.call("POST", f"/emergencies/{made['id']}/end", who=SUPERVISOR)
    assert (status, over["stage"]) == (200, "over")
    assert temporary not in await _branches(door, order["grid"]["code"]), "nobody is sent to one that serves no more"
    status, refused = await door.call("POST", path, who=SUPERVISOR, json={"dry_run": False})
    assert (status, refused["code"]) == (409, "not_in_emergency")
    status, listed = await door.call("GET", "/emergencies", who=MEMBER)
    assert (status, [one["id"] for one in listed["items"]]) == (200, [made["id"]])
    status, listed = await door.call("GET", "/emergencies?running=true", who=MEMBER)
    assert listed["items"] == []
    told, cursor = [], ""
    while cursor is not None:
        status, page = await door.call("GET", f"/county/acts?grid={TOWNSHIP}&limit=2{cursor}", who=SUPERVISOR)
        assert status == 200
        told += [act["data"]["what"] for act in page["items"]]
        cursor = None if page["next"] is None else f"&cursor={page['next']}"
    assert told == ["restored", "ended", "extended", "begun", "declared"]


async def test_a_member_is_told_that_there_is_one_and_neither_why_nor_who_else_serves(door, body):
    await door.call("POST", "/emergencies", who=SUPERVISOR, json=body)
    for who, reason in ((SUPERVISOR, "山洪"), (MEMBER, None)):
        status, found = await door.call("GET", "/emergencies?running=true", who=who)
        assert (status, [(one["reason"], one["members"]) for one in found["items"]]) == (200, [(reason, [])])


async def test_who_is_no_supervisor_is_refused_and_told_kindly(door, body):
    for method, path, sent in (
        ("POST", "/emergencies", body),
        ("POST", f"/grids/{TOWNSHIP}/assign-batch", {"dry_run": True}),
        ("GET", "/county/acts", None),
    ):
        status, refused = await door.call(method, path, who=MEMBER, json=sent)
        assert (status, refused["code"]) == (403, "not_yours")
        status, _ = await door.call(method, path, json=sent)
        assert status == 401


async def test_what_is_not_there_is_not_found_and_what_makes_no_sense_is_refused(door, body):
    for ident in ("99", "0", "x", "9" * 30, "9" * 5000, "-1"):
        status, refused = await door.call("POST", f"/emergencies/{ident}/end", who=SUPERVISOR)
        assert (status, refused["code"]) == (404, "emergency_not_found")
    for cursor in ("x", "1.2", "1.2.3.4", "9" * 40 + ".1.1", "1.-1.1", f"1.{2**31}.1"):
        status, refused = await door.call("GET", f"/county/acts?cursor={cursor}", who=SUPERVISOR)
        assert (status, refused["errors"][0]["field"]) == (422, "cursor")
    for at in ("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-07-01T00:00:00"):
        for field in ("starts_at", "ends_at"):
            status, refused = await door.call("POST", "/emergencies", who=SUPERVISOR, json={**body, field: at})
            assert (status, refused["errors"][0]["field"]) == (422, field)
