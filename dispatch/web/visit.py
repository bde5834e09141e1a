"""One request of somebody at a browser: who they are, what they ask of the service, and the page they get.

Pages do what programs do: they call the rows of the endpoint table, in this process. So what is checked, decided,
braked and masked for the API is the same for a page, and no page has rules of its own.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from http import HTTPStatus
from typing import Any
from urllib.parse import urlsplit

import orjson
from aiohttp import web
from pydantic import ValidationError

from dispatch.domain import errors
from dispatch.domain.errors import Refusal
from dispatch.domain.order import Actor
from dispatch.domain.vocabulary import Role
from dispatch.http import callers
from dispatch.http.endpoints import API, SERVICE, Call, Endpoint, Login, decoded, invalid
from dispatch.http.errors import STATUS
from dispatch.http.table import ENDPOINTS
from dispatch.storage.people import Bearer
from dispatch.usecases import photos, sessions
from dispatch.usecases.service import Service
from dispatch.web import bodies, cookies, looks
from dispatch.web.homes import first_page
from dispatch.web.inside import inside
from dispatch.web.texts import LANGUAGES, catalogue

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    "manifest-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
"""The content security policy of every page: everything from here, no script or style within a page."""

FORM_MOST = 9 * 2**20
"""The most a form with photos may hold, in bytes: four of the largest that are taken."""

HEADERS = {"Content-Security-Policy": POLICY, "Referrer-Policy": "same-origin", "X-Content-Type-Options": "nosniff"}


@dataclass(frozen=True, slots=True)
class Faults:
    """Why a form was not taken: one sentence for all of it, and one for each field that is wrong."""

    text: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    status: int = 200


NO_FAULTS = Faults()


@dataclass(frozen=True, slots=True)
class Visit:
    """A request, decoded as far as every page needs it."""

    request: web.Request
    service: Service
    now: datetime
    lang: str
    elder: bool
    token: str | None
    bearer: Bearer | None

    @classmethod
    async def of(cls, request: web.Request) -> "Visit":
        """Decode a request; a session that has ended is none."""
        visit, token = cls.of_nobody(request), request.cookies.get(cookies.SESSION, "")
        if not visit.service.has_county:
            return visit
        try:
            return replace(visit, token=token, bearer=await sessions.bearer(visit.service, token, visit.now))
        except errors.Unauthenticated:
            return visit

    @classmethod
    def of_nobody(cls, request: web.Request) -> "Visit":
        """Decode a request as if nobody were logged in: it can't fail."""
        service, elder = request.app[SERVICE], request.cookies.get(cookies.ELDER) == "1"
        return cls(request, service, service.now(), language(request), elder, None, None)

    @property
    def path(self) -> Mapping[str, str]:
        """The variable parts of the address."""
        return self.request.match_info

    @property
    def roles(self) -> frozenset[Role]:
        """The roles in which somebody is logged in, none for nobody."""
        return frozenset() if self.bearer is None else frozenset(grant.role for grant in self.bearer.grants)

    @property
    def only_looks(self) -> bool:
        """Whether this request only asks to see something, so that a refusal need not say what was saved."""
        return self.request.method in {"GET", "HEAD"}

    @property
    def home(self) -> str:
        """The page that whoever is logged in begins at."""
        return first_page(self.roles)

    @property
    def actor(self) -> Actor:
        """Whoever is logged in, as the domain knows them."""
        return sessions.actor(self.bearer)

    def has_role(self, names: Iterable[str]) -> bool:
        """Tell whether somebody is logged in with one of the roles of those names."""
        return any(role.value in names for role in self.roles)

    def came_from(self) -> str:
        """Return the page of ours that led here, or the first one."""
        return self._ours("Referer").partition("?")[0]

    def shown_on(self) -> str:
        """Return the page of ours that a part is asked for, with what it asks in its address, or the first one."""
        return self._ours("HX-Current-URL")

    def _ours(self, header: str) -> str:
        try:
            came = urlsplit(self.request.headers.get(header, ""))
        except ValueError:
            return "/"
        address = inside(came.path, "/") if came.netloc == self.request.host else "/"
        return f"{address}?{came.query}" if address == came.path and came.query else address

    @property
    def address(self) -> str:
        """The address whose tries are braked."""
        return callers.address(self.request, self.service.settings.trusted_proxies)

    def logged_in(self) -> Bearer:
        """Return who is logged in, or raise Unauthenticated, which leads to the page to log in at."""
        if self.bearer is None:
            raise errors.Unauthenticated
        return self.bearer

    async def ask(
        self,
        method: str,
        path: str,
        *,
        body: Any = None,
        query: Mapping[str, Any] | None = None,
        query_code: str | None = None,
        key: str | None = None,
        nulls: bool = False,
        **names: str,
    ) -> Any:
        """Call an endpoint as a program would, and return the JSON of its answer, or the bytes of its picture.

        Args:
            method: such as GET.
            path: below /api/v1, as its row has it, such as ``/orders/{id}``.
            body: what is sent as JSON, without what is None.
            query: what is asked in the address.
            query_code: a resident's query code.
            key: the Idempotency-Key.
            nulls: what is None in the body is sent, too, where that takes something back.
            names: the variable parts of the path.

        Raises:
            Refusal: as the endpoint refuses; Invalid where the body can't be written as JSON.
        """
        endpoint = _endpoint(method, path)
        raw = b"" if body is None else _written(body, nulls=nulls)
        decoded_body = None if endpoint.body is None else decoded(endpoint.body, raw)
        bearer = None if endpoint.login is Login.NO else self.bearer
        if endpoint.login is Login.REQUIRED and bearer is None:
            raise errors.Unauthenticated
        reply = await endpoint.handle(
            Call(
                service=self.service,
                now=self.now,
                actor=sessions.actor(bearer),
                bearer=bearer,
                path=names,
                body=decoded_body,
                raw=raw,
                query=_query(endpoint, query or {}),
                lang=self.lang,
                query_code=query_code,
                idempotency_key=key,
                token=self.token,
                address=self.address,
            )
        )
        return reply.json if reply.picture is None else reply.picture

    async def form(self) -> Mapping[str, str]:
        """Return the fields of the form that was sent, without files and, but for passwords, spaces around.

        Raises:
            BrokenBody, BodyTooSlow: as their names say.
        """
        return bodies.fields(await bodies.posted(self.request))

    async def form_with_files(self, field: str) -> tuple[Mapping[str, str], list[web.FileField]]:
        """Return the fields of a form, and the files that came with it under one name.

        Raises:
            TooMuch: all of it is too large; it knows the fields.
            BrokenBody, BodyTooSlow, Unavailable: as for a picture that is sent to the API.
        """
        posted = await bodies.posted(self.request, FORM_MOST)
        return bodies.fields(posted), bodies.files(posted, field)

    async def keep_photos(self, files: Iterable[web.FileField], key: str | None) -> list[str]:
        """Keep photos for a day, until an order claims them, and return their ids.

        Args:
            files: as the form sent them.
            key: the form's Idempotency-Key: sent again, the same photos have the same ids.

        Raises:
            Refusal: one of them can't be taken; its fault is that of the field ``photos``.
        """
        found = []
        for number, file in enumerate(files):
            own = None if key is None else f"{key}-{number}"
            raw = file.file.read()
            try:
                found.append(await photos.upload(self.service, raw, self.actor, self.address, own, self.now))
            except errors.Invalid as refused:
                (fault,) = refused.data["faults"]
                raise errors.Invalid({**fault, "field": "photos"}) from refused
        return found

    def faults(self, refusal: Refusal, *, looking: bool = False) -> Faults:
        """Return a refusal as a page tells it beside the form; ``looking``: by a form that only looks something up."""
        _, fields, text = catalogue(self.lang).gettext, {}, refusal.text(self.lang)
        looking = looking or self.only_looks
        if isinstance(refusal, errors.Invalid):
            fields = {fault["field"]: fault[self.lang] for fault in refusal.data["faults"]}
            text = _("这样查不到。请按提示改一下再查。") if looking else text
        elif looking and isinstance(refusal, errors.NotYours):
            text = _("这里的内容不归您的角色查看。如认为有误，请联系上级；党员请联系所在支部书记。")
        return Faults(text, fields, int(STATUS[type(refusal)]))

    def page(self, template: str, *, status: int = HTTPStatus.OK, **values: Any) -> web.Response:
        """Return a page, compressed where the browser takes that."""
        text = looks.render(template, self.lang, self.now, visit=self, **values)
        response = web.Response(text=text, status=status, content_type="text/html", headers=HEADERS)
        response.enable_compression()
        return response

    def to(self, address: str) -> web.Response:
        """Lead on to another page of ours, after something was done."""
        return web.Response(status=HTTPStatus.SEE_OTHER, headers={"Location": address, **HEADERS})

    def switched(self, **change: str) -> str:
        """Return the address of this very page with something of its query changed, for the switches of language."""
        return str(self.request.rel_url.update_query(change))


