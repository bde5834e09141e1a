"""Who plays in the demonstration: everybody's telephone number, and who dispatches and supervises where."""

from dataclasses import dataclass

from dispatch.demo.county import county
from dispatch.demo.grids import COUNTY, TOWNSHIP
from dispatch.domain.vocabulary import BranchKind, Owner, Role


@dataclass(frozen=True, slots=True)
class Household:
    """A household looked after (包联), with the telephone number of the member who does so."""

    code: str
    grid: str
    carer_phone: str


@dataclass(frozen=True)
class Cast:
    """The people of the demo county.

    Attributes:
        phones: telephone number by a person's code.
        secretaries: telephone number of a branch's secretary by the branch's code.
        supervisors: telephone number of a supervisor by the code of the grid they supervise.
        overseers: telephone numbers of all who supervise the whole county.
        committees: telephone number of the committee's secretary by the code of the township or county.
        seats: the code of the grid a branch sits on, by the branch's code.
        levels: a grid's level in the tree by its code; 0 is the county.
        names: a grid's name by its code.
        siblings: another small category of the same kind, by a small category's code.
        households: those that are looked after.
        parents: the code of the grid above, by a grid's code.
        servants: who serves in a branch or at a desk, by its code: their own codes.
        takes: the branches and desks on a grid, by its code, each with the categories it takes (none: all).
        departmental: the small categories that only a desk handles.
    """

    phones: dict[str, str]
    secretaries: dict[str, str]
    supervisors: dict[str, str]
    overseers: list[str]
    committees: dict[str, str]
    seats: dict[str, str]
    levels: dict[str, int]
    names: dict[str, str]
    siblings: dict[str, str]
    households: list[Household]
    parents: dict[str, str]
    servants: dict[str, list[str]]
    takes: dict[str, list[tuple[str, str, frozenset[str]]]]
    departmental: frozenset[str]

    @property
    def county_supervisor(self) -> str:
        """The telephone number of somebody who sees every order of the county."""
        return self.supervisors[COUNTY]

    @property
    def townships(self) -> list[str]:
        """The codes of the townships, in their order."""
        return sorted(code for code, level in self.levels.items() if level == TOWNSHIP)

    def township(self, grid: str) -> str:
        """Give the township that a grid lies in or is; the county for the county itself and for what is unknown."""
        while self.levels.get(grid, 0) > TOWNSHIP:
            grid = self.parents[grid]
        return grid if self.levels.get(grid) == TOWNSHIP else COUNTY

    def probably(self, category: str, grid: str) -> str | None:
        """Guess the branch that an order goes to, so that its people can be there in time; the service decides."""
        desk = category in self.departmental
        while grid:
            for branch, kind, categories in self.takes.get(grid, ()):
                fits = not categories or category in categories or category[:2] in categories
                if fits and (kind == BranchKind.DESK.value) == desk and kind != BranchKind.GROUP.value:
                    return branch
            grid = self.parents.get(grid, "")
        return None

    def level_of(self, branch: str | None) -> int:
        """Give the level in the tree that a branch sits on; the county's for one that is unknown."""
        return self.levels.get(self.seats.get(branch or "", COUNTY), 0)

    def dispatcher(self, branch: str | None, *, own: bool) -> str:
        """Give the telephone number of somebody who dispatches for a branch.

        Args:
            branch: the branch that holds the order.
            own: its own secretary; otherwise, below the township, the secretary of the township's committee.
        """
        seat = self.seats.get(branch or "", COUNTY)
        own = own or self.levels[seat] <= TOWNSHIP
        found = self.secretaries.get(branch or "") if own else self.committees.get(self.township(seat))
        return found or self.county_supervisor


def cast() -> Cast:
    """Read everybody out of the demo county's sheets."""
    sheets = county()
    phones = {row["code"]: row["phone"] for row in sheets["people"]}
    seats = {row["code"]: row["grid_code"] for row in sheets["branches"]}
    secretaries: dict[str, str] = {}
    supervisors: dict[str, str] = {}
    overseers: list[str] = []
    for row in sheets["roles"]:
        phone = phones[row["person_code"]]
        if row["role"] == Role.SECRETARY.value:
            secretaries.setdefault(row["branch_code"], phone)
        elif row["role"] == Role.SUPERVISOR.value:
            supervisors.setdefault(row["grid_code"], phone)
            overseers += [phone] * (row["grid_code"] == COUNTY)
    return Cast(
        phones=phones,
        secretaries=secretaries,
        supervisors=supervisors,
        overseers=overseers,
        committees={
            row["grid_code"]: secretaries[row["code"]]
            for row in sheets["branches"]
            if row["kind"] == BranchKind.COMMITTEE.value
        },
        seats=seats,
        levels={row["code"]: int(row["level"]) for row in sheets["grids"]},
        names={row["code"]: row["name"] for row in sheets["grids"]},
        siblings=_siblings(sheets["categories"]),
        households=[
            Household(row["code"], row["grid_code"], phones[row["carer_code"]]) for row in sheets["households"]
        ],
        parents={row["code"]: row["parent_code"] for row in sheets["grids"]},
        servants=_servants(sheets["roles"]),
        takes=_takes(sheets["branches"]),
        departmental=frozenset(row["code"] for row in sheets["categories"] if row["owner"] == Owner.DEPARTMENT.value),
    )


def _servants(roles: list[dict[str, str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for row in roles:
        if row["role"] in (Role.MEMBER.value, Role.DESK_OFFICER.value):
            found.setdefault(row["branch_code"], []).append(row["person_code"])
    return found


def _takes(branches: list[dict[str, str]]) -> dict[str, list[tuple[str, str, frozenset[str]]]]:
    found: dict[str, list[tuple[str, str, frozenset[str]]]] = {}
    for row in branches:
        taken = (row["code"], row["kind"], frozenset(row["categories"].split()))
        found.setdefault(row["grid_code"], []).append(taken)
    return found


def _siblings(categories: list[dict[str, str]]) -> dict[str, str]:
    """Pair each small category with the next of the same large one, owner and urgency."""
    alike: dict[tuple[str, str, str], list[str]] = {}
    for row in categories:
        if row["parent_code"]:
            alike.setdefault((row["parent_code"], row["owner"], row["urgency"]), []).append(row["code"])
    return {
        code: codes[(place + 1) % len(codes)]
        for codes in alike.values()
        for place, code in enumerate(codes)
        if len(codes) > 1
    }
