"""The endpoints, a row each; ``app`` routes them and ``openapi`` documents them."""

from pydantic import TypeAdapter

from dispatch.domain import errors
from dispatch.http import (
    act_bodies,
    answers,
    bodies,
    bulk,
    bulk_shapes,
    calendar,
    calendar_shapes,
    county_acts,
    county_acts_shapes,
    drafting,
    drafting_shapes,
    emergencies,
    emergencies_shapes,
    foreseeing,
    foreseeing_shapes,
    grids,
    households,
    merging,
    merging_bodies,
    merging_shapes,
    order_shapes,
    orders,
    pledges,
    pledges_shapes,
    policy,
    policy_shapes,
    projects,
    projects_shapes,
    reports,
    reports_shapes,
    sessions,
    settings,
    settings_shapes,
    similar,
    similar_shapes,
    together,
    together_shapes,
    tree,
    tree_shapes,
)
from dispatch.http.endpoints import Endpoint, Login

API = "/api/v1"

_SEEING = (errors.Unauthenticated, errors.NotYours, errors.WrongQueryCode, errors.OrderNotFound, errors.TooMany)
_WRITING = (errors.BrokenBody, errors.WrongContentType, errors.TooLarge, errors.BodyTooSlow, errors.Invalid)
_ANSWERING = (errors.Taken, errors.OfferEnded, errors.WaitedBefore)
_TOGETHER = (
    errors.AlreadyAsked, errors.ReturnsBinding, errors.NobodyAbove, errors.ExtendedBefore, errors.TooLateToExtend,
    errors.ReviewPassed, errors.AnswersOpen, errors.NothingToAppeal, errors.UrgedToday,
    errors.NotMerged,
)  # fmt: skip
_ORDER = f"{API}/orders/{{id}}"
_PROJECT = f"{API}/projects/{{id}}"
_SEEING_PROJECT = (errors.Unauthenticated, errors.ProjectNotFound)
_STEPPING = (errors.NotYours, errors.ProjectClosed, errors.TooManySteps, errors.KeyReused)

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", f"{API}/sessions", sessions.log_in, "登录", "Log in", answers.SessionAnswer, status=201,
        body=TypeAdapter(bodies.LogIn), login=Login.NO,
        refusals=(errors.WrongPassword, errors.TooMany, *_WRITING),
    ),
    Endpoint(
        "DELETE", f"{API}/sessions", sessions.log_out, "退出登录", "Log out", None, status=204,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated,),
    ),
    Endpoint(
        "GET", f"{API}/me", sessions.me, "我是谁，有哪些角色", "Who I am and my roles", answers.MeAnswer,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated,),
    ),
    Endpoint(
        "GET", f"{API}/me/settings", settings.show, "我的服务设置", "My settings", settings_shapes.SettingsAnswer,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated,),
    ),
    Endpoint(
        "PUT", f"{API}/me/settings", settings.change, "修改我的服务设置", "Change my settings",
        settings_shapes.SettingsAnswer, body=TypeAdapter(settings_shapes.SettingsBody), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, *_WRITING),
    ),
    Endpoint(
        "GET", f"{API}/me/leaves", settings.leaves, "我的请假", "My leaves", settings_shapes.Leaves,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated,),
    ),
    Endpoint(
        "POST", f"{API}/me/leaves", settings.take_leave, "请假", "Take a leave", settings_shapes.LeaveTakenAnswer,
        status=201, body=TypeAdapter(settings_shapes.LeaveBody), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, *_WRITING),
    ),
    Endpoint(
        "DELETE", f"{API}/me/leaves/{{id}}", settings.end_leave, "销假或取消请假", "End a leave", None, status=204,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.LeaveNotFound),
    ),
    Endpoint(
        "GET", f"{API}/me/households", households.listing, "我包联和服务的住户", "The households I look after or serve",
        households.Households, query=households.HouseholdQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/drafts", drafting.draft, "粘贴聊天消息，得到点单草稿（不登记）",
        "Paste a chat message, get a draft (nothing is filed)", drafting_shapes.DraftAnswer,
        body=TypeAdapter(drafting_shapes.Pasted), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, *_WRITING),
    ),
    Endpoint(
        "POST", f"{API}/orders", orders.submit, "点单（无需登录；代点单须登录）", "File an order (no login needed)",
        order_shapes.FiledAnswer, status=201, body=TypeAdapter(bodies.Submit), key_header=True,
        refusals=(*_WRITING, errors.KeyReused, errors.Unauthenticated, errors.NotYours),
    ),
    Endpoint(
        "GET", f"{API}/orders", orders.listing, "我能看到的工单", "The orders I may see", order_shapes.OrderPage,
        query=bodies.ListQuery, login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.Invalid),
    ),
    Endpoint(
        "GET", _ORDER, orders.show, "一个工单", "One order", order_shapes.OrderAnswer,
        code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/events", orders.history, "工单经过（台账）", "An order's history (ledger)",
        order_shapes.Events, code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/route", orders.way, "为什么派到这里", "Why it went there", order_shapes.RouteAnswer,
        code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/deadlines", foreseeing.deadlines, "各项时限，逐日说明",
        "Every deadline, explained day by day", foreseeing_shapes.Deadlines, code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/forecast", foreseeing.forecast, "若无人处理，将会怎样",
        "What will happen if nobody does anything", foreseeing_shapes.ForecastAnswer,
        code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/candidates", orders.candidates, "可派的承办人及理由", "Whom it could be offered to, and why",
        answers.Candidates, login=Login.REQUIRED, refusals=_SEEING,
    ),
    Endpoint(
        "GET", f"{_ORDER}/similar", similar.of_order, "可能重复的工单", "Orders it may be a duplicate of",
        similar_shapes.SimilarOrders, code_header=True, refusals=_SEEING,
    ),
    Endpoint(
        "POST", f"{API}/similar", similar.before_filing, "登记之前，看有无重复的工单（代点单）",
        "Before filing: orders it may be a duplicate of", similar_shapes.SimilarOrders,
        body=TypeAdapter(similar_shapes.Unfiled), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, *_WRITING),
    ),
    Endpoint(
        "POST", f"{_ORDER}/actions", orders.act, "对工单做一个动作", "Do something to an order",
        order_shapes.OrderAnswer, body=act_bodies.ACT, code_header=True, key_header=True,
        refusals=(*_SEEING, *_WRITING, errors.KeyReused, errors.NotNow, errors.Stale, *_ANSWERING, *_TOGETHER),
    ),
    Endpoint(
        "POST", f"{API}/orders/batch", bulk.act, "批处理：对多个工单做同一个动作，逐单成败",
        "Do the same to many orders, each for itself", bulk_shapes.ManyDone,
        body=TypeAdapter(bulk_shapes.ManyOrders), key_header=True, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, *_WRITING),
    ),
    Endpoint(
        "POST", f"{API}/merges", merging.merge, "并单：把几个工单并入一个，全部或全不",
        "Merge several orders into one, all or none", merging_shapes.MergedAnswer,
        body=TypeAdapter(merging_bodies.Merges), key_header=True, login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.OrderNotFound, errors.KeyReused, errors.NotNow,
            errors.Stale, *_WRITING,
        ),
    ),
    Endpoint(
        "GET", f"{_ORDER}/merged", merging.parts, "并入这一单的工单，及其补充情况",
        "The orders merged into it, and what was noted there", merging_shapes.Parts, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.OrderNotFound),
    ),
    Endpoint(
        "GET", f"{API}/decisions", together.decisions, "等我审批的工单", "What waits for my decision",
        together_shapes.Decisions, query=together_shapes.WaitingQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/assists", together.assists, "等我单位会办答复的工单", "What waits for my unit's answer",
        together_shapes.AssistsWanted, query=together_shapes.WaitingQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.Invalid),
    ),
    Endpoint(
        "GET", f"{API}/follow-ups", together.follow_ups, "等我回访的工单", "Residents I may ask how it went",
        together_shapes.FollowUpsWanted, query=together_shapes.WaitingQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.Invalid),
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
        refusals=(errors.Unauthenticated, errors.NotYours, errors.PolicyMoved, *_WRITING),
    ),
    Endpoint(
        "GET", f"{API}/calendar", calendar.show, "工作日历的一个月（管理员）", "A month of the working calendar",
        calendar_shapes.CalendarAnswer, query=calendar_shapes.CalendarQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "PUT", f"{API}/calendar/days", calendar.put_days, "设定工作日和休息日（管理员）", "Set days of the calendar",
        calendar_shapes.CalendarChanged, body=TypeAdapter(calendar_shapes.CalendarDays), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.NoWorkingDays, *_WRITING),
    ),
    Endpoint(
        "POST", f"{API}/calendar/import", calendar.import_year, "导入一年的假期（管理员）", "Import a year's holidays",
        calendar_shapes.CalendarChanged, query=calendar_shapes.GridQuery,
        body=TypeAdapter(calendar_shapes.HolidayFile), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.NoWorkingDays, *_WRITING),
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
        "POST", f"{API}/emergencies", emergencies.declare, "启动平急转换（督办员）", "Declare an emergency",
        emergencies_shapes.EmergencyAnswer, status=201, body=TypeAdapter(emergencies_shapes.EmergencyBody),
        login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.EmergencyOverlaps, *_WRITING),
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
            errors.EmergencyOverlaps, *_WRITING,
        ),
    ),
    Endpoint(
        "POST", f"{API}/grids/{{code}}/assign-batch", emergencies.assign_batch, "急时批量派单（督办员）",
        "Spread waiting orders over members in an emergency", emergencies_shapes.BatchAnswer,
        body=TypeAdapter(emergencies_shapes.BatchBody), key_header=True, login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.GridNotFound, errors.NotInEmergency,
            errors.BatchUnderWay, *_WRITING,
        ),
    ),
    Endpoint(
        "POST", f"{API}/tree/preview", tree.preview, "网格调整预览（管理员；不写入）",
        "Preview a change of the tree (nothing is written)", tree_shapes.TreePreview,
        body=TypeAdapter(tree_shapes.TreeList), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, *_WRITING),
    ),
    Endpoint(
        "POST", f"{API}/tree/changes", tree.ask, "网格调整：立即或到期生效（管理员）",
        "Change the tree, now or on its day", tree_shapes.TreeVersion, status=201,
        body=TypeAdapter(tree_shapes.TreeChanges), key_header=True, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, *_WRITING),
    ),
    Endpoint(
        "GET", f"{API}/tree/versions", tree.listing, "网格调整的各个版本", "The versions of the tree",
        tree_shapes.TreeVersions, query=tree_shapes.TreeVersionsQuery, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.Invalid),
    ),
    Endpoint(
        "POST", f"{API}/projects", projects.open_, "立项（书记、督办员）", "Open a project",
        projects_shapes.ProjectAnswer, status=201, body=TypeAdapter(projects_shapes.ProjectBody), key_header=True,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, *_WRITING),
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
        refusals=(*_SEEING_PROJECT, errors.NotYours, errors.ProjectClosed, *_WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/steps", projects.add_steps, "列步骤（牵头人）", "File steps (the leader)",
        projects_shapes.ProjectAnswer, status=201, body=TypeAdapter(projects_shapes.ProjectStepsBody),
        key_header=True, login=Login.REQUIRED, refusals=(*_SEEING_PROJECT, *_STEPPING, *_WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/steps/import", projects.import_steps, "从表格列步骤（牵头人）",
        "File the steps of a sheet (the leader)", projects_shapes.ProjectImported,
        body=TypeAdapter(projects_shapes.ProjectSheet), key_header=True, login=Login.REQUIRED,
        refusals=(*_SEEING_PROJECT, *_STEPPING, *_WRITING),
    ),
    Endpoint(
        "POST", f"{_PROJECT}/close", projects.close, "结项", "Close a project", projects_shapes.ProjectAnswer,
        body=TypeAdapter(projects_shapes.ProjectClosing), login=Login.REQUIRED,
        refusals=(*_SEEING_PROJECT, errors.NotYours, errors.StepsOpen, *_WRITING),
    ),
    Endpoint(
        "GET", f"{_PROJECT}/ledger", projects.ledger, "项目台账", "A project's ledger",
        projects_shapes.ProjectLedger, login=Login.REQUIRED, refusals=_SEEING_PROJECT,
    ),
    Endpoint(
        "POST", f"{API}/pledges", pledges.pledge, "报诺（党员本人）", "Pledge (a member, for themself)",
        order_shapes.OrderAnswer, status=201, body=TypeAdapter(pledges_shapes.PledgeBody), key_header=True,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated, errors.NotYours, errors.KeyReused, *_WRITING),
    ),
    Endpoint(
        "GET", f"{API}/pledges", pledges.published, "已亮诺的承诺（公开）", "The published pledges (for everybody)",
        pledges_shapes.Pledges, query=pledges_shapes.PledgeQuery,
        refusals=(errors.Unauthenticated, errors.Invalid),
    ),
)  # fmt: skip
