"""Large plain values that are made again and again: frozen dataclasses that are cheap to make, and to make others of.

A frozen dataclass sets each of its fields through a call of its own, and ``dataclasses.replace`` reads and sets them
all: for an order, which has 33 of them, that takes several times as long as here. It pays from ten fields on.
"""

from typing import TYPE_CHECKING, Any

__all__ = ["changed", "value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
    from dataclasses import replace as changed
else:
    from collections.abc import Callable
    from dataclasses import MISSING, dataclass, fields
    from functools import cache, wraps

    def value(*, frozen: bool) -> Callable[[type], type]:
        """Make a dataclass whose fields are put straight into its instances' dictionaries."""

        def made(kind: type) -> type:
            kind = dataclass(frozen=frozen)(kind)
            kind.__init__ = _initialiser(kind)
            return kind

        return made

    def _initialiser(kind: type) -> Callable[..., None]:
        """Write the ``__init__`` that a dataclass would have, but for how it sets the fields."""
        around = {"absent": MISSING}
        takes, sets = ["self"], ["there = self.__dict__"]
        for one in fields(kind):
            given = one.name
            if one.default is not MISSING:
                around[f"default_{one.name}"] = one.default
                takes.append(f"{one.name}=default_{one.name}")
            elif one.default_factory is not MISSING:
                around[f"make_{one.name}"] = one.default_factory
                takes.append(f"{one.name}=absent")
                given = f"make_{one.name}() if {one.name} is absent else {one.name}"
            else:
                takes.append(one.name)
            sets.append(f"there[{one.name!r}] = {given}")
        source = f"def __init__({', '.join(takes)}):\n    " + "\n    ".join(sets)
        exec(source, around)  # noqa: S102 - as dataclasses do: of names that stand in the code
        return wraps(kind.__init__)(around["__init__"])

    @cache
    def _count(kind: type) -> int:
        return len(fields(kind))

    def changed(one: Any, /, **new: Any) -> Any:
        """Return a copy of such a value with some of its fields replaced.

        Raises:
            TypeError: it has no such field.
        """
        kind = type(one)
        other = object.__new__(kind)
        other.__dict__.update(one.__dict__)
        other.__dict__.update(new)
        if len(other.__dict__) != _count(kind):
            raise TypeError(f"{kind.__name__} has not all of the fields {', '.join(new)}")
        return other
