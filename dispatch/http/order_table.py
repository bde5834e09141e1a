"""The endpoints of people and of orders, a row each."""

from pydantic import TypeAdapter

from dispatch.domain import errors
from dispatch.http import (
    act_bodies,
    answers,
    bodies,
    bulk,
    bulk_shapes,
    contacts,
    drafting,
    drafting_shapes,
    foreseeing,
    foreseeing_shapes,
    households,
    merging,
    merging_bodies,
    merging_shapes,
    order_shapes,
    orders,
    photos,
    sessions,
    settings,
    settings_shapes,
    similar,
    similar_shapes,
    together,
    together_shapes,
)
from dispatch.http.endpoints import API, WRITING, Endpoint, Login

_SEEING = (errors.Unauthenticated, errors.NotYours, errors.WrongQueryCode, errors.OrderNotFound, errors.TooMany)
_ANSWERING = (errors.Taken, errors.OfferEnded, errors.WaitedBefore)
_TOGETHER = (
    errors.AlreadyAsked, errors.ReturnsBinding, errors.NobodyAbove, errors.ExtendedBefore, errors.TooLateToExtend,
    errors.ReviewPassed, errors.AnswersOpen, errors.NothingToAppeal, errors.UrgedToday,
    errors.NotMerged,
)  # fmt: skip
_ORDER = f"{API}/orders/{{id}}"

ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "POST", f"{API}/sessions", sessions.log_in, "登录", "Log in", answers.SessionAnswer, status=201,
        body=TypeAdapter(bodies.LogIn), login=Login.NO,
        refusals=(errors.WrongPassword, errors.TooMany, *WRITING),
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
        refusals=(errors.Unauthenticated, *WRITING),
    ),
    Endpoint(
        "GET", f"{API}/me/leaves", settings.leaves, "我的请假", "My leaves", settings_shapes.Leaves,
        login=Login.REQUIRED, refusals=(errors.Unauthenticated,),
    ),
    Endpoint(
        "POST", f"{API}/me/leaves", settings.take_leave, "请假", "Take a leave", settings_shapes.LeaveTakenAnswer,
        status=201, body=TypeAdapter(settings_shapes.LeaveBody), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, *WRITING),
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
        refusals=(errors.Unauthenticated, errors.NotYours, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/orders", orders.submit, "点单（无需登录；代点单须登录）", "File an order (no login needed)",
        order_shapes.FiledAnswer, status=201, body=TypeAdapter(bodies.Submit), key_header=True,
        refusals=(*WRITING, errors.KeyReused, errors.Unauthenticated, errors.NotYours),
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
        refusals=(errors.Unauthenticated, errors.NotYours, *WRITING),
    ),
    Endpoint(
        "POST", f"{_ORDER}/actions", orders.act, "对工单做一个动作", "Do something to an order",
        order_shapes.OrderAnswer, body=act_bodies.ACT, code_header=True, key_header=True,
        refusals=(*_SEEING, *WRITING, errors.KeyReused, errors.NotNow, errors.Stale, *_ANSWERING, *_TOGETHER),
    ),
    Endpoint(
        "POST", f"{API}/orders/batch", bulk.act, "批处理：对多个工单做同一个动作，逐单成败",
        "Do the same to many orders, each for itself", bulk_shapes.ManyDone,
        body=TypeAdapter(bulk_shapes.ManyOrders), key_header=True, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/merges", merging.merge, "并单：把几个工单并入一个，全部或全不",
        "Merge several orders into one, all or none", merging_shapes.MergedAnswer,
        body=TypeAdapter(merging_bodies.Merges), key_header=True, login=Login.REQUIRED,
        refusals=(
            errors.Unauthenticated, errors.NotYours, errors.OrderNotFound, errors.KeyReused, errors.NotNow,
            errors.Stale, *WRITING,
        ),
    ),
    Endpoint(
        "GET", f"{_ORDER}/merged", merging.parts, "并入这一单的工单，及其补充情况",
        "The orders merged into it, and what was noted there", merging_shapes.Parts, login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.OrderNotFound),
    ),
    Endpoint(
        "POST", f"{_ORDER}/contact-views", contacts.reveal, "查看联系方式（写明事由，十分钟内可见）",
        "Show the resident's contact, with a reason, for ten minutes", order_shapes.RevealedAnswer, status=201,
        body=TypeAdapter(bodies.Reveal), login=Login.REQUIRED,
        refusals=(errors.Unauthenticated, errors.NotYours, errors.OrderNotFound, *WRITING),
    ),
    Endpoint(
        "POST", f"{API}/photos", photos.upload, "上传一张照片，供点单或办结时使用",
        "Send a photo, for a request or a result", order_shapes.PhotoKept, status=201, key_header=True,
        takes_picture=True,
        refusals=(
            errors.Invalid, errors.WrongContentType, errors.TooLarge, errors.BodyTooSlow, errors.BrokenBody,
            errors.TooMany,
        ),
    ),
    Endpoint(
        "GET", f"{_ORDER}/photos/{{photo}}", photos.show, "工单的一张照片", "A photo of an order", None,
        code_header=True, refusals=(*_SEEING, errors.PhotoNotFound), gives_picture=True,
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
)  # fmt: skip
