"""What a resident does to an order from its page."""

import pytest

from dispatch.domain.vocabulary import Action
from dispatch.web.resident.doing import FIELDS

SECRETARY = "secretary of Dongcheng community"


async def held(phone, door, phones, *steps):
    """File an order, and let a member go so far with it."""
    _, number, code = await phone.file()
    order = {"id": number}
    for step in steps:
        if step == "offer":
            await door.act(order, "offer", who=phones[SECRETARY], member="M0070")
        elif step == "rate":
            await door.act(order, "rate", code=code, grade="satisfied")
        elif step == "withdraw":
            await door.act(order, "withdraw", code=code)
        else:
            await door.act(order, step, who=phones["M0070"], **({"answer": "已修好"} if step == "resolve" else {}))
    return number, code


WAYS = ((), ("offer",), ("offer", "accept"), ("offer", "accept", "contact", "resolve"),
        ("offer", "accept", "contact", "resolve", "rate"), ("withdraw",))  # fmt: skip


@pytest.mark.parametrize("steps", WAYS, ids=lambda steps: steps[-1] if steps else "filed")
async def test_the_page_has_a_form_for_each_action_that_the_service_allows_and_for_no_other(phone, door, phones, steps):
    number, code = await held(phone, door, phones, *steps)
    _, order = await door.call("GET", f"/orders/{number}", code=code)
    page = await phone.open(f"/o/{number}")
    assert page.status == 200
    assert sorted(page.actions) == sorted(order["actions"])


@pytest.mark.parametrize(
    ("steps", "action", "fields", "seen"),
    [
        ((), "urge", {}, "催办"),
        ((), "urge", {"text": "老人等着用水"}, "老人等着用水"),
        ((), "note", {"text": "是三单元"}, "是三单元"),
        ((), "withdraw", {}, "您已撤单"),
        (WAYS[3], "rate", {"grade": "very_satisfied", "text": "谢谢"}, "评价：非常满意"),
        (WAYS[3], "rate", {"grade": "dissatisfied"}, "评价不满意，自动重新办理"),
        (WAYS[3], "reopen", {"reason": "还在漏"}, "还在漏"),
    ],
)
async def test_each_is_done_with_one_form_and_stands_in_the_timeline(phone, door, phones, steps, action, fields, seen):
    number, _ = await held(phone, door, phones, *steps)
    page = await phone.do(number, action, **fields)
    assert (page.address, page.status) == (f"/o/{number}?done={action}", 200)
    assert seen in page.text
    assert 'class="good-box" role="status"' in page.html


async def test_who_has_urged_today_is_told_when_they_may_again(phone, door, phones):
    number, _ = await held(phone, door, phones)
    assert "明天可以再催" not in (await phone.open(f"/o/{number}")).text
    urged = await phone.do(number, "urge")
    assert ("urge" in urged.actions, "明天可以再催" in urged.text) == (False, True)
    door.wait(days=1)
    tomorrow = await phone.open(f"/o/{number}")
    assert ("urge" in tomorrow.actions, "明天可以再催" in tomorrow.text) == (True, False)


@pytest.mark.parametrize("grade", ["dissatisfied", "satisfied"])
async def test_who_is_not_satisfied_is_told_that_it_is_done_again_one_level_higher(phone, door, phones, grade):
    number, code = await held(phone, door, phones, *WAYS[3])
    rated = await phone.do(number, "rate", grade=grade)
    _, order = await door.call("GET", f"/orders/{number}", code=code)
    again = f"您不满意，这件事交到上一级，由{order['branch']['name']}负责重新办理"
    assert ("谢谢您的评价" in rated.text, again in rated.text) == (True, grade == "dissatisfied")
    assert (order["state"] == "closed") == (grade == "satisfied")


async def test_sent_twice_it_is_done_once(phone, door, phones):
    number, code = await held(phone, door, phones)
    for _ in range(2):
        page = await phone.send(f"/o/{number}", action="note", key="the-same", note__text="是三单元")
        assert page.status == 200
    _, history = await door.call("GET", f"/orders/{number}/events", code=code)
    assert [one["action"] for one in history["items"]].count("note") == 1


async def test_what_is_refused_says_why_and_keeps_what_was_typed(phone, door, phones):
    number, _ = await held(phone, door, phones, *WAYS[3])
    none = await phone.do(number, "rate", text="想了又想")
    assert none.status == 422
    assert 'id="e-rate-grade"' in none.html
    assert "想了又想" in none.html
    empty = await phone.do(number, "reopen", reason="")
    assert empty.status == 422
    assert '<details id="do-reopen" open>' in empty.html


async def test_a_result_that_has_changed_is_not_rated_unseen(phone, door, phones):
    number, code = await held(phone, door, phones, *WAYS[3])
    page = await phone.open(f"/o/{number}")
    await door.act({"id": number}, "note", code=code, text="又坏了")
    old = {name: page.hidden("rate", name) for name in ("version", "key")}
    given = {"rate__grade": "satisfied", "rate__text": "修得快"}
    late = await phone.send(f"/o/{number}", action="rate", **old, **given)
    assert late.status == 409
    assert "修得快" in late.html
    assert late.hidden("rate", "version") != old["version"]
    again = await phone.send(f"/o/{number}", action="rate", version=late.hidden("rate", "version"), **given)
    assert "评价：满意" in again.text


async def test_somebody_logged_in_acts_here_as_the_resident_all_the_same(phone, door, phones):
    number, code = await held(phone, door, phones)
    jar, here = door.client.session.cookie_jar, door.client.make_url("/")
    jar.update_cookies({"session": await door.token(phones[SECRETARY])}, here)
    page = await phone.open(f"/o/{number}")
    assert sorted(page.actions) == ["note", "urge", "withdraw"]
    await phone.do(number, "note", text="是三单元")
    _, history = await door.call("GET", f"/orders/{number}/events", code=code)
    assert history["items"][-1]["party"] == "resident"


@pytest.mark.parametrize("action", ["offer", "nonsense", ""])
async def test_what_is_no_residents_action_is_refused_in_words(phone, door, phones, action):
    number, _ = await held(phone, door, phones)
    page = await phone.send(f"/o/{number}", action=action)
    assert page.status in {403, 422}
    assert 'role="alert"' in page.html


async def test_without_the_code_nothing_is_done(phone, door, phones):
    number, code = await held(phone, door, phones)
    phone.forget_everything()
    page = await phone.send(f"/o/{number}", action="withdraw")
    assert "请输入查询码" in page.text
    _, order = await door.call("GET", f"/orders/{number}", code=code)
    assert order["state"] == "routed"


def test_every_action_of_the_forms_is_one_of_the_vocabulary():
    assert set(FIELDS) <= set(Action)
