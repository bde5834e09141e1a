"""The document is valid by an independent judge, complete, and its own examples obey it."""

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from dispatch.http import bodies
from dispatch.http.endpoints import Endpoint, Login
from dispatch.http.errors import STATUS
from dispatch.http.openapi import document
from dispatch.http.table import ENDPOINTS
from dispatch.settings import Settings
from dispatch.usecases.service import Service
from dispatch.web.app import create_app

EXAMPLES = json.loads(files("dispatch.web").joinpath("examples.json").read_text("utf-8"))


def operation(endpoint: Endpoint) -> dict[str, Any]:
    return document()["paths"][endpoint.path][endpoint.method.lower()]


def nodes(part: Any) -> Iterator[dict[str, Any]]:
    if isinstance(part, dict):
        yield part
        for value in part.values():
            yield from nodes(value)
    elif isinstance(part, list):
        for value in part:
            yield from nodes(value)


def fits(value: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator({**schema, "components": document()["components"]}).validate(value)


def test_an_independent_validator_finds_nothing_wrong():
    validate(document())


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: f"{row.method} {row.path}")
def test_every_row_is_documented_with_its_answer_its_refusals_and_its_login(endpoint: Endpoint):
    described = operation(endpoint)
    assert endpoint.zh in described["summary"]
    assert endpoint.en in described["summary"]
    assert str(endpoint.status) in described["responses"]
    for refusal in endpoint.refusals:
        assert refusal.code in described["responses"][str(int(STATUS[refusal]))]["description"].split(", ")
    assert ("requestBody" in described) is (endpoint.body is not None or endpoint.takes_picture)
    ways = described.get("security", [{}])
    assert ({"bearer": []} in ways) is (endpoint.login is not Login.NO)
    assert ({"queryCode": []} in ways) is endpoint.code_header


def test_nothing_is_documented_that_does_not_route():
    rows = {(row.path, row.method.lower()) for row in ENDPOINTS}
    assert {(path, method) for path, methods in document()["paths"].items() for method in methods} == rows


def test_every_reference_leads_to_a_schema_and_every_schema_is_referred_to():
    schemas = document()["components"]["schemas"]
    used = {node["$ref"].removeprefix("#/components/schemas/") for node in nodes(document()) if "$ref" in node}
    assert used == set(schemas)


def test_operation_ids_are_unique():
    names = [operation(endpoint)["operationId"] for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)


def test_a_query_parameter_is_never_null():
    for endpoint in ENDPOINTS:
        for given in operation(endpoint)["parameters"]:
            assert {"type": "null"} not in list(nodes(given["schema"])), given


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda row: f"{row.method} {row.path}")
def test_every_example_is_what_the_address_takes_and_gives(endpoint: Endpoint):
    described = operation(endpoint)
    example = EXAMPLES[described["operationId"]]
    assert set(example.get("path", ())) == {one["name"] for one in described["parameters"] if one["in"] == "path"}
    assert ("body" in example) is (endpoint.body is not None)
    if endpoint.body is not None:
        endpoint.body.validate_json(json.dumps(example["body"]))
        fits(example["body"], described["requestBody"]["content"]["application/json"]["schema"])
    assert ("answer" in example) is (endpoint.answer is not None)
    if endpoint.answer is not None:
        fits(example["answer"], described["responses"][str(endpoint.status)]["content"]["application/json"]["schema"])


def test_no_example_outlives_its_endpoint():
    assert set(EXAMPLES) == {operation(endpoint)["operationId"] for endpoint in ENDPOINTS}


def test_the_list_query_of_the_example_is_one_the_address_takes():
    asked = dict(pair.split("=") for pair in EXAMPLES["get_api_v1_orders"]["query"].split("&"))
    assert bodies.ListQuery.model_validate(asked).limit == 1
    asked = dict(pair.split("=") for pair in EXAMPLES["get_api_v1_grids_locate"]["query"].split("&"))
    assert bodies.LocateQuery.model_validate(asked).lon is not None


async def test_the_example_of_filing_an_order_files_one(county_url: str):
    service = await Service.open(Settings(), county_url)
    example = EXAMPLES["post_api_v1_orders"]
    try:
        async with (
            TestClient(TestServer(create_app(service))) as client,
            client.post("/api/v1/orders", json=example["body"], headers=example["headers"]) as answer,
        ):
            assert answer.status == 201
            filed = await answer.json()
    finally:
        await service.close()
    assert set(filed) == set(example["answer"])
    for field in ("state", "category_label", "grid", "branch", "contact", "urgency", "kind", "level", "actions"):
        assert filed[field] == example["answer"][field], field


async def test_the_document_is_served_once_and_then_known_by_its_tag(database_url: str):
    service = await Service.open(Settings(), database_url)
    try:
        async with TestClient(TestServer(create_app(service))) as client:
            async with client.get("/openapi.json") as first:
                assert first.status == 200
                assert first.content_type == "application/json"
                assert await first.json() == json.loads(json.dumps(document()))
                tag = first.headers["ETag"]
            async with client.get("/openapi.json", headers={"If-None-Match": tag}) as again:
                assert again.status == 304
                assert again.headers["ETag"] == tag
                assert await again.read() == b""
            async with client.get("/openapi.json", headers={"If-None-Match": '"another"'}) as other:
                assert other.status == 200
    finally:
        await service.close()
