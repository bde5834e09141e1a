"""The policy as a form and as text say the same; nothing is saved before its effect was shown, nor over another's."""

import re

import pytest

from dispatch.web.county import policy_forms

ADMINISTRATOR = "10001000001"


def _fields(html: str) -> dict[str, str]:
    """The fields of the form as a browser would send them."""
    found = dict(re.findall(r'<input id="[^"]*" name="([^"]*)"[^>]* value="([^"]*)"', html))
    found |= dict(re.findall(r'<textarea id="[^"]*" name="([^"]*)"[^>]*>([^<]*)</textarea>', html))
    return {name: value for name, value in found.items() if name.count(".")}


async def test_the_form_as_it_stands_changes_nothing(desk) -> None:
    shown = await desk.open("/county/policy/edit")
    fields = {name.replace(".", "__"): value for name, value in _fields(shown.html).items()}
    preview = await desk.send("/county/policy/edit", do="preview", version="0", **fields)
    assert "与现行规则一致，没有改动" in preview.text


async def test_a_change_is_shown_with_its_effect_and_then_saved(desk, door) -> None:
    await door.file()
    shown = await desk.open("/county/policy/edit")
    fields = {name.replace(".", "__"): value for name, value in _fields(shown.html).items()}
    fields |= {"normal__clocks__general__resolve": "9d", "normal__new__urgency": "general"}
    fields |= {"normal__new__category": "0901", "normal__clocks__new__accept": "4wh"}
    preview = await desk.send("/county/policy/edit", do="preview", version="0", **fields)
    assert "9 天" in preview.text
    assert "核算了 1 个在办工单" in preview.text
    assert (await door.call("GET", "/policy", who=ADMINISTRATOR))[1]["document"] == {}
    text = preview.field("toml")
    saved = await desk.send("/county/policy/edit", do="save", version="0", toml=text)
    assert saved.address == "/county/policy?saved=1"
    _, policy = await door.call("GET", "/policy", who=ADMINISTRATOR)
    assert policy["document"] == {"clocks": {"general": {"0901": {"accept": "4wh"}, "resolve": "9d"}}}
    again = await desk.open("/county/policy/edit")
    fields = {name.replace(".", "__"): value for name, value in _fields(again.html).items()}
    same = await desk.send("/county/policy/edit", do="preview", version="1", **fields)
    assert "与现行规则一致，没有改动" in same.text, "a category's rule stays as it is, and nothing is pinned"


async def test_history_is_played_under_the_changed_rules(desk, door) -> None:
    text = '[clocks.general]\nresolve = "9d"\n'
    nothing = await desk.send("/county/policy/edit", do="whatif", version="0", toml=text)
    assert "这段时间没有工单" in nothing.text
    await door.file()
    door.wait(minutes=5)
    played = await desk.send("/county/policy/edit", do="whatif", version="0", toml=text)
    assert "改后规则重演" in played.text
    assert played.field("toml") == text.strip()


async def test_faults_of_a_text_are_told_by_line_and_the_text_is_kept(desk) -> None:
    text = '[clocks.general]\naccept = "2"\n\n[ladder.urgent]\nrungs = ["direct 1 xx"]'
    shown = await desk.send("/county/policy/edit", do="preview", version="0", toml=text)
    assert shown.status == 422
    assert re.search(r"2 </td>|>2</td>", shown.html)
    assert ">5</td>" in shown.html
    assert shown.field("toml") == text
    broken = await desk.send("/county/policy/edit", do="preview", version="0", toml="a = 1\nb = [")
    assert broken.status == 422
    assert "不是有效的 TOML" in broken.text


async def test_faults_of_the_form_stand_beside_their_fields(desk) -> None:
    fields = {
        "normal__clocks__general__accept": "soon",
        "weights__near": "far",
        "emergency__ladder__urgent__rungs": "x",
    }
    shown = await desk.send("/county/policy/edit", do="preview", version="0", **fields)
    assert shown.status == 422
    for name in ("normal-clocks-general-accept", "weights-near", "emergency-ladder-urgent-rungs"):
        assert f'id="e-{name}"' in shown.html
    assert shown.field("normal.clocks.general.accept") == "soon"


