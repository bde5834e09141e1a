"""我的: how much, what for and when I serve, my leaves, and logging out; all of it is the member's own to set."""

from collections.abc import Iterable, Mapping
from typing import Any

from aiohttp import web

from dispatch.domain.errors import Refusal
from dispatch.domain.vocabulary import SERVING, Owner
from dispatch.web import bodies
from dispatch.web.door import Page
from dispatch.web.member.tabs import tabs
from dispatch.web.numbers import whole
from dispatch.web.resident import choosing
from dispatch.web.visit import NO_FAULTS, Faults, Visit

DAYS = ("working_days", "days_off")
SPANS = 2
"""How many spans of a day the form has: a morning and an afternoon."""

OWN = "own"
"""What the form says where somebody has hours of their own."""


async def show(visit: Visit) -> web.Response:
    """Show the settings and the leaves."""
    return await _page(visit)


async def _page(
    visit: Visit,
    *,
    typed: Mapping[str, str] | None = None,
    skills: Iterable[str] | None = None,
    leave: Mapping[str, str] | None = None,
    faults: Faults = NO_FAULTS,
    leave_faults: Faults = NO_FAULTS,
) -> web.Response:
    settings = await visit.ask("GET", "/me/settings")
    me = await visit.ask("GET", "/me")
    return visit.page(
        "member/me.html",
        status=max(faults.status, leave_faults.status),
        me=me,
        serves=bool(visit.roles & SERVING),
        settings=settings,
        form=_as_typed(settings) if typed is None else typed,
        skills=set(settings["skills"] if skills is None else skills),
        groups=await _groups(visit),
        leaves=(await visit.ask("GET", "/me/leaves"))["items"],
        leave=leave or {},
        faults=faults,
        leave_faults=leave_faults,
        done=visit.request.query.get("done"),
        returned=_count(visit, "returned"),
        asked=_count(visit, "asked"),
        **await tabs(visit, "me"),
    )


async def _groups(visit: Visit) -> list[dict[str, Any]]:
    """Return the classes of what can be handled here; what belongs elsewhere is nobody's skill."""
    elsewhere = {
        one["code"] for one in (await visit.ask("GET", "/categories"))["items"] if one["owner"] == Owner.ELSEWHERE
    }
    return [group for group in await choosing.groups(visit) if group["code"] not in elsewhere]


async def save(visit: Visit) -> web.Response:
    """Set everything anew as the form has it."""
    posted = await bodies.posted(visit.request)
    typed, skills = bodies.fields(posted), [str(one) for one in posted.getall("skills", [])]
    try:
        await visit.ask("PUT", "/me/settings", body=settings_body(typed, skills), nulls=True)
    except Refusal as refusal:
        return await _page(visit, typed=typed, skills=skills, faults=visit.faults(refusal))
    return visit.to("/member/me?done=saved")


def settings_body(typed: Mapping[str, str], skills: list[str]) -> dict[str, Any]:
    """Return the settings that were typed; None takes one's own word back."""
    hours: dict[str, Any] | None = None
    if typed.get("hours") == OWN:
        hours = {days: _spans(typed, f"service_hours.{days}") for days in DAYS}
    capacity = typed.get("capacity", "")
    quiet = {end: typed.get(f"quiet_hours.{end}", "") for end in ("from", "to")}
    return {
        "capacity": whole(capacity) if capacity else "",  # refused: nobody is given another number unasked
        "skills": skills,
        "service_hours": hours,
        "quiet_hours": quiet if any(quiet.values()) else None,
    }


def _spans(typed: Mapping[str, str], name: str) -> list[dict[str, str]]:
    """Return the spans of a day that are filled in, with the same place in the form as in what is sent."""
    spans = [{end: typed.get(f"{name}.{place}.{end}", "") for end in ("from", "to")} for place in range(SPANS)]
    while spans and not any(spans[-1].values()):
        spans.pop()
    return spans


def _as_typed(settings: Mapping[str, Any]) -> dict[str, str]:
    """Return the settings as the fields of the form; without hours of one's own, those in force as a beginning."""
    own, quiet = settings["service_hours"], settings["quiet_hours"]
    typed = {"capacity": str(settings["capacity"]), "hours": "" if own is None else OWN}
    for days in DAYS:
        for place, span in enumerate((own or settings["hours_in_force"] or {}).get(days, ())):
            typed |= {f"service_hours.{days}.{place}.{end}": span[end] for end in ("from", "to")}
    return typed | {f"quiet_hours.{end}": time for end, time in (quiet or {}).items()}


async def take_leave(visit: Visit) -> web.Response:
    """Put a leave on record; what was offered meanwhile goes to others at once."""
    typed = await visit.form()
    try:
        taken = await visit.ask(
            "POST", "/me/leaves", body={"from": typed.get("from") or None, "to": typed.get("to") or None}
        )
    except Refusal as refusal:
        return await _page(visit, leave=typed, leave_faults=visit.faults(refusal))
    return visit.to(f"/member/me?done=leave&returned={len(taken['returned'])}&asked={len(taken['asked'])}")


async def end_leave(visit: Visit) -> web.Response:
    """End a leave, or take it back before it began."""
    try:
        await visit.ask("DELETE", "/me/leaves/{id}", id=visit.path["id"])
    except Refusal as refusal:
        return await _page(visit, leave_faults=visit.faults(refusal))
    return visit.to("/member/me?done=leave_ended")


def _count(visit: Visit, name: str) -> int:
    """Return a number that the address carries from the deed before."""
    found = whole(visit.request.query.get(name, ""))
    return found if isinstance(found, int) else 0


PAGES = (
    Page("GET", "/member/me", show, login=True),
    Page("POST", "/member/me", save, login=True),
    Page("POST", "/member/me/leaves", take_leave, login=True),
    Page("POST", "/member/me/leaves/{id}/end", end_leave, login=True),
)
