"""我的: settings and leaves are what the service says they are."""

import pytest

WEEK = {
    "hours": "own",
    "service_hours__working_days__0__from": "18:30",
    "service_hours__working_days__0__to": "21:00",
    "service_hours__days_off__0__from": "09:00",
    "service_hours__days_off__0__to": "11:00",
    "service_hours__days_off__1__from": "15:00",
    "service_hours__days_off__1__to": "17:00",
    "quiet_hours__from": "21:30",
    "quiet_hours__to": "07:00",
}


async def test_what_is_set_holds_and_is_shown_again(member):
    page = await member.tap(await member.open("/member/me"), "/member/me", capacity="4", skills="0901", **WEEK)
    assert page.address == "/member/me?done=saved"
    told = await member.call("GET", "/me/settings")
    assert (told["capacity"], told["skills"]) == (4, ["0901"])
    assert told["quiet_hours"] == {"from": "21:30", "to": "07:00"}
    assert told["service_hours"] == {
        "working_days": [{"from": "18:30", "to": "21:00"}],
        "days_off": [{"from": "09:00", "to": "11:00"}, {"from": "15:00", "to": "17:00"}],
    }
    form = page.forms["/member/me"]
    assert all(form[name.replace("__", ".")] == value for name, value in WEEK.items())


async def test_ones_own_word_is_taken_back(member):
    page = await member.tap(await member.open("/member/me"), "/member/me", **WEEK)
    back = {name: "" for name in WEEK if name.startswith(("hours", "quiet"))}
    await member.tap(page, "/member/me", **back)
    told = await member.call("GET", "/me/settings")
    assert (told["service_hours"], told["quiet_hours"]) == (None, None)


async def test_hours_that_are_left_empty_are_never(member):
    await member.tap(await member.open("/member/me"), "/member/me", hours="own")
    assert (await member.call("GET", "/me/settings"))["service_hours"] == {"working_days": [], "days_off": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"capacity": "21"},
        {"capacity": "many"},
        {"capacity": ""},
        {"skills": "4711"},
        {"quiet_hours__from": "21:00", "quiet_hours__to": "21:00"},
        {
            "hours": "own",
            "service_hours__working_days__0__from": "18:30",
            "service_hours__working_days__0__to": "09:00",
        },
    ],
)
async def test_what_is_wrong_is_named_and_kept(member, wrong):
    before = await member.call("GET", "/me/settings")
    page = await member.tap(await member.open("/member/me"), "/member/me", **wrong)
    assert page.status == 422
    assert 'role="alert"' in page.html
    form = page.forms["/member/me"]
    assert all(form.get(name.replace("__", ".")) == value for name, value in wrong.items() if name != "skills")
    assert await member.call("GET", "/me/settings") == before


async def test_a_leave_is_taken_and_given_up(member, offered):
    await offered()
    page = await member.open("/member/me")
    today = (await member.call("GET", "/me"))["expires_at"][:10]
    page = await member.tap(page, "/member/me/leaves", **{"from": today, "to": today})
    assert page.address.startswith("/member/me?done=leave&returned=1")
    assert "已转请他人的待接单 1 单" in page.text
    (leave,) = (await member.call("GET", "/me/leaves"))["items"]
    page = await member.tap(page, f"/member/me/leaves/{leave['id']}/end")
    assert page.address == "/member/me?done=leave_ended"
    assert (await member.call("GET", "/me/leaves"))["items"] == []


async def test_a_leave_that_can_not_be_is_refused_with_its_dates_kept(member):
    wrong = {"from": "2026-12-03", "to": "2026-12-01"}
    page = await member.tap(await member.open("/member/me"), "/member/me/leaves", **wrong)
    assert page.status == 422
    assert page.forms["/member/me/leaves"] == wrong
    assert (await member.send("/member/me/leaves/999999/end", {})).status == 404


async def test_who_does_not_serve_sets_no_service(at_work):
    page = await at_work("county supervisor").open("/member/me")
    assert page.status == 200
    assert "/member/me" not in page.forms
