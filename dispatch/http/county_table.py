"""The endpoints of the county: its grids, rules, reports, emergencies, projects and pledges, a row each."""

from pydantic import TypeAdapter

from dispatch.domain import errors
from dispatch.http import (
    answers,
    bodies,
    calendar,
    calendar_shapes,
    counters,
    counters_shapes,
    county_acts,
    county_acts_shapes,
    emergencies,
    emergencies_shapes,
    grids,
    order_shapes,
    pledges,
    pledges_shapes,
    policy,
    policy_shapes,
    projects,
    projects_shapes,
    reports,
    reports_shapes,
    statistics,
    statistics_shapes,
    tree,
    tree_shapes,
)
from dispatch.http.endpoints import API, WRITING, Endpoint, Login

_PROJECT = f"{API}/projects/{{id}}"
_SEEING_PROJECT = (errors.Unauthenticated, errors.ProjectNotFound)
_STEPPING = (errors.NotYours, errors.ProjectClosed, errors.TooManySteps, errors.KeyReused)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "GET", f"{API}/board", counters.show_board, "支部的看板", "A branch's board", counters_shapes.BoardAnswer,
        query=counters_shapes.BoardQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/board/mark", counters.show_mark, "看板有没有变", "Whether a board has changed",
        counters_shapes.MarkAnswer, query=counters_shapes.MarkQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/counters", counters.show, "县、乡镇、村的计数", "The counters of a county or a part of it",
        counters_shapes.CountersAnswer, query=counters_shapes.CountersQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/grids/locate", grids.locate, "地点属于哪个网格", "Which grid a place belongs to",
        answers.Located,
        query=bodies.LocateQuery, login=Login.NO, refusals=(errors.GridNotFound, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/grids/{{code}}", grids.show, "一个网格", "One grid", answers.GridAnswer,
        login=Login.NO, refusals=(errors.GridNotFound,),
    ),
    Endpoint(
        "GET", f"{API}/grids/{{code}}/children", grids.children, "下一级网格", "The grids right below", answers.Grids,
        login=Login.NO, refusals=(errors.GridNotFound,),
    ),
    Endpoint(
        "GET", f"{API}/grids/{{code}}/outlines", grids.outlines, "下一级网格的边界（GeoJSON）",
        "The outlines of the grids right below, as GeoJSON", statistics_shapes.Outlines,
        login=Login.NO, refusals=(errors.GridNotFound,),
    ),
    Endpoint(
        "GET", f"{API}/lifecycle", grids.table, "工单的一生", "The life of an order", answers.LifecycleAnswer,
        login=Login.NO,
    ),
    Endpoint(
        "GET", f"{API}/categories", grids.categories, "事项类别", "The categories", answers.CategoryAnswer,
        login=Login.NO,
    ),
    Endpoint(
        "GET", f"{API}/policy", policy.show, "时限与派单规则", "Clocks and the ladder of offers",
        policy_shapes.PolicyAnswer, login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.NotYours),
    ),
    Endpoint(
        "PUT", f"{API}/policy", policy.put, "替换时限与派单规则（全县管理员）", "Replace the policy (administrators)",
        policy_shapes.PolicyAnswer, body=TypeAdapter(policy_shapes.PolicyDocument), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.PolicyMoved, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/calendar", calendar.show, "工作日历的一个月（管理员）", "A month of the working calendar",
        calendar_shapes.CalendarAnswer, query=calendar_shapes.CalendarQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "PUT", f"{API}/calendar/days", calendar.put_days, "设定工作日和休息日（管理员）", "Set days of the calendar",
        calendar_shapes.CalendarChanged, body=TypeAdapter(calendar_shapes.CalendarDays), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.NoWorkingDays, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/calendar/import", calendar.import_year, "导入一年的假期（管理员）", "Import a year's holidays",
        calendar_shapes.CalendarChanged, query=calendar_shapes.GridQuery,
        body=TypeAdapter(calendar_shapes.HolidayFile), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.NoWorkingDays, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/county/acts", county_acts.listing, "决策台账（督办员和管理员）", "The county's own ledger",
        county_acts_shapes.CountyActs, query=county_acts_shapes.ActsQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/reports", reports.show, "报表：退单、挂账、回访、申诉",
        "Reports: returns, parking, follow-ups, appeals",
        reports_shapes.Report, query=reports_shapes.ReportQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/statistics", statistics.show, "统计：三率、13710 各节点、趋势、类别、负荷",
        "Figures: the three rates, the milestones of 13710, trends, categories, loads",
        statistics_shapes.Statistics, query=statistics_shapes.StatisticsQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/emergencies", emergencies.declare, "启动平急转换（督办员）", "Declare an emergency",
        emergencies_shapes.EmergencyAnswer, status=201, body=TypeAdapter(emergencies_shapes.EmergencyBody),
        login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.EmergencyOverlaps, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/emergencies", emergencies.listing, "平急转换列表", "The emergencies",
        emergencies_shapes.Emergencies, query=emergencies_shapes.EmergencyQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/emergencies/{{id}}/end", emergencies.end, "提前结束平急转换（督办员）", "End an emergency",
        emergencies_shapes.EmergencyAnswer, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.EmergencyNotFound, errors.EmergencyOver),
    ),
    Endpoint(
        "POST", f"{API}/emergencies/{{id}}/extend", emergencies.extend, "延长平急转换（督办员）", "Extend an emergency",
        emergencies_shapes.EmergencyAnswer, body=TypeAdapter(emergencies_shapes.EmergencyExtension),
        login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.EmergencyNotFound, errors.EmergencyOver,
            errors.EmergencyOverlaps, *WRITING,
        ),
    ),
    Endpoint(
        "POST", f"{API}/grids/{{code}}/assign-batch", emergencies.assign_batch, "急时批量派单（督办员）",
        "Spread waiting orders over members in an emergency", emergencies_shapes.BatchAnswer,
        body=TypeAdapter(emergencies_shapes.BatchBody), key_header=True, login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.GridNotFound, errors.NotInEmergency,
            errors.BatchUnderWay, *WRITING,
        ),
    ),
    Endpoint(
        "POST", f"{API}/tree/preview", tree.preview, "网格调整预览（管理员；不写入）",
        "Preview a change of the tree (nothing is written)", tree_shapes.TreePreview,
        body=TypeAdapter(tree_shapes.TreeList), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/tree/changes", tree.ask, "网格调整：立即或到期生效（管理员）",
        "Change the tree, now or on its day", tree_shapes.TreeVersion, status=201,
        body=TypeAdapter(tree_shapes.TreeChanges), key_header=True, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, errors.TreeBusy, *WRITING),
    ),
    Endpoint(
        "DELETE", f"{API}/tree/versions/{{number}}", tree.cancel, "撤回待生效的网格调整（管理员）",
        "Take back a change of the tree that waits for its day", tree_shapes.TreeVersion, login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.VersionNotFound, errors.VersionOver, errors.TreeBusy,
        ),
    ),
    Endpoint(
        "GET", f"{API}/tree/versions", tree.listing, "网格调整的各个版本", "The versions of the tree",
        tree_shapes.TreeVersions, query=tree_shapes.TreeVersionsQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/projects", projects.open_, "立项（书记、督办员）", "Open a project",
        projects_shapes.ProjectAnswer, status=201, body=TypeAdapter(projects_shapes.ProjectBody), key_header=True,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/projects", projects.listing, "项目列表", "The projects", projects_shapes.Projects,
        query=projects_shapes.ProjectQuery, login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.Invalid),
    ),
    Endpoint(
        "GET", _PROJECT, projects.show, "一个项目及其步骤", "One project with its steps",
        projects_shapes.ProjectAnswer, login=Login.REQUIRED, refusals=_SEEING_PROJECT,
    ),
    Endpoint(
        "PATCH", _PROJECT, projects.change, "调整项目的牵头人或专班", "Change a project's leader or task force",
        projects_shapes.ProjectAnswer, body=TypeAdapter(projects_shapes.ProjectChange), login=Login.REQUIRED,
        refusals=(*_SEEING_PROJECT, errors.NotYours, errors.ProjectClosed, *WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/steps", projects.add_steps, "列步骤（牵头人）", "File steps (the leader)",
        projects_shapes.ProjectAnswer, status=201, body=TypeAdapter(projects_shapes.ProjectStepsBody),
        key_header=True, login=Login.REQUIRED, refusals=(*_SEEING_PROJECT, *_STEPPING, *WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/steps/import", projects.import_steps, "从表格列步骤（牵头人）",
        "File the steps of a sheet (the leader)", projects_shapes.ProjectImported,
        body=TypeAdapter(projects_shapes.ProjectSheet), key_header=True, login=Login.REQUIRED,
        refusals=(*_SEEING_PROJECT, *_STEPPING, *WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/close", projects.close, "结项", "Close a project", projects_shapes.ProjectAnswer,
        body=TypeAdapter(projects_shapes.ProjectClosing), login=Login.REQUIRED,
        refusals=(*_SEEING_PROJECT, errors.NotYours, errors.NoSteps, errors.StepsOpen, *WRITING),
    ),
    Endpoint(
        "GET", f"{_PROJECT}/ledger", projects.ledger, "项目台账", "A project's ledger",
        projects_shapes.ProjectLedger, login=Login.REQUIRED, refusals=_SEEING_PROJECT,
    ),
    Endpoint(
        "POST", f"{API}/pledges", pledges.pledge, "报诺（党员本人）", "Pledge (a member, for themself)",
        order_shapes.OrderAnswer, status=201, body=TypeAdapter(pledges_shapes.PledgeBody), key_header=True,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/pledges", pledges.published, "已亮诺的承诺（公开）", "The published pledges (for everybody)",
        pledges_shapes.Pledges, query=pledges_shapes.PledgeQuery,
        refusals=(errors.Unauthenticated, errors.Invalid),
    ),
)  # fmt: skip
