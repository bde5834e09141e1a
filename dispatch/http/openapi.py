"""OpenAPI 3.1, derived from the endpoint rows; nothing is described by hand."""

from collections import defaultdict
from functools import cache
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from dispatch import __version__
from dispatch.domain.errors import Invalid, Refusal, Unavailable
from dispatch.http import answers, uploads
from dispatch.http.act_bodies import ACT
from dispatch.http.endpoints import PICTURE, Endpoint, Login
from dispatch.http.errors import STATUS
from dispatch.http.orders import KEY_MOST
from dispatch.http.table import ENDPOINTS

_REF = "#/components/schemas/{model}"
_TEXT = {"type": "string"}
_PICTURE = {"type": "string", "format": "binary"}


@cache
def document() -> dict[str, Any]:
    """Return the OpenAPI document."""
    schemas = _schemas()
    paths: dict[str, dict[str, Any]] = defaultdict(dict)
    for endpoint in ENDPOINTS:
        paths[endpoint.path][endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "grid-dispatch 群众点单 · 党组织派单 · 党员接单",
            "version": __version__,
            "description": "错误一律为 RFC 9457 problem+json,`code` 稳定不变;"
            "`Accept-Language: en` 或 `?lang=en` 切换英文。\n\n"
            "Errors are RFC 9457 problem+json with a stable `code`; English by `Accept-Language: en` or `?lang=en`.",
        },
        "paths": dict(paths),
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "bearer": {"type": "http", "scheme": "bearer"},
                "queryCode": {"type": "apiKey", "in": "header", "name": "X-Query-Code"},
            },
        },
    }


def _schemas() -> dict[str, Any]:
    told: list[type[BaseModel]] = [answers.Problem, *(row.answer for row in ENDPOINTS if row.answer is not None)]
    models: list[tuple[type[BaseModel], Any]] = [(model, "serialization") for model in told]
    _, schema = models_json_schema(models, ref_template=_REF, by_alias=True)
    found: dict[str, Any] = dict(schema["$defs"])
    for endpoint in ENDPOINTS:
        if endpoint.body is not None:
            body = endpoint.body.json_schema(ref_template=_REF)
            for name, schema in (*body.pop("$defs", {}).items(), (_body_name(endpoint), body)):
                if found.setdefault(name, schema) != schema:
                    raise RuntimeError(f"two schemas are called {name}")
    return dict(sorted(found.items()))


def _body_name(endpoint: Endpoint) -> str:
    if endpoint.body is None or endpoint.body is ACT:
        return "Act"
    return str(endpoint.body.json_schema()["title"])


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    described: dict[str, Any] = {
        "summary": f"{endpoint.zh} / {endpoint.en}",
        "operationId": f"{endpoint.method.lower()}_{endpoint.path.strip('/').replace('/', '_').translate(_BRACES)}",
        "parameters": _parameters(endpoint),
        "responses": _responses(endpoint),
    }
    if endpoint.body is not None:
        reference = {"$ref": f"#/components/schemas/{_body_name(endpoint)}"}
        described["requestBody"] = {"required": True, "content": {"application/json": {"schema": reference}}}
    if endpoint.takes_picture:
        form = {"type": "object", "properties": {"photo": _PICTURE}, "required": ["photo"]}
        kinds = {kind: {"schema": _PICTURE} for kind in sorted(uploads.KINDS)}
        described["requestBody"] = {"required": True, "content": {**kinds, uploads.FORM: {"schema": form}}}
    ways: list[dict[str, list[str]]] = []
    if endpoint.login is not Login.NO:
        ways.append({"bearer": []})
    if endpoint.code_header:
        ways.append({"queryCode": []})
    if endpoint.login is Login.OPTIONAL and not endpoint.code_header:
        ways.append({})
    if ways:
        described["security"] = ways
    return described


_BRACES = str.maketrans("", "", "{}")


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": part[1:-1], "in": "path", "required": True, "schema": _TEXT}
        for part in endpoint.path.split("/")
        if part.startswith("{")
    ]
    for name, schema in endpoint.query.model_json_schema().get("properties", {}).items():
        found.append({"name": name, "in": "query", "required": False, "schema": _given(schema)})
    if endpoint.key_header:
        key = {"type": "string", "minLength": 1, "maxLength": KEY_MOST}
        found.append({"name": "Idempotency-Key", "in": "header", "required": False, "schema": key})
    return found


def _given(schema: dict[str, Any]) -> dict[str, Any]:
    """Return the schema of a query parameter where it is given: an address can't say null."""
    kinds = [kind for kind in schema.get("anyOf", ()) if kind != {"type": "null"}]
    if len(kinds) != 1:
        return {key: value for key, value in schema.items() if key != "title"}
    return dict(kinds[0])


def _responses(endpoint: Endpoint) -> dict[str, Any]:
    good: dict[str, Any] = {"description": endpoint.en}
    if endpoint.answer is not None:
        reference = {"$ref": f"#/components/schemas/{endpoint.answer.__name__}"}
        good["content"] = {"application/json": {"schema": reference}}
    if endpoint.gives_picture:
        good["content"] = {PICTURE: {"schema": _PICTURE}}
    responses: dict[str, Any] = {str(endpoint.status): good}
    codes: dict[int, list[str]] = defaultdict(list)
    refusals: tuple[type[Refusal], ...] = (*endpoint.refusals, Invalid, Unavailable)
    for refusal in dict.fromkeys(refusals):
        codes[STATUS[refusal]].append(refusal.code)
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    for status, names in sorted(codes.items()):
        responses[str(int(status))] = {"description": ", ".join(names), "content": content}
    return responses
