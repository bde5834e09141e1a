"""The accounts that a visitor of the demonstration may log in with."""

from dataclasses import dataclass

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


def accounts() -> list[DemoAccount]:
    """Give a handful of accounts from the county's desk down to a member of one community."""
    sheets = county()
    township = SHOWN_VILLAGE[:9]
    village, committee, desk = f"B{SHOWN_VILLAGE}", f"B{COUNTY}", f"D{township}"
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
    supervisor, secretary = Role.SUPERVISOR, Role.SECRETARY
    return [
        account(holders(Role.ADMINISTRATOR, COUNTY)[0], Role.ADMINISTRATOR, "县管理员", "administrator"),
        account(holders(supervisor, COUNTY)[0], supervisor, "县督办员", "county supervisor"),
        account(holders(secretary, COUNTY, committee)[0], secretary, "县级派单书记", "secretary at the county"),
        account(holders(supervisor, township)[0], supervisor, "蔚汾镇督办员", "supervisor of Weifen town"),
        account(
            holders(secretary, township, desk)[0], secretary, "蔚汾镇便民服务中心负责人", "head of the town's desk"
        ),
        account(
            holders(Role.DESK_OFFICER, township, desk)[0],
            Role.DESK_OFFICER,
            "蔚汾镇便民服务中心承办人",
            "officer at the town's desk",
        ),
        account(
            holders(secretary, SHOWN_VILLAGE, village)[0],
            secretary,
            "东城社区书记",
            "branch secretary of Dongcheng community",
        ),
        account(first, Role.MEMBER, "东城社区党员", "member in Dongcheng community"),
        account(second, Role.MEMBER, "东城社区另一位党员", "another member there"),
        account(carer, Role.MEMBER, "东城社区包联党员", "member there who looks after households"),
        account(
            holders(Role.GRID_WORKER, SHOWN_VILLAGE, village)[0],
            Role.GRID_WORKER,
            "东城社区网格员",
            "grid worker of Dongcheng community",
        ),
    ]
