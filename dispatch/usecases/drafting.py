"""A chat message is pasted, and a draft comes back: nothing is stored and nothing is filed."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from dispatch.domain import behalf
from dispatch.domain.advice import advice
from dispatch.domain.behalf import Channel
from dispatch.domain.drafting import Draft, draft
from dispatch.domain.guesses import Candidate, Guess, Sure
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Urgency
from dispatch.domain.world import World
from dispatch.storage import households
from dispatch.storage.households import Household
from dispatch.usecases.households import view as household_view
from dispatch.usecases.references import label
from dispatch.usecases.service import Service

_EMERGENCY = "9001"

_ASKED = {
    "category": ("请选择事项类别", "choose the category"),
    "text": ("请写明诉求", "say what is asked for"),
    "place": ("请问在什么地方", "ask where it is"),
    "contact.phone": ("请问联系电话", "ask for a telephone number"),
}
"""What a request can't do without, as it is asked for."""


async def drafted(service: Service, pasted: str, actor: Actor) -> dict[str, Any]:
    """Return the draft of a request for a pasted message: each part a guess with the words that it rests on.

    A household is guessed by its telephone number, and only where ``actor`` may file for it: nobody finds out here
    whose number it is.

    Raises:
        Unauthenticated, NotYours: nobody is logged in, or it is nobody who files for others.
    """
    behalf.filer(actor)
    world = service.world
    spans = behalf.reach(actor, world.tree)
    # the first message reads the tables of names and numbers, which takes a moment that others need not wait for
    made = await asyncio.to_thread(draft, pasted, world, spans, behalf.homes(actor))
    numbers = [one.value for one in made.phone.candidates]
    reached = await households.by_phones(service.database, numbers) if numbers else []
    known = [one for one in reached if behalf.within_reach(one.carer_id, one.grid_id, actor, world.tree)]
    return _view(made, known, actor, world)


def _view(made: Draft, known: Sequence[Household], actor: Actor, world: World) -> dict[str, Any]:
    household = _household(made, known)
    place = _place(made, known, household, world)
    submit = _submit(made, household, place, world)
    told = (
        advice(_EMERGENCY)
        if made.danger.calls
        else None
        if made.category.value is None
        else advice(made.category.value)
    )
    shown = {one.code: household_view(one, actor, world) for one in known}
    return {
        "text": made.text,
        "category": _guess(made.category, {code: (one.name, one.name_en) for code, one in world.categories.items()}),
        "grid": _guess(place, _paths(place, world)),
        "household": _guess(household, {code: (f"{one['name']} {one['phone']}",) * 2 for code, one in shown.items()}),
        "house": _guess(made.house),
        "phone": _guess(made.phone),
        "name": _guess(made.name),
        "urgency": _guess(made.urgency, {word.value: (word.zh, word.en) for word in Urgency}),
        "danger": list(made.danger.words),
        "calls": list(made.danger.calls),
        "advice": None if told is None else {"zh": told[0], "en": told[1]},
        "submit": submit,
        "missing": [
            {"field": field, "label": {"zh": zh, "en": en}}
            for field, (zh, en) in _ASKED.items()
            if _lacks(submit, field)
        ],
    }


def _household(made: Draft, known: Sequence[Household]) -> Guess:
    """The household that the number belongs to; several: it has to be asked."""
    written = {one.value: one.why for one in made.phone.candidates}
    candidates = tuple(Candidate(one.code, written.get(one.phone or "", ())) for one in known)
    if not candidates:
        return Guess()
    if len(candidates) > 1:
        return Guess(None, Sure.LOW, candidates)
    return Guess(candidates[0].value, made.phone.sure if len(written) > 1 else Sure.HIGH, candidates)


def _place(made: Draft, known: Sequence[Household], household: Guess, world: World) -> Guess:
    """Where it is: as the message says, or else where the household lives."""
    if household.value is None or made.place.why:
        return made.place
    home = next(one for one in known if one.code == household.value)
    code = world.tree.grid(home.grid_id).code
    return Guess(code, household.sure, (Candidate(code, household.why),))


def _submit(made: Draft, household: Guess, place: Guess, world: World) -> dict[str, Any]:
    """Return the body for POST /orders as far as it is guessed; it is whole when nothing is missing."""
    body: dict[str, Any] = {"filed_for": {"channel": Channel.CHAT.value}}
    if household.value is not None:
        body["filed_for"]["household"] = household.value
    if made.category.value is not None:
        body["category"] = made.category.value
    if made.text:
        body["text"] = made.text
    if place.value is not None and (household.value is None or made.place.why):
        body["place"] = {"grid": place.value}
    if household.value is None and made.phone.value is not None:
        told = {"phone": made.phone.value, "name": made.name.value, "house": made.house.value}
        body["contact"] = {field: value for field, value in told.items() if value is not None}
    kind = world.categories.get(made.category.value or "")
    default = Urgency.GENERAL if kind is None else kind.urgency
    if made.urgency.value not in (None, default.value, Urgency.COMPLEX.value):
        body["urgency"] = made.urgency.value
    return body


def _lacks(submit: dict[str, Any], field: str) -> bool:
    if field in ("place", "contact.phone") and "household" in submit["filed_for"]:
        return False
    return field.partition(".")[0] not in submit


def _paths(place: Guess, world: World) -> dict[str, tuple[str, str]]:
    found = {one.value: world.tree.path(world.tree.by_code(one.value).id) for one in place.candidates}
    return {code: (path, path) for code, path in found.items()}


def _guess(guess: Guess, labels: Mapping[str, tuple[str, str]] | None = None) -> dict[str, Any]:
    def named(value: str | None) -> dict[str, str] | None:
        words = (labels or {}).get(value or "")
        return None if words is None else {"zh": words[0], "en": words[1]}

    return {
        "value": guess.value,
        "label": named(guess.value),
        "sure": guess.sure.value,
        "sure_label": label(guess.sure),
        "why": list(guess.why),
        "candidates": [
            {"value": one.value, "label": named(one.value), "why": list(one.why), "points": one.points}
            for one in guess.candidates
        ],
    }
