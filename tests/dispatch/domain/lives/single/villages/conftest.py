"""Lives side by side in one village: orders that are merged there and taken apart again."""

import random
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from dispatch.domain import errors
from dispatch.domain.acting import act
from dispatch.domain.order import SYSTEM, Actor, Command, Order
from dispatch.domain.vocabulary import Action, State
from dispatch.domain.world import World
from grid_model.places import Located


@dataclass
class Village:
    """Orders that live side by side in one place, so that they can be merged and taken apart again."""

    lives: list[Any]

    @property
    def done(self) -> set[tuple[State, Action]]:
        return {deed for life in self.lives for deed in life.done}

    def step(self, choice: int, dice: int, minutes: int) -> None:
        """Let time pass and the clocks be answered, or let somebody do what they may, or try what they may not."""
        chance = random.Random(dice)
        life = chance.choice(self.lives)
        if choice == 0:
            for one in self.lives:
                one.now += timedelta(minutes=minutes)
                one.sweep(chance.choice((0, 0, 1, 3, 9)), chance)
        elif choice == 1:
            self.attempt(life, chance.choice(life.actors), chance.choice(list(Action)), chance)
        elif choice == 4:
            life.ends(chance)
        elif choice == 5:
            life.moves(chance)
        elif (chosen := life.chooses(chance, concerned=choice == 2)) is not None:
            self.attempt(life, *chosen, chance)
        self.together()
        life.laws.seen(chance)

    def rules(self, world: World) -> None:
        for life in self.lives:
            life.rules(world)

    def attempt(self, life: Any, actor: Actor, action: Action, chance: random.Random) -> None:
        if action not in PAIRED:
            life.attempt(actor, action, chance)
            return
        other = chance.choice(self.lives)
        joined = [one for one in self.lives if joins(life.order, one.order) or joins(one.order, life.order)]
        if action is Action.UNMERGE and joined:
            other = chance.choice(joined)
        by = SYSTEM if action is Action.UNMERGE else actor
        self.both(life, action, actor, other, PAIRED[action], by)

    def both(self, life: Any, action: Action, actor: Actor, other: Any, answer: Action, by: Actor) -> None:
        """Two orders change together or not at all."""
        try:
            outcomes = [
                act(one.order, Command(deed, other=mate.order), who, one.now, one.world)
                for one, deed, who, mate in ((life, action, actor, other), (other, answer, by, life))
            ]
        except errors.Refusal:
            return
        for one, outcome in zip((life, other), outcomes, strict=True):
            one.take(outcome)

    def together(self) -> None:
        """What was merged ends with the one that took it in, or goes on by itself; it is never forgotten."""
        for life in self.lives:
            merged = life.order.affairs.merged
            if life.order.state is State.MERGED and merged is not None:
                lead = next(one for one in self.lives if one.order.id == merged.into)
                if lead.order.state is State.RESOLVED:
                    command = Command(Action.RESOLVE, other=lead.order)
                    life.take(act(life.order, command, SYSTEM, life.now, life.world))
                elif lead.order.state not in lead.laws.AT_WORK:
                    life.take(act(life.order, Command(Action.UNMERGE), SYSTEM, life.now, life.world))
            for other in self.lives:
                if (
                    life.order.state in life.laws.AT_WORK
                    and joins(life.order, other.order)
                    and other.order.state in other.laws.FINAL
                ):
                    command = Command(Action.UNMERGE, other=other.order)
                    life.take(act(life.order, command, SYSTEM, life.now, life.world))
        self.joined()

    def joined(self) -> None:
        """Two orders always agree on whether one is part of the other, and whoever leads is at work."""
        for life in self.lives:
            for other in self.lives:
                if life.order.state in life.laws.AT_WORK and joins(life.order, other.order):
                    assert other.order.state is State.MERGED
                    assert other.order.affairs.merged.into == life.order.id
            if life.order.state is State.MERGED:
                (lead,) = [one for one in self.lives if joins(one.order, life.order)]
                assert lead.order.state in lead.laws.AT_WORK


PAIRED = {Action.MERGE: Action.ABSORB, Action.ABSORB: Action.MERGE, Action.UNMERGE: Action.UNMERGE}
"""What is done to one of two orders, and what is done to the other with it."""


def joins(lead: Order, other: Order) -> bool:
    """Whether ``lead`` has taken ``other`` in."""
    return any(one.order == other.id for one in lead.affairs.absorbed)


@pytest.fixture(scope="session")
def born(live) -> Callable[..., Village]:
    """Begins lives by filing at one of the grids, outside of everything (1), or nowhere known (0)."""

    def begin(county: Any, category: str, place: int, world: World | None = None, orders: int = 2) -> Village:
        grids = [grid.id for grid in county.world.tree.grids()]
        rule = {0: Located.UNKNOWN, 1: Located.OUTSIDE}.get(place, Located.CODE)
        grid = {0: None, 1: 1}.get(place, grids[place % len(grids)])
        home = county if world is None else replace(county, world=world)
        lives = []
        for number in range(7, 7 + orders):
            again = category if number == 7 else chosen(county, category, number)
            outcome = home.filed(again, grid, rule=rule, filed_by=31 if place % 2 else None, number=number)
            life = live(home, outcome, county.start, home.world)
            life.laws.chained(None, outcome.events)
            life.laws.standing(outcome.order)
            lives.append(life)
        return Village(lives)

    return begin


def chosen(county: Any, category: str, number: int) -> str:
    """Another matter for the order with that number, more or less urgent than the first."""
    codes = [code for code in county.world.categories if not code.startswith("90")]
    place = codes.index(category) if category in codes else 0
    return codes[(place + number) % len(codes)]