def language(request: web.Request) -> str:
    """Return the language of a page: as its switch says, as it said before, or Chinese; never the browser's guess."""
    for asked in (request.query.get("lang"), request.cookies.get(cookies.LANG)):
        if asked in LANGUAGES:
            return asked
    return LANGUAGES[0]


@cache
def _rows() -> dict[tuple[str, str], Endpoint]:
    return {(row.method, row.path): row for row in ENDPOINTS}


def _endpoint(method: str, path: str) -> Endpoint:
    return _rows()[method, API + path]


def _written(body: Any, *, nulls: bool) -> bytes:
    try:
        return orjson.dumps(body if nulls else _given(body))
    except (TypeError, RecursionError) as error:  # a number of more than 64 bits, or nested beyond all measure
        zh, en = "有内容过大或嵌套过深", "something in it is too large or nested too deeply"
        raise errors.Invalid(errors.fault("body", zh, en)) from error


def _given(body: Any) -> Any:
    """Return a body without the fields that are None: what a form left empty is not sent."""
    if isinstance(body, Mapping):
        return {name: _given(value) for name, value in body.items() if value is not None}
    return body


def _query(endpoint: Endpoint, query: Mapping[str, Any]) -> Any:
    try:
        return endpoint.query.model_validate({name: value for name, value in query.items() if value is not None})
    except ValidationError as error:
        raise invalid(error) from error
