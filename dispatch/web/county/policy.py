"""The policy: shown in words, and changed by a form or as text, with what it would come to shown before it is saved."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from aiohttp import web

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.web.county import policy_forms, sending
from dispatch.web.door import Page
from dispatch.web.numbers import whole
from dispatch.web.resident import choosing
from dispatch.web.visit import NO_FAULTS, Faults, Visit

DURATIONS = ("15m", "30m", "1h", "2h", "4h", "8h", "24h", "2ah", "3ah", "4wh", "8wh", "1wd", "2wd", "3wd", "5wd",
             "1d", "3d", "7d", "15d", "30d", "same_day", "working_morning")  # fmt: skip
"""The durations that a form offers; any other may be typed."""


async def show(visit: Visit) -> web.Response:
    """Show the policies in force."""
    policy = await visit.ask("GET", "/policy")
    return visit.page("county/policy.html", policy=policy, names=await _names(visit))


async def edit(visit: Visit) -> web.Response:
    """Show the policy to be changed."""
    await visit.ask("GET", "/county")  # administrators alone
    policy = await visit.ask("GET", "/policy")
    if visit.request.query.get("as") == "toml":
        return await _toml(visit, policy_forms.written(policy["document"]), policy["version"])
    return await _form(visit, policy, policy_forms.form_of(policy))


async def do(visit: Visit) -> web.Response:
    """Show what a changed policy would come to, try it on history, or save it."""
    typed = await visit.form()
    as_text = "toml" in typed
    try:
        tables = policy_forms.parsed(typed["toml"]) if as_text else policy_forms.tables_of(typed)
        body = {**tables, "version": _version(typed)}
        if typed.get("do") == "save":
            await visit.ask("PUT", "/policy", body=body)
            return visit.to("/county/policy?saved=1")
        shown = await visit.ask("POST", "/policy/preview", body=body)
        text = typed["toml"] if as_text and typed.get("do") != "whatif" else typed.get("toml", "")
        text = text or policy_forms.written(shown["policy"]["document"])
        if typed.get("do") == "edit":
            return await _form(visit, shown["policy"], policy_forms.form_of(shown["policy"]), version=_version(typed))
        return await _preview(visit, typed, body, shown, text)
    except errors.PolicyMoved as moved:
        shown = await visit.ask("POST", "/policy/preview", body=body)
        again = {**typed, "version": str(moved.data["version"])}
        text = typed.get("toml") or policy_forms.written(shown["policy"]["document"])
        return await _preview(visit, again, body, shown, text, visit.faults(moved))
    except Refusal as refusal:
        if as_text:
            return await _toml(visit, typed["toml"], _version(typed), refusal)
        policy = await visit.ask("GET", "/policy")
        return await _form(visit, policy, typed, refusal, version=_version(typed))


async def _preview(
    visit: Visit,
    typed: Mapping[str, str],
    body: Mapping[str, Any],
    shown: Mapping[str, Any],
    text: str,
    faults: Faults = NO_FAULTS,
) -> web.Response:
    tried = None
    if typed.get("do") == "whatif":
        days = {"from": typed.get("from") or None, "to": typed.get("to") or None}
        try:
            tried = await visit.ask("POST", "/policy/whatif", body={**body, **days})
        except Refusal as refusal:
            faults = visit.faults(refusal)
    return visit.page(
        "county/policy_preview.html",
        status=faults.status,
        shown=shown,
        tried=tried,
        changes=policy_forms.differences(await visit.ask("GET", "/policy"), shown["policy"]),
        text=text,
        version=typed.get("version", "0"),
        typed=typed,
        faults=faults,
        names=await _names(visit),
    )


async def _form(
    visit: Visit,
    policy: Mapping[str, Any],
    form: Mapping[str, str],
    refusal: Refusal | None = None,
    version: int | None = None,
) -> web.Response:
    faults = NO_FAULTS if refusal is None else _renamed(visit.faults(refusal))
    return visit.page(
        "county/policy_form.html",
        status=faults.status,
        policy=policy,
        form=form,
        version=policy["version"] if version is None else version,
        durations=DURATIONS,
        faults=faults,
        groups=await choosing.groups(visit),
        names=await _names(visit),
    )


def _renamed(faults: Faults) -> Faults:
    """Return faults by the names of the form's fields; those of a rung lie in the field of all rungs."""
    fields: dict[str, str] = {}
    for name, text in faults.fields.items():
        field = name if name.startswith(("emergency.", "weights.")) else f"normal.{name}"
        ladder, rungs, number = field.partition(".rungs.")
        fields[f"{ladder}.rungs" if rungs else field] = f"{number}: {text}" if rungs else text
    return replace(faults, fields=fields)


async def _toml(visit: Visit, text: str, version: int, refusal: Refusal | None = None) -> web.Response:
    faults = NO_FAULTS if refusal is None else visit.faults(refusal)
    rows = [] if refusal is None else sending.rows_of(refusal, visit.lang)
    return visit.page(
        "county/policy_toml.html",
        status=faults.status,
        text=text,
        version=version,
        faults=sending.only_text(faults),
        rows=[(policy_forms.line_of(text, field, told), field, told) for field, told in rows],
    )


def _version(typed: Mapping[str, str]) -> int:
    version = whole(typed.get("version", ""))
    return version if isinstance(version, int) else 0


async def _names(visit: Visit) -> dict[str, Any]:
    """Return what categories are called, by their codes."""
    groups = await choosing.groups(visit)
    return {one["code"]: one["name"] for group in groups for one in (group, *group["items"])}


PAGES = (
    Page("GET", "/county/policy", show, login=True),
    Page("GET", "/county/policy/edit", edit, login=True),
    Page("POST", "/county/policy/edit", do, login=True),
)