async def test_what_somebody_else_changed_meanwhile_is_not_lost(desk, door) -> None:
    other = {"weights": {"near": 7}, "version": 0}
    assert (await door.call("PUT", "/policy", who=ADMINISTRATOR, json=other))[0] == 200
    text = '[clocks.general]\nresolve = "9d"\n'
    shown = await desk.send("/county/policy/edit", do="save", version="0", toml=text)
    assert shown.status == 409
    assert shown.field("version") == "1"
    assert "选人分值" in shown.text, "what the other changed stands among what would be undone"
    assert (await door.call("GET", "/policy", who=ADMINISTRATOR))[1]["document"] == {"weights": {"near": 7}}


TEXT = """[clocks.general]
accept = "8h"

[clocks.general."03"]
accept = "4wh"
[ladder.urgent]
rungs = []
"""


@pytest.mark.parametrize(
    ("field", "line"),
    [
        ("clocks.general.accept", 2),
        ("clocks.general.resolve", 1),
        ("clocks.general.03.accept", 5),
        ("ladder.urgent.rungs.2", 7),
        ("weights", None),
    ],
)
def test_a_fault_is_found_in_its_line(field: str, line: int | None) -> None:
    assert policy_forms.line_of(TEXT, field, "") == line


def test_where_the_text_stops_being_toml_the_parser_names_the_line() -> None:
    assert policy_forms.line_of("a = ", "TOML", "不是有效的 TOML（Invalid value (at line 3, column 5)）") == 3


HUGE = "9" * 20


@pytest.mark.parametrize(
    "text",
    [
        f"[weights]\nnear = {HUGE}",
        f"x = -{HUGE}",
        f"x = {'9' * 5000}",
        f"x = [1, {HUGE}]",
        "x = inf",
        "x = 2026-01-01T00:00:00Z",
        f"{'a.' * 2000}b = 1",
        f"x = {'{a=' * 90}1{'}' * 90}",
    ],
)
async def test_a_text_that_no_policy_can_hold_is_refused_and_kept(desk, text: str) -> None:
    for do in ("preview", "whatif", "save"):
        shown = await desk.send("/county/policy/edit", do=do, version="0", toml=text)
        assert shown.status == 422
        assert shown.field("toml") == text


async def test_a_number_that_is_too_large_is_told_by_its_line(desk) -> None:
    shown = await desk.send("/county/policy/edit", do="preview", version="0", toml=f"[weights]\nnear = {HUGE}")
    assert re.search(r">2</td>", shown.html)


@pytest.mark.parametrize(
    "fields",
    [
        {"normal.clocks.general": "1h", "normal.clocks.general.accept": "2h"},
        {"normal.clocks.general.accept": "2h", "normal.clocks.general": "1h"},
        {"normal.clocks.general.accept.more": "2h", "normal.clocks.general.accept": "1h"},
        {"normal.ladder.urgent.rungs": "direct 1 1h", "normal.ladder.urgent.rungs.a": "x"},
        {"emergency.clocks.": "1h", "emergency.clocks..": "1h"},
        {"weights.near": "\u2212" + "5" * 12},
        {"weights.": "1", "weights.near.x": "2"},
        {"normal.clocks." + "a." * 3000: "1h"},
    ],
)
async def test_a_form_made_by_hand_is_refused(desk, fields: dict[str, str]) -> None:
    shown = await desk.send("/county/policy/edit", do="preview", version="0", **fields)
    assert shown.status == 422


async def test_a_weight_may_be_typed_with_the_minus_of_print(desk) -> None:
    shown = await desk.send("/county/policy/edit", do="preview", version="0", **{"weights.near": "\u22125"})
    assert shown.status in (200, 422)
    assert policy_forms.tables_of({"weights.near": "\u22125"}) == {"weights": {"near": -5}}
