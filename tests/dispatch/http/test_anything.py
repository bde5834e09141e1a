"""Any JSON at all, posted to any address: it is done or refused, and never fails."""

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dispatch.http.openapi import document

SECRETARY = "10001000054"
JSON = {"Content-Type": "application/json"}

_DOCUMENT = document()
_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(10**40), 10**40),
    st.floats(),
    st.text(max_size=40),
    st.sampled_from(
        ["0901", "141123100016", "10003000001", "M0070", "offer", "note", "\0", "𠮷", "\ud800", "\u202e", "a" * 3000]
    ),
)
_ANYTHING = st.recursive(
    _SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=8,
)


PROJECT = {
    "name": "楼道清零",
    "goal": "楼道无杂物",
    "branch": "B141123100016",
    "category": "0101",
    "leader": "S035",
    "members": ["M0070"],
}


def _shaped(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    """Values shaped like a published schema, here and there with something else in their place."""
    if "$ref" in schema:
        return st.deferred(lambda: _shaped(_DOCUMENT["components"]["schemas"][schema["$ref"].rsplit("/", 1)[-1]]))
    choices = schema.get("anyOf") or schema.get("oneOf")
    if choices:
        return st.one_of(*map(_shaped, choices))
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if schema.get("type") == "object":
        needed = set(schema.get("required", ()))
        fields = {name: _mostly(_shaped(part)) for name, part in schema.get("properties", {}).items()}
        return st.fixed_dictionaries(
            {name: fields[name] for name in needed}, optional={name: fields[name] for name in fields.keys() - needed}
        )
    known = ["0901", "0201", "141123100016", "141123", "10003000001", "M0070", "H0001", "有事相求", "2"]
    plain = {
        "string": st.sampled_from(known) | st.text(max_size=30),
        "integer": st.integers(-3, 200),
        "number": st.floats(),
    }
    return plain.get(schema.get("type", ""), _SCALARS)


def _mostly(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(strategy, strategy, strategy, strategy, _ANYTHING)


def _values(path: str, method: str = "post") -> st.SearchStrategy[Any]:
    taken = _DOCUMENT["paths"][f"/api/v1{path}"][method]["requestBody"]["content"]["application/json"]["schema"]
    return st.one_of(_ANYTHING, *[_shaped(taken)] * 5)


def _tries(count: int) -> Any:
    allowed = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
    return settings(max_examples=count, suppress_health_check=allowed, deadline=None)


@pytest.fixture
async def post(door, fits):
    """Post anything: it is done, and the answer fits what is published, or it is refused, and never fails."""
    order = await door.file()
    await door.call("POST", "/projects", who=SECRETARY, json=PROJECT)
    token = await door.token(SECRETARY)
    headers = {**JSON, "Authorization": f"Bearer {token}", "X-Query-Code": order["query_code"]}

    async def posted(path: str, value: Any, schema: str, method: str = "POST", who: str | None = None) -> None:
        ident = "1" if path.startswith("/projects/") else order["id"]
        code = "M0071" if path.startswith("/people/") else "141123100016"
        url = f"/api/v1{path}".replace("{id}", ident).replace("{code}", code).replace("{number}", "1279")
        known = headers if who is None else {**headers, "Authorization": f"Bearer {await door.token(who)}"}
        heard = await door.send(method, url, data=json.dumps(value).encode(), headers=known)
        if heard.status < 300:
            fits(heard.json, schema)
        else:
            assert 400 <= heard.refusal()[0] < 500

    return posted


ADMINISTRATOR, SUPERVISOR, MEMBER = "10001000001", "10001000002", "10001001278"
RULES = (
    ("put", "/me/settings", "SettingsAnswer", MEMBER),
    ("post", "/me/leaves", "LeaveTakenAnswer", MEMBER),
    ("put", "/policy", "PolicyAnswer", ADMINISTRATOR),
    ("put", "/calendar/days", "CalendarChanged", ADMINISTRATOR),
    ("post", "/calendar/import", "CalendarChanged", ADMINISTRATOR),
    ("post", "/drafts", "DraftAnswer", MEMBER),
    ("post", "/emergencies", "EmergencyAnswer", SUPERVISOR),
    ("post", "/grids/{code}/assign-batch", "BatchAnswer", SUPERVISOR),
    ("post", "/projects", "ProjectAnswer", SECRETARY),
    ("patch", "/projects/{id}", "ProjectAnswer", SECRETARY),
    ("post", "/projects/{id}/steps", "ProjectAnswer", SECRETARY),
    ("post", "/projects/{id}/steps/import", "ProjectImported", SECRETARY),
    ("post", "/projects/{id}/close", "ProjectAnswer", SECRETARY),
    ("post", "/pledges", "OrderAnswer", MEMBER),
    ("post", "/similar", "SimilarOrders", MEMBER),
    ("post", "/orders/batch", "ManyDone", SECRETARY),
    ("post", "/orders/{id}/contact-views", "RevealedAnswer", MEMBER),
    ("post", "/merges", "MergedAnswer", SECRETARY),
    ("post", "/tree/preview", "TreePreview", ADMINISTRATOR),
    ("post", "/tree/changes", "TreeVersion", ADMINISTRATOR),
    ("post", "/county/imports", "ImportReport", ADMINISTRATOR),
    ("post", "/policy/preview", "PolicyPreview", ADMINISTRATOR),
    ("post", "/policy/whatif", "PolicyTried", ADMINISTRATOR),
    ("post", "/calendar/preview", "CalendarPreview", ADMINISTRATOR),
    ("post", "/calendar/import/preview", "CalendarPreview", ADMINISTRATOR),
    ("post", "/people/search", "People", ADMINISTRATOR),
    ("post", "/people/{code}/roles", "PersonAnswer", ADMINISTRATOR),
    ("post", "/people/{code}/roles/{number}/end", "PersonAnswer", ADMINISTRATOR),
    ("put", "/people/{code}/password", "PersonAnswer", ADMINISTRATOR),
    ("put", "/people/{code}/active", "ActiveAnswer", ADMINISTRATOR),
)
"""What members say of themselves, and what those in charge say of the county's rules."""


def test_every_address_that_takes_a_body_is_tried_below() -> None:
    taking = {
        (method, path.removeprefix("/api/v1"))
        for path, methods in _DOCUMENT["paths"].items()
        for method, operation in methods.items()
        if "application/json" in operation.get("requestBody", {}).get("content", ())
    }
    orders = {("post", "/sessions"), ("post", "/orders"), ("post", "/orders/{id}/actions")}
    # the last takes a moment alone, and is tried where emergencies are
    assert taking == orders | {rule[:2] for rule in RULES} | {("post", "/emergencies/{id}/extend")}


@_tries(120)
@given(data=st.data())
async def test_whatever_is_said_of_the_rules_never_fails(post, data: st.DataObject) -> None:
    method, path, schema, who = data.draw(st.sampled_from(RULES))
    await post(path, data.draw(_values(path, method)), schema, method.upper(), who)


@_tries(30)
@given(value=_values("/sessions"))
async def test_whatever_is_posted_to_log_in_never_fails(post, value: Any) -> None:
    await post("/sessions", value, "SessionAnswer")


@_tries(150)
@given(value=_values("/orders"))
async def test_whatever_is_filed_never_fails(post, value: Any) -> None:
    await post("/orders", value, "FiledAnswer")


@_tries(150)
@given(value=_values("/orders/{id}/actions"))
async def test_whatever_is_done_to_an_order_never_fails(post, value: Any) -> None:
    await post("/orders/{id}/actions", value, "OrderAnswer")
