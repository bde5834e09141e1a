"""Pasting a chat message: a draft of guesses, nothing filed, nobody's number looked up, and then filed as confirmed."""

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dispatch.http import bodies

SECRETARY, MEMBER, ADMINISTRATOR = "10001000054", "10001001278", "10001000001"
CHAT = (
    "王建国 21:15\n@网格员 东城社区村口路灯坏了一个多星期,黑灯瞎火的😷 3号楼2单元\n"
    "我是王秀英，电话139 0000 0005 https://x.example/a"
)
TABLES = ("orders", "order_contents", "events", "event_texts", "outbox", "idempotency", "contact_views")


@pytest.fixture
async def stranger(door) -> str:
    """The phone of a member of another township."""
    row = await door.service.database.fetchrow(
        """SELECT c.phone FROM people AS p JOIN person_contacts AS c ON c.person_id = p.id
           JOIN roles AS r ON r.person_id = p.id JOIN grids AS g ON g.id = r.grid_id
           WHERE r.role = 'member' AND g.code LIKE '141123102%' ORDER BY p.id LIMIT 1"""
    )
    return str(row["phone"])


async def drafted(door, fits, text: str, who: str = SECRETARY) -> dict:
    status, draft = await door.call("POST", "/drafts", who=who, json={"text": text})
    assert status == 200, draft
    fits(draft, "DraftAnswer")
    return draft


async def counts(door) -> list[int]:
    return [(await door.service.database.fetchrow(f"SELECT count(*) FROM {table}"))[0] for table in TABLES]  # noqa: S608


async def test_a_message_becomes_a_draft_and_the_draft_what_the_filer_confirms(door, fits) -> None:
    before = await counts(door)
    draft = await drafted(door, fits, CHAT)
    assert await counts(door) == before, "a draft stores nothing"
    assert draft["text"] == "东城社区村口路灯坏了一个多星期,黑灯瞎火的 3号楼2单元"
    assert (draft["category"]["value"], draft["category"]["sure"]) == ("0201", "high")
    assert "路灯" in draft["category"]["why"]
    assert (draft["grid"]["value"], draft["grid"]["sure"]) == ("141123100016", "high")
    assert draft["grid"]["why"] == ["东城社区"]
    assert (draft["phone"]["value"], draft["phone"]["sure"]) == ("13900000005", "high")
    assert (draft["name"]["value"], draft["house"]["value"]) == ("王秀英", "3号楼2单元")
    assert (draft["urgency"]["value"], draft["advice"], draft["calls"]) == ("general", None, [])
    assert draft["missing"] == []
    status, order = await door.call("POST", "/orders", who=SECRETARY, json=draft["submit"])
    assert status == 201, order
    assert (order["category"], order["grid"]["code"]) == ("0201", "141123100016")
    assert (order["filed_for"]["channel"], order["filed_for"]["channel_label"]["zh"]) == ("chat", "微信群")
    assert order["contact"] == {"name": "王*", "phone": "139****0005", "house": "***", "masked": True}


async def test_a_household_is_known_by_its_number_only_to_who_may_file_for_it(door, fits, stranger) -> None:
    text = "老人在家做不了饭,想找人送饭,电话10002000001"
    draft = await drafted(door, fits, text)
    assert draft["household"]["value"] == "H0001"
    assert draft["household"]["label"]["zh"] == "演* 100****0001"
    assert draft["grid"]["value"].startswith("141123100016")
    assert draft["submit"]["filed_for"] == {"household": "H0001", "channel": "chat"}
    assert draft["missing"] == []
    status, order = await door.call("POST", "/orders", who=SECRETARY, json=draft["submit"])
    assert (status, order["filed_for"]["household"]) == (201, "H0001")
    elsewhere = await drafted(door, fits, text, stranger)
    assert elsewhere["household"]["value"] is None
    assert elsewhere["household"]["candidates"] == []
    nobodys = await drafted(door, fits, text.replace("10002000001", "10009999999"), stranger)
    told = "10002000001", "10009999999"
    assert str(elsewhere).replace(told[0], told[1]) == str(nobodys), "a number somewhere else is like one nowhere"


async def test_danger_is_told_with_the_numbers_to_call_first(door, fits) -> None:
    draft = await drafted(door, fits, "东城社区李大爷家柴房着火了!!!快来人")
    assert draft["calls"] == ["119"]
    assert draft["danger"] == ["着火"]
    assert "119" in draft["advice"]["zh"]
    assert draft["urgency"]["value"] == draft["submit"].get("urgency", "critical") == "critical"


async def test_what_the_message_does_not_say_is_asked_for(door, fits) -> None:
    draft = await drafted(door, fits, "你好😀")
    assert [one["field"] for one in draft["missing"]] == ["category", "place", "contact.phone"]
    assert draft["submit"] == {"filed_for": {"channel": "chat"}, "text": "你好"}
    empty = await drafted(door, fits, "😀\u202e\u0000[微笑]")
    assert [one["field"] for one in empty["missing"]] == ["category", "text", "place", "contact.phone"]


async def test_where_no_place_is_named_the_filers_own_grid_is_a_guess(door, fits) -> None:
    draft = await drafted(door, fits, "路灯坏了,13900000001", MEMBER)
    assert (draft["grid"]["sure"], draft["grid"]["why"]) == ("low", [])
    status, me = await door.call("GET", "/me", who=MEMBER)
    assert draft["grid"]["value"] in {role["grid"]["code"] for role in me["roles"]}
    assert status == 200


async def test_only_who_files_for_others_makes_drafts_and_no_word_of_a_message_is_logged(door, fits, capfd) -> None:
    body = {"text": CHAT}
    assert (await door.call("POST", "/drafts", json=body))[0] == 401
    status, problem = await door.call("POST", "/drafts", who=ADMINISTRATOR, json=body)
    assert (status, problem["code"]) == (403, "not_yours")
    for wrong in ({}, {"text": ""}, {"text": 5}, {"text": "啊" * 4001}, {**body, "file": True}):
        assert (await door.call("POST", "/drafts", who=SECRETARY, json=wrong))[0] == 422, wrong
    await drafted(door, fits, CHAT)
    await door.call("POST", "/drafts", who=SECRETARY, json={"text": CHAT, "more": 1})
    said = "".join(capfd.readouterr())
    assert not [part for part in ("13900000005", "139 0000 0005", "王秀英", "路灯坏了", "3号楼") if part in said]


PARTS = st.sampled_from(
    [
        *CHAT.split(),
        "着火了",
        "电话10002000001",
        "我叫张三，",
        "13900000001",
        "停水了",
        "隔壁",
        "\u2028",
        "\x07",
        "[怒]",
        "\n",
        "张三 10:01\n",
    ]
)


async def test_a_body_is_whole_exactly_when_nothing_is_missing(door) -> None:
    pasted: list[str] = []

    @settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.lists(PARTS | st.text(max_size=12), min_size=1, max_size=6).map("".join).filter(bool))
    def collect(text: str) -> None:
        pasted.append(text)

    collect()
    for text in pasted:
        status, draft = await door.call("POST", "/drafts", who=SECRETARY, json={"text": text})
        assert status == 200, (text, draft)
        try:
            bodies.Submit.model_validate_json(orjson.dumps(draft["submit"]))
            whole = True
        except ValidationError:
            whole = False
        assert whole is (draft["missing"] == []), (text, draft["submit"], draft["missing"])
