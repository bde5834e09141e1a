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
from dispatch.domain.values import value
from dispatch.domain.world import World
from dispatch.http.act_bodies import ACT
from dispatch.http.bodies import SHAPES, NoQuery
from dispatch.storage.people import Bearer
from dispatch.usecases.service import Service

API = "/api/v1"
"""Where the addresses of this version begin."""

WRITING = (errors.BrokenBody, errors.WrongContentType, errors.TooLarge, errors.BodyTooSlow, errors.Invalid)
"""How whatever takes a body may refuse it."""

PICTURE = "image/jpeg"
"""What every photo is once it was drawn anew."""

SERVICE: web.AppKey[Service] = web.AppKey("service", Service)


class Login(Enum):
    """Whether an address wants a bearer token."""

    NO = "no"
    OPTIONAL = "optional"
    REQUIRED = "required"


@value(frozen=True)
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
    """What goes back: a status, JSON (or None for no content), and further headers; or a picture, as JPEG."""

    status: int
    json: Any
    headers: Mapping[str, str] | None = None
    picture: bytes | None = None


@dataclass(frozen=True, slots=True)
class Large:
    """A body of megabytes: how many bytes at most, and what refuses whoever may not send one before it is read."""

    most: int
    admit: Callable[[Actor, World], None]


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One row: method and path, what does it, what it takes and gives, and how it may refuse.

    Attributes:
        takes_picture: the body is a picture, as it is or as the only file of a form; ``raw`` of the call holds it.
        gives_picture: the answer is a JPEG.
        large: its body may be larger than those of others.
    """

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
    takes_picture: bool = False
    gives_picture: bool = False
    large: Large | None = None


def garbled() -> errors.BrokenBody:
    """Return the refusal of a body that is not in the encoding, or of the length, that its headers say."""
    return errors.BrokenBody(
        zh_detail="与所写的编码或长度不符", en_detail="it is not in the encoding or of the length it says"
    )


def invalid(error: ValidationError, *, tagged: bool = False) -> errors.Invalid:
    """Return every fault of a body or query, each with its field and a sentence in both languages.

    ``tagged``: the faults lie in a member of a union, whose tag is no field of the body.
    """
    found = []
    for item in error.errors(include_url=False, include_input=False):
        context = item.get("ctx") or {}
        where = [str(part) for part in item["loc"][tagged:]]
        if "field" in context:  # found over the whole body, but about one field of it
            where.append(str(context["field"]))
        zh, en = _words(item["type"], item["msg"], context)
        found.append(fault(".".join(where) or "body", zh, en))
    return errors.Invalid(*found)


def _words(kind: str, message: str, context: Mapping[str, Any]) -> tuple[str, str]:
    """Return what is wrong in Chinese and English; validators of ours speak both."""
    if " / " in message:
        zh, en = message.split(" / ", 1)
        return zh, en
    if kind == "string_pattern_mismatch":
        return SHAPES.get(str(context.get("pattern")), ("格式不对", "this has not the right form"))
    zh, en = _WORDS.get(kind, ("格式不对", "this has not the right form"))
    limit = next((str(context[name]).replace("'", "") for name in _LIMITS if name in context), "")
    if kind == "string_too_short" and limit == "1":
        return "请填写", "please fill this in"
    return zh.format(limit=limit), en.format(limit=limit)


_LIMITS = ("max_length", "min_length", "ge", "le", "expected", "expected_tags")

_WORDS = {
    "missing": ("必填", "this is needed"),
    "extra_forbidden": ("没有这个字段", "there is no such field"),
    "string_type": ("应为文字", "must be text"),
    "string_too_long": ("太长，最多 {limit} 个字符", "too long: at most {limit} characters"),
    "string_too_short": ("太短，至少 {limit} 个字符", "too short: at least {limit} characters"),
    "int_type": ("应为整数", "must be a whole number"),
    "int_parsing": ("应为整数", "must be a whole number"),
    "float_type": ("应为数字", "must be a number"),
    "float_parsing": ("应为数字", "must be a number"),
    "finite_number": ("应为有限的数字", "must be a finite number"),
    "bool_parsing": ("应为 true 或 false", "must be true or false"),
    "date_type": ("应为日期，如 2026-12-01", "must be a date such as 2026-12-01"),
    "date_parsing": ("应为日期，如 2026-12-01", "must be a date such as 2026-12-01"),
    "date_from_datetime_parsing": ("应为日期，如 2026-12-01", "must be a date such as 2026-12-01"),
    "date_from_datetime_inexact": ("应为日期，如 2026-12-01", "must be a date such as 2026-12-01"),
    "bool_type": ("应为 true 或 false", "must be true or false"),
    "enum": ("只能是：{limit}", "must be one of: {limit}"),
    "literal_error": ("只能是：{limit}", "must be one of: {limit}"),
    "greater_than_equal": ("不能小于 {limit}", "must be at least {limit}"),
    "less_than_equal": ("不能大于 {limit}", "must be at most {limit}"),
    "model_type": ("应为一个 JSON 对象", "must be a JSON object"),
    "model_attributes_type": ("应为一个 JSON 对象", "must be a JSON object"),
    "dict_type": ("应为一个 JSON 对象", "must be a JSON object"),
    "union_tag_invalid": ("没有这个动作，只能是：{limit}", "there is no such action; one of: {limit}"),
    "union_tag_not_found": ("请写明动作 action", "say which action"),
}


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
    if reply.picture is not None:
        return web.Response(status=reply.status, body=reply.picture, content_type=PICTURE, headers=reply.headers)
    if reply.json is None:
        return web.Response(status=reply.status, headers=reply.headers)
    return web.Response(
        status=reply.status, body=orjson.dumps(reply.json), content_type="application/json", headers=reply.headers
    )
