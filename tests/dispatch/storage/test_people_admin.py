"""Whoever is named by a telephone or a code is one person, or nobody."""

import pytest

from dispatch.storage import people, people_admin

CODE, PHONE = "M0070", "10001001278"


@pytest.fixture
async def namesake(county_database) -> str:
    """The code of somebody whose code is another person's telephone."""
    row = await county_database.fetchrow(
        f"WITH one AS (INSERT INTO people (code) VALUES ('{PHONE}') RETURNING id, code), "  # noqa: S608
        "contact AS (INSERT INTO person_contacts SELECT id, '同号', '10009999999' FROM one) SELECT code FROM one"
    )
    assert row["code"] == PHONE
    return PHONE


async def stand(database) -> dict[str, tuple[bool, bool]]:
    rows = await database.fetch("SELECT code, active, password_hash = 'new' AS new FROM people ORDER BY code")
    return {row["code"]: (row["active"], bool(row["new"])) for row in rows}


@pytest.mark.parametrize("named", [CODE, PHONE, "100-0100-1278"])
async def test_somebody_is_found_by_code_or_telephone(county_database, named):
    before = await stand(county_database)
    assert await people.set_password(county_database, named, "new") == CODE
    assert await people.set_active(county_database, named, active=False) == (CODE, 0)
    assert await stand(county_database) == {**before, CODE: (False, True)}


@pytest.mark.parametrize("named", [PHONE, "nobody"])
async def test_of_two_who_could_be_meant_neither_is_changed(county_database, namesake, named):
    before = await stand(county_database)
    assert await people.set_password(county_database, named, "new") is None
    assert await people.set_active(county_database, named, active=False) is None
    assert await stand(county_database) == before


async def test_whose_code_is_anothers_telephone_is_changed_alone(county_database, namesake):
    before = await stand(county_database)
    async with county_database.transaction() as connection:
        one, _ = await people_admin.lock_person(connection, namesake)
        await people_admin.set_password(connection, one, "new")
        assert await people_admin.set_active(connection, one, active=False) == 0
    assert await stand(county_database) == {**before, namesake: (False, True)}
