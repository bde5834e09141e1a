"""One request sent twice is answered twice alike, however often others are first."""

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta

import pytest

from dispatch.domain import errors
from dispatch.domain.order import Actor, Grant
from dispatch.domain.vocabulary import Action, Role, State
from dispatch.storage import photos
from dispatch.storage.orders import Dossier
from dispatch.usecases.acting import ATTEMPTS, Asked, perform
from dispatch.usecases.filing import Place, Request, submit

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
LATER = NOW + timedelta(hours=2)
SECRETARY, MEMBER = Actor(1, (Grant(Role.SECRETARY, 3, 3),)), Actor(4, (Grant(Role.MEMBER, 3, 3),))
PHOTO = "A" * 22
KEY = (hashlib.sha256(b"key").digest()[:16], hashlib.sha256(b"body").digest()[:16])


@pytest.fixture
async def accepted(small_county):
    """The key of an order that a member handles, and a photo that waits for its result."""
    request = Request("0901", "一件", Place("141123100016"), None, "10003000001", None, None, False, None, None)
    order = (await submit(small_county, request, Actor(), None, NOW)).order
    key = order.region, order.id
    await perform(small_county, key, Asked(Action.OFFER, members=("P4",)), SECRETARY, None, NOW)
    await perform(small_county, key, Asked(Action.ACCEPT), MEMBER, None, NOW)
    await small_county.database.execute(photos.SQL["add_loose"], PHOTO, NOW, bytes(16), "digest", b"jpeg")
    return key


@pytest.fixture
def before(small_county, monkeypatch):
    """Have something happen right after an order was found for the ``time``-th time, before whoever asked goes on."""
    real = small_county.find

    def arrange(time, happen):
        times = iter(range(1, time + 1))

        async def find(asked):
            found = await real(asked)
            if next(times, None) == time:
                await happen()
            return found

        monkeypatch.setattr(small_county, "find", find)

    return arrange


async def always_first(database, times):
    """Have so many changes of orders come too late, as where others change them each time."""
    await database.execute(
        "CREATE SEQUENCE tries; CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN IF nextval('tries') <= {times} THEN RETURN NULL; END IF; RETURN NEW; END $$; "
        "CREATE TRIGGER late BEFORE UPDATE ON orders FOR EACH ROW EXECUTE FUNCTION late()"
    )


@pytest.mark.parametrize("with_photos", [True, False])
@pytest.mark.parametrize("attempt", range(1, ATTEMPTS + 1))
async def test_whose_twin_is_first_is_answered_as_the_twin_whenever_that_is(
    small_county, accepted, before, with_photos, attempt
):
    asked = Asked(Action.RESOLVE, texts={"answer": "已办好"}, photos=(PHOTO,) if with_photos else ())
    heard = []

    async def twin():
        heard.append(await perform(small_county, accepted, asked, MEMBER, KEY, LATER))

    await always_first(small_county.database, attempt - 1)
    before(attempt, twin)
    heard.append(await perform(small_county, accepted, asked, MEMBER, KEY, LATER))
    first, second = heard
    assert first.order.state is State.RESOLVED
    assert (second.order.version, second.order.state) == (first.order.version, first.order.state)
    assert [one.id for one in second.photos] == [one.id for one in first.photos] == [PHOTO] * with_photos
    assert len(await small_county.database.fetch("SELECT FROM events WHERE action = 'resolve'")) == 1


@pytest.mark.parametrize("attempt", range(1, ATTEMPTS + 1))
async def test_whom_somebody_else_forestalls_hears_so(small_county, accepted, before, attempt):
    async def other():
        note = Asked(Action.NOTE, texts={"note": "去看过了"})
        await perform(small_county, accepted, note, MEMBER, None, LATER)

    asked = Asked(Action.RESOLVE, texts={"answer": "已办好"}, photos=(PHOTO,))
    await always_first(small_county.database, attempt - 1)
    before(attempt, other)
    if attempt < ATTEMPTS:
        assert (await perform(small_county, accepted, asked, MEMBER, KEY, LATER)).order.state is State.RESOLVED
    else:
        with pytest.raises(errors.Stale):
            await perform(small_county, accepted, asked, MEMBER, KEY, LATER)


async def test_of_many_at_once_with_one_photo_one_has_it_and_no_other_fails(small_county, accepted):
    def resolve(key):
        request = (hashlib.sha256(key).digest()[:16], KEY[1])
        asked = Asked(Action.RESOLVE, texts={"answer": "已办好"}, photos=(PHOTO,))
        return perform(small_county, accepted, asked, MEMBER, request, LATER)

    keys = [b"one", b"one", b"one", b"two", b"three", b"three"]
    heard = await asyncio.gather(*map(resolve, keys), return_exceptions=True)
    won = {key for key, answer in zip(keys, heard, strict=True) if not isinstance(answer, Exception)}
    assert len(won) == 1
    refusals = errors.Invalid, errors.NotNow, errors.NotYours, errors.Stale
    for key, answer in zip(keys, heard, strict=True):
        assert isinstance(answer, Dossier if key in won else refusals), answer
