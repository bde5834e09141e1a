"""What every refusal is: a stable code, what happened and what to do next, in both languages."""

from typing import Any, ClassVar


class Refusal(Exception):  # noqa: N818 - it is a refusal, and reads so at every raise
    """Something that was asked and is not done; nothing has changed.

    Subclasses carry ``code`` (stable, for programs) and ``zh``/``en`` (for people, formatted with ``data``).
    """

    code: ClassVar[str]
    zh: ClassVar[str]
    en: ClassVar[str]

    def __init__(self, **data: Any) -> None:
        super().__init__(self.code)
        self.data = data

    def text(self, lang: str) -> str:
        """Return what happened and what to do next, in ``lang`` ('zh' or 'en')."""
        template = self.en if lang == "en" else self.zh
        return template.format_map(self.data)
