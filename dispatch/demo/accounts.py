"""The accounts that a visitor of the demonstration may log in with."""

from dataclasses import dataclass
from functools import cache

from dispatch.demo.county import SHOWN_VILLAGE, county
from dispatch.demo.grids import COUNTY
from dispatch.domain.vocabulary import Role


@dataclass(frozen=True, slots=True)
class DemoAccount:
    """One login, with what it shows in Chinese and in English."""

    phone: str
    person_code: str
    role: Role
    zh: str
    en: str


@cache  # the whole county is made for them
def accounts() -> tuple[DemoAccount, ...]:
    """Give a handful of accounts from the county's desk down to a member of one community."""
    sheets = county()
    township = SHOWN_VILLAGE[:9]
    village, town, county_committee = (f"B{code}" for code in (SHOWN_VILLAGE, township, COUNTY))
    phones = {row["code"]: row["phone"] for row in sheets["people"]}
    carers = {row["carer_code"] for row in sheets["households"]}

    def holders(role: Role, grid: str, branch: str = "") -> list[str]:
        return [
            row["person_code"]
            for row in sheets["roles"]
            if (row["role"], row["grid_code"], row["branch_code"]) == (role.value, grid, branch)
        ]

    def account(person: str, role: Role, zh: str, en: str) -> DemoAccount:
        return DemoAccount(phones[person], person, role, zh, en)

    members = holders(Role.MEMBER, SHOWN_VILLAGE, village)
    carer = next(person for person in members if person in carers)
    first, second = [person for person in members if person != carer][:2]
    desks, supervisor, secretary, officer = "D", Role.SUPERVISOR, Role.SECRETARY, Role.DESK_OFFICER
    shown = [
        (holders(Role.ADMINISTRATOR, COUNTY), Role.ADMINISTRATOR, "县管理员", "administrator"),
        (holders(supervisor, COUNTY), supervisor, "县督办员", "county supervisor"),
        (holders(secretary, COUNTY, county_committee), secretary, "县级派单书记", "secretary at the county"),
        (holders(secretary, COUNTY, desks + COUNTY), secretary, "县职能部门负责人", "head of the county's desk"),
        (holders(supervisor, township), supervisor, "蔚汾镇督办员", "supervisor of Weifen town"),
        (holders(secretary, township, town), secretary, "蔚汾镇派单书记", "secretary of Weifen town"),
        (holders(secretary, township, desks + township), secretary, "蔚汾镇便民中心负责人", "head of the town's desk"),
        (holders(officer, township, desks + township), officer, "蔚汾镇便民中心承办人", "officer at the town's desk"),
        (holders(secretary, SHOWN_VILLAGE, village), secretary, "东城社区书记", "secretary of Dongcheng community"),
        ([first], Role.MEMBER, "东城社区党员", "member in Dongcheng community"),
        ([second], Role.MEMBER, "东城社区另一位党员", "another member there"),
        ([carer], Role.MEMBER, "东城社区包联党员", "member there who looks after households"),
        (holders(Role.GRID_WORKER, SHOWN_VILLAGE, village), Role.GRID_WORKER, "东城社区网格员", "grid worker there"),
        (
            holders(Role.IN_SERVICE, SHOWN_VILLAGE, village),
            Role.IN_SERVICE,
            "东城社区双报到党员",
            "in-service member who comes in there",
        ),
    ]
    return tuple(account(people[0], role, zh, en) for people, role, zh, en in shown)
