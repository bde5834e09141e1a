"""The policy as a form: fields to tables and back, where a fault lies, and what differs between two policies."""

import re
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

from dispatch.domain import errors, policy_file

MODES = ("normal", "emergency")
NEW = "new"
RISE = "rise"
RUNGS = "rungs"
LARGEST = 2**63
TOO_LARGE = "数字太大", "this number is too large"


def tables_of(form: Mapping[str, str]) -> dict[str, Any]:
    """Return the tables that a form describes; what was left empty is as by default.

    A field is called ``normal.clocks.general.accept``, with a category in the last place but one where there is one;
    one of a rule that is only now made has ``new`` in place of urgency and category, which are fields of their own.
    """
    tables: dict[str, Any] = {}
    for name, value in form.items():
        mode, _, rest = name.partition(".")
        if mode not in MODES or not value:
            continue
        kind, *path = rest.split(".")
        if path and path[0] == NEW:
            urgency, category = form.get(f"{mode}.new.urgency", ""), form.get(f"{mode}.new.category", "")
            if kind == NEW or not (urgency and category):
                continue
            path = [urgency, category, *path[1:]]
        if kind in ("clocks", "ladder") and path:
            _put(tables if mode == "normal" else tables.setdefault(mode, {}), [kind, *path], _value(path[-1], value))
    weights = {name.removeprefix("weights."): value for name, value in form.items() if name.startswith("weights.")}
    if weights:
        tables["weights"] = {ground: _number(value) for ground, value in weights.items() if value}
    return tables


def _put(tables: dict[str, Any], path: list[str], value: Any) -> None:
    *above, last = path
    for name in above:
        tables = tables.setdefault(name, {})
        if not isinstance(tables, dict):
            field = ".".join(path)
            raise errors.Invalid(errors.fault(field, "与另一个字段冲突", "this and another field exclude each other"))
    tables[last] = value


def _value(name: str, text: str) -> Any:
    return [line.strip() for line in text.splitlines() if line.strip()] if name == RUNGS else text


def _number(text: str) -> int | str:
    """Return a whole number; anything else is passed on, to be refused as it is."""
    plain = text.replace("\u2212", "-")  # the minus of print
    return int(plain) if re.fullmatch(r"-?[0-9]{1,9}", plain) else text


def form_of(policy: Mapping[str, Any]) -> dict[str, str]:
    """Return the fields that show a policy: general rules in full, a category's where it says something of its own."""
    form: dict[str, str] = {}
    for mode in MODES:
        document = policy["document"] if mode == "normal" else policy["document"].get(mode, {})
        for rule in policy[mode]:
            scope = [rule["urgency"], *([rule["category"]] if rule["category"] else [])]
            clocks, ladder = (_at(document, [kind, *scope]) for kind in ("clocks", "ladder"))
            general = rule["category"] is None
            for clock in rule["clocks"]:
                if general or clock["clock"] in clocks:
                    form[".".join([mode, "clocks", *scope, clock["clock"]])] = clock["duration"]
            if general or RISE in ladder:
                form[".".join([mode, "ladder", *scope, RISE])] = rule["rise"]["duration"]
            if general or RUNGS in ladder:
                form[".".join([mode, "ladder", *scope, RUNGS])] = "\n".join(map(rung, rule["ladder"]))
    return form | {f"weights.{one['ground']}": str(one["points"]) for one in policy["weights"]}


def _at(tables: Any, path: list[str]) -> Any:
    for name in path:
        tables = tables.get(name, {})
    return tables


def rung(one: Mapping[str, Any]) -> str:
    """Write a rung as a policy's file does: ``direct 1 10m``."""
    window = one["window"]["duration"] if one["window"] else None
    return " ".join(str(part) for part in (one["rung"], one["size"], window) if part is not None)


def written(document: Mapping[str, Any]) -> str:
    """Return a policy's document as the file that the command line exports, comments and all."""
    return policy_file.dumps(policy_file.read(document))


def parsed(text: str) -> dict[str, Any]:
    """Return the tables of a TOML text.

    Raises:
        Invalid: where it stops being TOML, or a number is too large.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        zh, en = f"不是有效的 TOML（{error}）", f"this is no valid TOML ({error})"
        raise errors.Invalid(errors.fault("TOML", zh, en)) from error
    except ValueError as error:  # more digits than are read as a number
        raise errors.Invalid(errors.fault("TOML", *TOO_LARGE)) from error
    except RecursionError as error:
        raise _too_deep() from error
    try:
        faults = [errors.fault(path, *TOO_LARGE) for path in _too_large(tables, "")]
    except RecursionError as error:
        raise _too_deep() from error
    if faults:
        raise errors.Invalid(*faults)
    return tables


def _too_deep() -> errors.Invalid:
    return errors.Invalid(errors.fault("TOML", "嵌套层数太多", "it is nested too deeply"))


def _too_large(value: Any, path: str) -> Iterator[str]:
    """Yield the paths of whole numbers of more than 64 bits."""
    if isinstance(value, Mapping):
        for name, one in value.items():
            yield from _too_large(one, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for one in value:
            yield from _too_large(one, path)
    elif isinstance(value, int) and not -LARGEST <= value < LARGEST:
        yield path


def line_of(text: str, field: str, told: str) -> int | None:
    """Return the line of a TOML text that a fault lies in: named by the parser, or found by the fault's path."""
    named = re.search(r"at line ([0-9]+)", told)
    if named:
        return int(named[1])
    best: tuple[int, int] | None = None
    for number, path in _paths(text):
        if (field == path or field.startswith(f"{path}.")) and (best is None or len(path) > best[0]):
            best = len(path), number
    return None if best is None else best[1]


def _paths(text: str) -> Iterator[tuple[int, str]]:
    table = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if found := re.match(r"\[([^\[\]]+)\]", bare):
            table = ".".join(part.strip().strip("\"'") for part in found[1].split("."))
            yield number, table
        elif found := re.match(r"([\w.\-\"']+)\s*=", bare):
            key = ".".join(part.strip("\"'") for part in found[1].split("."))
            yield number, f"{table}.{key}" if table else key


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return what differs between two policies: of which mode and rule, what, and both sides; None where there is none.

    ``kind`` is clock, rise, ladder or weight; the sides are labels, lists of rungs, or points.
    """
    found = []
    for mode in MODES:
        old, new = ({(one["urgency"], one["category"]): one for one in side[mode]} for side in (before, after))
        for key in dict.fromkeys([*new, *old]):
            was, now = old.get(key), new.get(key)
            said = now or was or {}
            head = {"mode": mode, "urgency": said["urgency_label"], "category": key[1]}
            for kind, label, left, right in _sides(was, now):
                if left != right:
                    found.append({**head, "kind": kind, "label": label, "before": left, "after": right})
    for left, right in zip(before["weights"], after["weights"], strict=True):
        if left["points"] != right["points"]:
            sides = {"before": left["points"], "after": right["points"]}
            found.append({"mode": None, "kind": "weight", "label": left["ground_label"], **sides})
    return found


def _sides(was: Any, now: Any) -> Iterator[tuple[str, Any, Any, Any]]:
    for number, clock in enumerate((now or was)["clocks"]):
        yield "clock", clock["clock_label"], *(one and one["clocks"][number]["duration_label"] for one in (was, now))
    yield RISE, None, *(one and one[RISE]["duration_label"] for one in (was, now))
    yield "ladder", None, *(one and one["ladder"] for one in (was, now))
