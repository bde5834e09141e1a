"""The templates: one environment, with what every page may use."""

from collections.abc import Callable
from contextvars import ContextVar
from datetime import datetime
from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from dispatch.domain import vocabulary
from dispatch.web import statics, wording
from dispatch.web.texts import catalogue

EMERGENCY_NUMBERS = (
    ("110", "报警", "Police"),
    ("119", "火警", "Fire"),
    ("120", "急救", "Ambulance"),
    ("122", "交通事故", "Traffic accident"),
)
"""Whom to call where life is in danger, before anything else (DOMAIN §4)."""


@cache
def environment(lang: str) -> Environment:
    """Return the templates of a language, compiled once."""
    found = Environment(
        loader=PackageLoader("dispatch.web"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_translations(catalogue(lang), newstyle=True)  # type: ignore[attr-defined] # the extension's
    found.filters.update(
        moment=partial(_told, wording.moment, lang),
        day=partial(_told, wording.day, lang),
        left=partial(_told, wording.left, lang),
        said=partial(wording.said, lang=lang),
        level=partial(wording.level, lang=lang),
    )
    found.globals.update(
        lang=lang,
        static=statics.address,
        emergency_numbers=EMERGENCY_NUMBERS,
        words={term.__name__: {word.value: word for word in term} for term in _terms()},
    )
    return found


def _terms() -> list[type[vocabulary.Word]]:
    """Return every enum of words, those of the vocabulary last: of two of one name a page means the one all share."""
    return sorted(vocabulary.Word.__subclasses__(), key=lambda term: term.__module__ == vocabulary.__name__)


_now: ContextVar[datetime] = ContextVar("now")
"""The time of the request whose page is being made; filters of templates, macros among them, know it by this."""


def render(template: str, lang: str, now: datetime, **values: Any) -> str:
    """Return a page's text, whose times are told as at ``now``."""
    token = _now.set(now)
    try:
        return environment(lang).get_template(template).render(**values)
    finally:
        _now.reset(token)


def _told(write: Callable[[str | datetime, str, datetime], str], lang: str, at: str | datetime) -> str:
    return write(at, lang, _now.get())
