"""What keeps the service from running on this machine, said in both languages."""


class CannotRunError(Exception):
    """The machine, not the request, stands in the way; ``zh`` and ``en`` say what and what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(f"{zh} / {en}")
        self.zh = zh
        self.en = en
