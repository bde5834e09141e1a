"""The endpoints of administrators: what stands, its files, what rules would come to, and people, a row each."""

from pydantic import TypeAdapter

from dispatch.domain import errors
from dispatch.http import (
    calendar,
    calendar_shapes,
    county,
    county_shapes,
    forecast_shapes,
    people,
    people_shapes,
    policy,
    policy_shapes,
)
from dispatch.http.endpoints import API, WRITING, Endpoint, Large, Login
from dispatch.usecases.policy import must_administer_all

_PERSON = f"{API}/people/{{code}}"
_ADMINISTERING = (errors.Unauthenticated, errors.NotYours)
_OF_A_PERSON = (*_ADMINISTERING, errors.PersonNotFound)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", f"{API}/county", county.show, "县资料概况（管理员）", "What stands in the county",
        county_shapes.CountyOverview, login=Login.REQUIRED, refusals=_ADMINISTERING,
    ),
    Endpoint(
        "POST", f"{API}/county/imports", county.check, "核对县资料文件（全县管理员；不写入）",
        "Check the county's files (nothing is written)", county_shapes.ImportReport,
        body=TypeAdapter(county_shapes.CountyFiles), login=Login.REQUIRED, refusals=(*_ADMINISTERING, *WRITING),
        large=Large(county_shapes.MOST_CONTENT, must_administer_all),
    ),
    Endpoint(
        "POST", f"{API}/county/imports/{{id}}", county.bring_in, "导入核对过的文件（全县管理员）",
        "Bring in the files that were checked", county_shapes.ImportReport, login=Login.REQUIRED,
        refusals=(*_ADMINISTERING, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/policy/preview", policy.preview, "规则改动预览（全县管理员；不写入）",
        "Preview a policy (nothing is written)", forecast_shapes.PolicyPreview,
        body=TypeAdapter(policy_shapes.PolicyDocument), login=Login.REQUIRED, refusals=(*_ADMINISTERING, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/policy/whatif", policy.tried, "用历史工单试算规则（全县管理员；不写入）",
        "Try a policy on recorded history (nothing is written)", forecast_shapes.PolicyTried,
        body=TypeAdapter(forecast_shapes.PolicyTrial), login=Login.REQUIRED, refusals=(*_ADMINISTERING, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/calendar/preview", calendar.preview_days, "工作日和休息日改动预览（管理员；不写入）",
        "Preview days of the calendar (nothing is written)", forecast_shapes.CalendarPreview,
        body=TypeAdapter(calendar_shapes.CalendarDays), login=Login.REQUIRED,
        refusals=(*_ADMINISTERING, errors.NoWorkingDays, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/calendar/import/preview", calendar.preview_year, "一年假期的导入预览（管理员；不写入）",
        "Preview a year's holidays (nothing is written)", forecast_shapes.CalendarPreview,
        query=calendar_shapes.GridQuery, body=TypeAdapter(calendar_shapes.HolidayFile), login=Login.REQUIRED,
        refusals=(*_ADMINISTERING, errors.NoWorkingDays, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/people/search", people.seek, "查人（管理员）", "Find people", people_shapes.People,
        body=TypeAdapter(people_shapes.PeopleSought), login=Login.REQUIRED, refusals=(*_ADMINISTERING, *WRITING),
    ),
    Endpoint(
        "GET", _PERSON, people.show, "一个人及其角色（管理员）", "One person with their roles",
        people_shapes.PersonAnswer, login=Login.REQUIRED, refusals=_OF_A_PERSON,
    ),
    Endpoint(
        "POST", f"{_PERSON}/roles", people.give_role, "授予角色（管理员）", "Give a role",
        people_shapes.PersonAnswer, status=201, body=TypeAdapter(people_shapes.RoleGiven), login=Login.REQUIRED,
        refusals=(*_OF_A_PERSON, *WRITING),
    ),
    Endpoint(
        "POST", f"{_PERSON}/roles/{{number}}/end", people.end_role, "终止角色（管理员）", "End a role",
        people_shapes.PersonAnswer, body=TypeAdapter(people_shapes.RoleEnded), login=Login.REQUIRED,
        refusals=(*_OF_A_PERSON, *WRITING),
    ),
    Endpoint(
        "PUT", f"{_PERSON}/password", people.set_password, "重设密码（管理员）", "Set somebody's password",
        people_shapes.PersonAnswer, body=TypeAdapter(people_shapes.PasswordSet), login=Login.REQUIRED,
        refusals=(*_OF_A_PERSON, *WRITING),
    ),
    Endpoint(
        "PUT", f"{_PERSON}/active", people.set_active, "停用或恢复一个人（管理员）", "Keep somebody out or let them in",
        people_shapes.ActiveAnswer, body=TypeAdapter(people_shapes.ActiveSet), login=Login.REQUIRED,
        refusals=(*_OF_A_PERSON, *WRITING),
    ),
)  # fmt: skip
