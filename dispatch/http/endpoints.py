"""Endpoint rows: what routes, what decodes and what documents an address is one and the same row."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any

import orjson
from aiohttp import web
from pydantic import BaseModel, TypeAdapter, ValidationError

from dispatch.domain import errors
from dispatch.domain.errors import Refusal, fault
from dispatch.domain.order import Actor
from dispatch.http.bodies import ACT, NoQuery
from dispatch.storage.people import Bearer
from dispatch.usecases.service import Service

SERVICE: web.AppKey[Service] = web.AppKey("service", Service)


class Login(Enum):
    """Whether an address wants a bearer token."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@dataclass(frozen=True, slots=True)
class Call:
    """One decoded request."""

    service: Service
    now: datetime
    actor: Actor
    bearer: Bearer | None
    path: Mapping[str, str]
    body: Any
    raw: bytes
    query: Any
    lang: str
    query_code: str | None
    idempotency_key: str | None
    token: str | None
    address: str


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes back: a status, JSON (or None for no content), and further headers."""

    status: int
    json: Any
    headers: Mapping[str, str] | None = None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row: method and path, what does it, what it takes and gives, and how it may refuse."""

    method: str
    path: str
    handle: Callable[[Call], Awaitable[Reply]]
    zh: str
    en: str
    answer: type[BaseModel] | None
    status: int = 200
    body: TypeAdapter[Any] | None = None
    query: type[BaseModel] = NoQuery
    login: Login = Login.OPTIONAL
    code_header: bool = False
    key_header: bool = False
    refusals: tuple[type[Refusal], ...] = ()


def invalid(error: ValidationError, *, tagged: bool = False) -> errors.Invalid:
    """Return every fault of a body or query, each with its field and a sentence in both languages.

    ``tagged``: the faults lie in a member of a union, whose tag is no field of the body.
    """
    found = []
    for item in error.errors(include_url=False, include_input=False):
        where = ".".join(str(part) for part in item["loc"][tagged:]) or "body"
        zh = _ZH.get(item["type"], "格式不对") + _limits(item.get("ctx"))
        message = item["msg"]
        if " / " in message:  # our own validators speak both languages
            zh, message = message.split(" / ", 1)
        found.append(fault(where, zh, message))
    return errors.Invalid(*found)


_ZH = {
    "missing": "必填",
    "extra_forbidden": "没有这个字段",
    "string_type": "应为文字",
    "string_too_long": "太长",
    "string_too_short": "太短",
    "string_pattern_mismatch": "格式不对",
    "int_type": "应为整数",
    "int_parsing": "应为整数",
    "float_type": "应为数字",
    "float_parsing": "应为数字",
    "finite_number": "应为有限的数字",
    "bool_type": "应为 true 或 false",
    "enum": "不在可选范围内",
    "literal_error": "不在可选范围内",
    "greater_than_equal": "太小",
    "less_than_equal": "太大",
    "model_type": "应为一个 JSON 对象",
    "model_attributes_type": "应为一个 JSON 对象",
    "dict_type": "应为一个 JSON 对象",
    "union_tag_invalid": "没有这个动作",
    "union_tag_not_found": "请写明动作 action",
}


def _limits(context: Mapping[str, Any] | None) -> str:
    named = ("max_length", "min_length", "ge", "le", "expected")
    shown = [str(context[name]) for name in named if name in context] if context else []
    return f"({'、'.join(shown)})" if shown else ""


def decoded(adapter: TypeAdapter[Any], raw: bytes) -> Any:
    """Return the body that ``raw`` holds.

    Raises:
        BrokenBody: it is no JSON, or no UTF-8.
        Invalid: it is JSON, but not what the address takes.
    """
    try:
        return adapter.validate_json(raw)
    except ValidationError as error:
        if any(item["type"] == "json_invalid" for item in error.errors(include_url=False, include_input=False)):
            raise errors.BrokenBody(zh_detail="不是有效的 UTF-8 JSON", en_detail="it is no valid UTF-8 JSON") from error
        raise invalid(error, tagged=adapter is ACT) from error


def respond(reply: Reply) -> web.Response:
    """Return the response for a reply."""
    if reply.json is None:
        return web.Response(status=reply.status, headers=reply.headers)
    return web.Response(
        status=reply.status, body=orjson.dumps(reply.json), content_type="application/json", headers=reply.headers
    )
