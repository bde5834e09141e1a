"""A decoded body of an action as what the use case takes: texts go to the erasable part, the rest to the ledger."""

from typing import Any

from dispatch.domain.vocabulary import Action, Matter
from dispatch.http import act_bodies as bodies
from dispatch.usecases.acting import Asked
from grid_model.durations import Duration

_TEXTS: dict[type[Any], dict[str, str]] = {
    bodies.WithReason: {"reason": "reason"},
    bodies.Reasoned: {"reason": "reason"},
    bodies.Route: {"reason": "reason"},
    bodies.Offer: {"reason": "reason"},
    bodies.Note: {"text": "text"},
    bodies.Rate: {"text": "text"},
    bodies.Supervise: {"text": "text"},
    bodies.Urge: {"text": "text"},
    bodies.Whistle: {"internal_text": "text"},
    bodies.FollowUp: {"internal_text": "text"},
    bodies.Resolve: {"answer": "answer", "internal_note": "note"},
    bodies.ContactMade: {"internal_note": "note"},
    bodies.Redirect: {"to": "to", "reason": "reason"},
    bodies.AnswerCall: {"internal_answer": "text"},
}
"""The names of a body's texts, and the fields they stand in; the resident reads none that begins ``internal``."""

_REASON = {"internal_reason": "reason"}
"""Of the other bodies."""


def asked(body: Any) -> Asked:
    """Return the command in a decoded body."""
    amount = getattr(body, "amount", None) or getattr(body, "within", None)
    matter = getattr(body, "matter", None)
    return Asked(
        action=Action(body.action),
        version=body.version,
        members=_members(body),
        rung=getattr(body, "rung", None),
        grid=getattr(body, "grid", None),
        category=getattr(body, "category", None),
        grade=getattr(body, "grade", None),
        unit=getattr(body, "unit", None),
        matter=None if matter is None else Matter(matter),
        amount=None if amount is None else Duration.parse(amount),
        on=getattr(body, "on", None),
        assist=getattr(body, "assist", None),
        required=getattr(body, "required", True),
        agrees=_agrees(body),
        subject=getattr(body, "subject", None),
        photos=getattr(body, "photos", ()),
        data=_data(body),
        texts=_texts(body),
    )


def _texts(body: Any) -> dict[str, str]:
    names = _TEXTS.get(type(body), _REASON)
    if isinstance(body, bodies.Ask) and body.matter == "park":
        names = {"plan": "reason"}
    given = {name: getattr(body, field, None) for name, field in names.items()}
    return {name: text for name, text in given.items() if text is not None}


def _data(body: Any) -> dict[str, Any]:
    """Return what stands in the ledger for ever: never a text, never anything personal."""
    match body:
        case bodies.Note(internal=True):
            return {"internal": True}
        case bodies.ContactMade():
            return {"how": body.how}
        case bodies.GiveBack():
            return {"reason_code": body.reason_code.value}
        case bodies.FollowUp():
            said = {} if body.satisfied is None else {"satisfied": body.satisfied}
            return {"reached": body.reached, **said}
    return {}


def _agrees(body: Any) -> bool | None:
    """Return what a reviewer holds, or what the resident says when asked."""
    return body.upholds if isinstance(body, bodies.Judge) else getattr(body, "solved", None)


def _members(body: Any) -> tuple[str, ...]:
    """Return whom an offer names; twice is once."""
    if not isinstance(body, bodies.Offer):
        return ()
    named = body.members or ([] if body.member is None else [body.member])
    return tuple(dict.fromkeys(named))
