"""One action on many orders over HTTP."""

from http import HTTPStatus
from typing import Any

import orjson

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import Action
from dispatch.http import doing
from dispatch.http.bulk_shapes import ManyOrders
from dispatch.http.doing import Key
from dispatch.http.endpoints import Call, Reply
from dispatch.http.errors import STATUS
from dispatch.http.orders import given_key
from dispatch.storage.orders import Dossier
from dispatch.usecases import bulk, filing, references
from dispatch.usecases.bulk import Result

THEIR_OWN = frozenset({Action.RATE, Action.REOPEN, Action.WITHDRAW, Action.URGE})
"""What a resident says of one matter, and what whoever filed for them says for them one by one."""


async def act(call: Call) -> Reply:
    """Do the same to many orders."""
    body: ManyOrders = call.body
    _check(body)
    keys = doing.keys(call.service, body.orders)
    request_key = given_key(call)
    raw = orjson.dumps(orjson.loads(call.raw)["action"])

    async def do(key: Key) -> Dossier:
        scope = f"person {call.actor.person_id} many order {key[0]}:{key[1]}"
        digest = None if request_key is None else filing.request_digest(scope, request_key, raw)
        return await doing.do(call, key, body.action, call.actor, digest)

    known = [key for key in keys if key is not None]
    results = dict(zip(known, await bulk.each(known, do), strict=True))
    items = [
        _item(call, number, errors.OrderNotFound() if key is None else results[key])
        for number, key in zip(body.orders, keys, strict=True)
    ]
    done = sum(item["ok"] for item in items)
    return Reply(200, {"done": done, "failed": len(items) - done, "items": items})


def _check(body: ManyOrders) -> None:
    """Refuse what makes no sense for many orders at once."""
    if Action(body.action.action) in THEIR_OWN:
        raise errors.Invalid(
            errors.fault(
                "action.action",
                "这是群众本人的意见，请逐单办理，不能批量",
                "this is the resident's own word: one order at a time",
            )
        )
    if getattr(body.action, "photos", ()):
        raise errors.Invalid(
            errors.fault(
                "action.photos",
                "一张照片只属于一单，批处理不能带照片，请去掉",
                "a photo is one order's: leave them out, or report that order by itself",
            )
        )
    if body.action.version is not None:
        raise errors.Invalid(
            errors.fault(
                "action.version", "批处理不能指定版本，请去掉", "many orders have no version in common: leave it out"
            )
        )


def _item(call: Call, number: str, result: Result) -> dict[str, Any]:
    if isinstance(result, Dossier):
        order = result.order
        return {
            "id": references.number_of(order, call.service.world),
            "ok": True,
            "state": order.state.value,
            "version": order.version,
            "problem": None,
        }
    said = {} if result is None else result.data
    return {
        "id": number,
        "ok": False,
        "state": said.get("state"),
        "version": said.get("version"),
        "problem": _FAILED if result is None else _problem(result),
    }


def _problem(refusal: Refusal) -> dict[str, Any]:
    problem: dict[str, Any] = {
        "code": refusal.code,
        "title": {"zh": refusal.text("zh"), "en": refusal.text("en")},
        "status": int(STATUS[type(refusal)]),
    }
    if isinstance(refusal, errors.Invalid):
        problem["errors"] = refusal.data["faults"]
    return problem


_FAILED = {
    "code": "internal",
    "title": {
        "zh": "系统出了意外，这一单没有改动，请稍后再试。",
        "en": "Something failed on our side and this order was not changed: try again later.",
    },
    "status": int(HTTPStatus.INTERNAL_SERVER_ERROR),
}
