"""The words of the pages in both languages: Chinese stands in the templates, English in a catalogue."""

import gettext
from functools import cache
from importlib.resources import files

LANGUAGES = ("zh", "en")
"""What a reader may choose; the first is what a page is written in."""


class Catalogue(gettext.NullTranslations):
    """A catalogue read from its text file at the start; what it lacks stays Chinese."""

    def __init__(self, words: dict[str, str]) -> None:
        super().__init__()
        self._words = words

    def gettext(self, message: str) -> str:
        """Return the words for ``message``."""
        return self._words.get(message, message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Return the words for one or for several of something; Chinese tells no difference."""
        return self.gettext(msgid1 if n == 1 else msgid2)


@cache
def catalogue(lang: str) -> Catalogue:
    """Return the catalogue of a language; that of Chinese is empty, since the templates hold it."""
    if lang != "en":
        return Catalogue({})
    from babel.messages.pofile import read_po  # noqa: PLC0415 - read once, where pages are served

    with files("dispatch.web").joinpath("locale", "en.po").open("rb") as file:
        found = read_po(file, locale="en")
    return Catalogue({str(one.id): str(one.string) for one in found if one.id and one.string and not one.fuzzy})
