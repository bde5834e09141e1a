"""What comes after a result and from above: follow-ups, appeals, urging, supervision."""

from datetime import datetime, timedelta


async def test_whoever_is_dissatisfied_is_asked_how_it_went_from_outside_the_branch(
    door, supervisor, fits, work
) -> None:
    order = await work.dissatisfied(door)
    again = await work.look(door, order, supervisor)
    assert (again["state"], again["reopened"], again["level"]) == ("routed", 1, 1)
    assert (again["follow_up"]["why"], again["follow_up"]["tries"]) == ("dissatisfied", 0)
    assert (await work.look(door, order))["follow_up"] is None
    for who in (work.SECRETARY, work.MEMBER):
        assert await work.listed(door, "/follow-ups", who, "FollowUpsWanted", fits) == []
        assert (await work.look(door, order, who))["contact"]["masked"]
    (item,) = await work.listed(door, "/follow-ups", supervisor, "FollowUpsWanted", fits)
    assert item["order"]["id"] == order["id"]
    assert item["order"]["contact"]["masked"], "a list is no look on record"
    assert (await work.look(door, order, supervisor))["contact"]["masked"], "nor is a look at the order a tap"
    assert (await door.reveal(order, supervisor))["contact"]["phone"] == "10003000001"
    shown = await work.look(door, order, supervisor)
    assert (shown["contact"]["phone"], shown["place"]) == ("10003000001", None)
    assert len((await work.look(door, order))["contact_views"]) == 1

    assert await work.refused(door, order, "follow_up", who=supervisor, reached=True) == (422, "invalid")
    assert await work.refused(door, order, "follow_up", who=supervisor, reached=False, solved=True) == (422, "invalid")
    assert await work.refused(door, order, "follow_up", who=work.SECRETARY, reached=False) == (403, "not_yours")
    tried = await door.act(order, "follow_up", who=supervisor, reached=False)
    assert tried["follow_up"]["tries"] == 1
    asked = await door.act(
        order, "follow_up", who=supervisor, reached=True, solved=False, satisfied=False, text="水还在流"
    )
    assert (asked["follow_up"], asked["contact"]["masked"]) == (None, True)
    assert (await work.look(door, order, supervisor))["contact"]["masked"], "it is over"
    assert await work.listed(door, "/follow-ups", supervisor, "FollowUpsWanted", fits) == []
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert "水还在流" not in str(told)


async def test_a_poor_result_is_sent_back_by_the_superior(door, town, work) -> None:
    order = await work.accepted(door)
    await door.act(order, "resolve", who=work.MEMBER, answer="已办好")
    assert await work.refused(door, order, "review", who=town) == (422, "invalid")
    assert await work.refused(door, order, "review", who=work.SECRETARY, reason="没办好") == (403, "not_yours")
    back = await door.act(order, "review", who=town, reason="没有到场")
    assert (back["state"], back["branch"]["id"], back["reopened"]) == ("routed", work.HERE, 0)


async def test_two_reviewers_that_agree_uphold_an_appeal_and_the_grade_stays(door, phones, fits, work) -> None:
    order = await work.dissatisfied(door)
    appeal = {"subject": "rating", "reason": "当天已办好，有照片"}
    assert await work.refused(door, order, "appeal", who=work.SECRETARY, subject="mood", reason="x") == (422, "invalid")
    assert await work.refused(door, order, "appeal", who=work.MEMBER, **appeal) == (403, "not_yours"), (
        "it is no longer theirs"
    )
    pending = (await door.act(order, "appeal", who=work.SECRETARY, **appeal))["pending"]
    assert (pending["matter"], pending["subject"], pending["decider"]["id"]) == ("appeal", "rating", "B141123")
    assert (await work.look(door, order))["pending"]["subject"] is None
    for who in (work.SECRETARY, phones["secretary of Weifen town"]):
        assert await work.decisions(door, who, fits) == []
        judged = await work.refused(door, order, "judge", who=who, upholds=True, reason="属实")
        assert judged == (403, "not_yours")
    for first, who in ((True, work.COUNTY), (False, work.COUNTY_SECRETARY)):
        assert await work.decisions(door, who, fits) == [order["id"]]
        seen = await door.act(order, "judge", who=who, upholds=True, reason="属实")
        assert (seen["pending"] is not None) == first
        if first:
            assert await work.decisions(door, who, fits) == [], "nobody judges twice"
            again = await work.refused(door, order, "judge", who=who, upholds=True, reason="属实")
            assert again == (403, "not_yours")
    assert seen["excluded"] == ["rating"]
    assert await work.refused(door, order, "appeal", who=work.SECRETARY, **appeal) == (409, "nothing_to_appeal")
    _, told = await door.call("GET", f"/orders/{order['id']}/events", code=order["query_code"])
    assert [one["data"]["grade"] for one in told["items"] if one["action"] == "rate"] == ["dissatisfied"]
    assert "有照片" not in str(told)


async def test_the_resident_urges_once_a_day(door, work) -> None:
    order = await door.file()
    urged = await door.act(order, "urge", code=order["query_code"], text="水越来越大")
    assert datetime.fromisoformat(urged["urged_at"]) == door.service.now()
    assert "urge" not in urged["actions"]
    door.wait(hours=3)
    assert await work.refused(door, order, "urge") == (409, "urged_today")
    assert await work.refused(door, order, "urge", who=work.SECRETARY) == (403, "not_yours")
    await work.later(door, hours=21)
    await door.act(order, "urge", code=order["query_code"])


async def test_a_supervisor_sets_a_day(door, supervisor, work) -> None:
    order = await work.accepted(door)
    for day in ("2026-11-23", "2030-01-01", "yesterday", "2026-02-30"):
        given = await work.refused(door, order, "supervise", who=supervisor, text="请抓紧", on=day)
        assert given == (422, "invalid"), day
    seen = await door.act(order, "supervise", who=supervisor, text="请抓紧", on="2026-11-26")
    assert datetime.fromisoformat(seen["supervise_by"]) > door.service.now() + timedelta(days=2)
    await work.later(door, days=4)
    assert (await work.look(door, order, supervisor))["supervise_by"] is None


async def test_what_only_the_system_does_is_refused_to_everybody(door, town, work) -> None:
    order = await work.accepted(door)
    for action in ("pass_up", "transfer"):
        for who in (work.SECRETARY, work.MEMBER, town, work.COUNTY):
            assert (await work.refused(door, order, action, who=who))[0] in (403, 409)
