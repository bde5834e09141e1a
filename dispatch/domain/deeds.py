"""One action about to be done, and what it does to an order beside moving its state."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from dispatch.domain import errors
from dispatch.domain.order import Actor, Command, Order
from dispatch.domain.timing import Running
from dispatch.domain.vocabulary import Action, Clock, Party
from dispatch.domain.world import World


@dataclass(frozen=True, slots=True)
class Effect:
    """What an action does beside moving the state.

    Attributes:
        fields: of the order, as they become.
        data: what the event tells beside the command's own.
        clocks: those set by hand, None for one that stops.
        promises: how milestones were promised anew, beside ``clocks``.
        at_once: clocks that are due already.
    """

    fields: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, Any] = field(default_factory=dict)
    clocks: Mapping[Clock, Running | None] = field(default_factory=dict)
    promises: Mapping[Clock, Running] = field(default_factory=dict)
    at_once: tuple[Clock, ...] = ()


@dataclass(frozen=True, slots=True)
class Deed:
    """One action about to be done: to which order, what, in which capacity, by whom and when."""

    order: Order
    command: Command
    party: Party
    actor: Actor
    now: datetime
    world: World


def not_now(order: Order, action: Action) -> errors.NotNow:
    """Return the refusal of ``action`` in the order's present state."""
    return errors.NotNow(
        state_zh=order.state.zh,
        state_en=order.state.en,
        action_zh=action.zh,
        action_en=action.en,
        state=order.state.value,
        version=order.version,
    )


def no_effect(_deed: Deed) -> Effect:
    """Change nothing but the state."""
    return Effect()
