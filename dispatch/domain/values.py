"""Large plain values that are made again and again: frozen dataclasses that are cheap to make, and to make others of.

A frozen dataclass sets each of its fields through a call of its own, and ``dataclasses.replace`` reads and sets them
all: for an order, which has 34 of them, that takes three and seven times as long as here. It pays from ten fields on.
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
        """Make a dataclass whose fields lie in its instances' dictionaries, and are put there all at once."""

        def made(kind: type) -> type:
            kind = dataclass(frozen=frozen)(kind)
            names = tuple(field.name for field in fields(kind))
            known = frozenset(names)
            defaults = {one.name: one.default for one in fields(kind) if one.default is not MISSING}
            fresh = {one.name: one.default_factory for one in fields(kind) if one.default_factory is not MISSING}

            @wraps(kind.__init__)
            def initialised(self: Any, *given: Any, **named: Any) -> None:
                there = self.__dict__
                there.update(defaults)
                if given:
                    there.update(zip(names, given, strict=False))
                    if not named.keys().isdisjoint(names[: len(given)]):
                        raise TypeError(f"{kind.__name__} is given a field twice")
                there.update(named)
                for name, make in fresh.items():
                    if name not in there:
                        there[name] = make()
                if there.keys() != known or len(given) > len(names):
                    raise TypeError(f"{kind.__name__} has the fields {', '.join(names)}, not {', '.join(there)}")

            kind.__init__ = initialised
            return kind

        return made

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
