"""The people of the demo county are invented, and every branch has those it needs."""

import re
from collections import Counter, defaultdict

import pytest

from dispatch.demo.accounts import accounts
from dispatch.demo.county import SHOWN_VILLAGE, county
from dispatch.domain.vocabulary import BranchKind, Role
from dispatch.usecases.demo_county import DEMO_PASSWORD

INVENTED = re.compile(
    r"演示(党员\d{4}|双报到\d{3}|书记\d{3}|网格员\d{3}|督办员\d{2}|承办\d{2}|联户长\d{3}|管理员|住户\d{4})",
)


@pytest.fixture(scope="module")
def sheets():
    return county()


@pytest.fixture(scope="module")
def holders(sheets):
    found = defaultdict(set)
    for row in sheets["roles"]:
        found[Role(row["role"]), row["branch_code"] or row["grid_code"]].add(row["person_code"])
    return found


def test_nobody_has_a_name_outside_the_invented_pattern(sheets):
    for row in [*sheets["people"], *sheets["households"]]:
        assert INVENTED.fullmatch(row["name"]), row["name"]


def test_names_are_unique(sheets):
    names = [row["name"] for row in [*sheets["people"], *sheets["households"]]]
    assert len(names) == len(set(names))


def test_phones_are_well_formed_unique_and_of_the_invented_series(sheets):
    people = [row["phone"] for row in sheets["people"]]
    homes = [row["phone"] for row in sheets["households"]]
    assert len({*people, *homes}) == len(people) + len(homes)
    assert all(re.fullmatch(r"10001\d{6}", phone) for phone in people)
    assert all(re.fullmatch(r"10002\d{6}", phone) for phone in homes)


def test_how_many_hold_each_role(sheets):
    people = {(row["role"], row["person_code"]) for row in sheets["roles"]}
    assert Counter(role for role, _ in people) == {
        Role.MEMBER: 3_000,
        Role.SECRETARY: 684,
        Role.GRID_WORKER: 263,
        Role.HEAD: 200,
        Role.DESK_OFFICER: 42,
        Role.IN_SERVICE: 24,
        Role.SUPERVISOR: 18,
        Role.ADMINISTRATOR: 1,
    }


def test_everybody_has_a_role_and_every_role_a_person_a_grid_and_its_branch(sheets):
    grids = {row["code"] for row in sheets["grids"]}
    seats = {row["code"]: row["grid_code"] for row in sheets["branches"]}
    for row in sheets["roles"]:
        assert row["grid_code"] in grids
        assert not row["branch_code"] or seats[row["branch_code"]] == row["grid_code"]
    assert {row["person_code"] for row in sheets["roles"]} == {row["code"] for row in sheets["people"]}


def test_each_dispatching_branch_and_desk_has_one_secretary_and_a_group_has_none(sheets, holders):
    for branch in sheets["branches"]:
        expected = 0 if branch["kind"] == BranchKind.GROUP else 1
        assert len(holders[Role.SECRETARY, branch["code"]]) == expected


def test_each_branch_has_three_members_each_group_one_each_desk_two_officers(sheets, holders):
    for branch in sheets["branches"]:
        if branch["kind"] == BranchKind.DESK:
            assert 2 <= len(holders[Role.DESK_OFFICER, branch["code"]]) <= 3
        else:
            least = 1 if branch["kind"] == BranchKind.GROUP else 3
            assert len(holders[Role.MEMBER, branch["code"]]) >= least


def test_the_members_of_a_group_belong_to_the_nearest_branch_above_it(sheets, holders):
    codes = {row["code"] for row in sheets["branches"]}
    for group in (row for row in sheets["branches"] if row["kind"] == BranchKind.GROUP):
        grid = group["grid_code"]
        nearest = next(code for code in (f"B{grid[:15]}", f"B{grid[:12]}") if code in codes)
        assert holders[Role.MEMBER, group["code"]] <= holders[Role.MEMBER, nearest]


def test_each_village_has_a_grid_worker_and_each_township_a_supervisor(sheets, holders):
    for grid in sheets["grids"]:
        if grid["level"] == "2":
            assert holders[Role.GRID_WORKER, f"B{grid['code']}"]
        if grid["level"] == "1":
            assert len(holders[Role.SUPERVISOR, grid["code"]]) == 1
    assert len(holders[Role.SUPERVISOR, "141123"]) == 2
    assert len(holders[Role.ADMINISTRATOR, "141123"]) == 1


def test_members_have_one_to_three_skills_and_room_for_one_to_four_orders(sheets):
    for row in sheets["people"]:
        if row["name"].startswith(("演示党员", "演示双报到")):
            assert 1 <= len(row["skills"].split()) <= 3
            assert 1 <= int(row["capacity"]) <= 4


def test_each_community_of_the_shown_township_has_three_in_service_members_and_no_other_branch_has_any(sheets, holders):
    communities = {
        grid["code"]
        for grid in sheets["grids"]
        if grid["parent_code"] == SHOWN_VILLAGE[:9] and grid["name"].endswith("社区居委会")
    }
    paired = {place: people for (role, place), people in holders.items() if role is Role.IN_SERVICE}
    assert SHOWN_VILLAGE in communities
    assert paired.keys() == {f"B{code}" for code in communities}
    assert {len(people) for people in paired.values()} == {3}
    last = [row["code"] for row in sheets["people"][-24:]]
    assert set(last) == set().union(*paired.values()), "behind all others, whose numbers stay as they were"


def test_670_households_on_units_are_looked_after_by_60_members_of_their_village(sheets, holders):
    kinds = {row["code"]: row["kind"] for row in sheets["grids"]}
    households = sheets["households"]
    assert len(households) == 670
    assert len({row["carer_code"] for row in households}) == 60
    for row in households:
        assert kinds[row["grid_code"]] == "unit"
        assert row["carer_code"] in holders[Role.MEMBER, f"B{row['grid_code'][:12]}"]
        assert re.fullmatch(r"演示门牌\d{1,2}号", row["house"])


def test_the_demo_accounts_exist_with_the_roles_they_claim(sheets):
    phones = {row["code"]: row["phone"] for row in sheets["people"]}
    roles = {(row["person_code"], row["role"]) for row in sheets["roles"]}
    shown = accounts()
    assert len({account.phone for account in shown}) == len(shown)
    for account in shown:
        assert phones[account.person_code] == account.phone
        assert (account.person_code, account.role) in roles
        assert account.zh
        assert account.en
    assert {account.role for account in shown} == set(Role) - {Role.HEAD}
    assert DEMO_PASSWORD == "yanshi-2026"


def test_among_the_accounts_is_a_carer_of_the_shown_village(sheets):
    carers = {row["carer_code"] for row in sheets["households"] if row["grid_code"].startswith(SHOWN_VILLAGE)}
    assert len(carers & {account.person_code for account in accounts()}) == 1
