"""What is done from the command line in somebody's name."""

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from dispatch.cli.database import database_url, opened
from dispatch.cli.terminal import await_
from dispatch.running import CannotRunError
from dispatch.settings import Settings

if TYPE_CHECKING:
    from dispatch.domain.order import Actor
    from dispatch.usecases.service import Service

T = TypeVar("T")


def in_the_name_of(person: str | None, work: "Callable[[Service, Actor], Coroutine[Any, Any, T]]") -> T:
    """Do something as the person with that code, or as nobody in particular.

    Raises:
        CannotRunError: nobody who serves has that code.
    """
    with database_url(settings := Settings.read()) as url:
        return await_(_with_service(settings, url, person, work))


async def _with_service(
    settings: Settings, url: str, person: str | None, work: "Callable[[Service, Actor], Coroutine[Any, Any, T]]"
) -> T:
    from dispatch.domain.order import Actor  # noqa: PLC0415
    from dispatch.storage import people  # noqa: PLC0415 - heavy
    from dispatch.usecases.service import Service  # noqa: PLC0415

    async with opened(settings, url):  # it sees to the schema
        service = await Service.open(settings, url, connections=4)
        try:
            actor = Actor()
            if person is not None:
                today = service.now().astimezone(service.world.calendar.zone).date()
                found = (await people.members(service.database, [person], today)).get(person)
                if found is None:
                    raise CannotRunError(
                        f"没有编码为 {person} 的在岗人员；没有改动。",
                        f"nobody who serves has the code {person}; nothing was changed.",
                    )
                actor = Actor(found.person_id, found.grants)
            return await work(service, actor)
        finally:
            await service.close()


def cleaned_reason(text: str) -> str:
    """Return a reason as it goes on record.

    Raises:
        CannotRunError: it is empty, or more than a line.
    """
    cleaned = text.strip()
    if not cleaned or not cleaned.isprintable():
        raise CannotRunError("请写明事由（一行）；没有改动。", "say why, in one line; nothing was changed.")
    return cleaned
