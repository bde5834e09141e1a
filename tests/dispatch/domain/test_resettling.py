"""Where branches go when their grid is closed."""

from dispatch.domain.resettling import Resettled, resettled
from grid_model.changes import Fate, Op
from grid_model.routing import Branch


def branch(number, grid_id, *categories, kind="branch", active=True):
    return Branch(number, f"B{number}", f"支部{number}", kind, grid_id, frozenset(categories), active)


def closed(grid_id, *successors):
    return Fate(grid_id, (Op.CLOSE,), True, successors, successors[0], successors[0])


def test_it_moves_along_unless_another_there_takes_its_matters() -> None:
    fates = {1: closed(1, 2), 3: closed(3, 4)}
    found = resettled([branch(1, 1), branch(2, 2), branch(3, 3)], fates)
    assert found == (Resettled(1, 2, 2), Resettled(3, 4, None))


def test_of_two_that_come_to_a_new_grid_the_first_takes_the_other_in() -> None:
    fates = {1: closed(1, -1), 2: closed(2, -1)}
    assert resettled([branch(2, 2), branch(1, 1)], fates) == (Resettled(1, -1, None), Resettled(2, -1, 1))


def test_only_who_is_competent_for_all_of_it_takes_another_in() -> None:
    fates = {1: closed(1, 2)}
    assert resettled([branch(1, 1), branch(2, 2, "09")], fates) == (Resettled(1, 2, None),)
    assert resettled([branch(1, 1, "0901"), branch(2, 2, "09", "10")], fates) == (Resettled(1, 2, 2),)


def test_desks_and_branches_groups_and_what_was_made_for_a_while_stand_apart() -> None:
    fates = {1: closed(1, 2)}
    for kind in ("desk", "group", "temporary"):
        assert resettled([branch(1, 1, kind=kind), branch(2, 2)], fates) == (Resettled(1, 2, None),)
    assert resettled([branch(1, 1), branch(2, 2, active=False)], fates) == (Resettled(1, 2, None),)


def test_who_sits_elsewhere_or_serves_no_more_stays() -> None:
    assert resettled([branch(1, 5), branch(2, 1, active=False)], {1: closed(1, 2)}) == ()
