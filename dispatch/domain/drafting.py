"""A pasted chat message -> a draft of a request: everything in it is a guess, and nothing is filed by it."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from dispatch.domain.chat_category import category
from dispatch.domain.chat_people import houses, names
from dispatch.domain.chat_phones import phones
from dispatch.domain.chat_places import places
from dispatch.domain.chat_text import read_chat, without
from dispatch.domain.chat_urgency import Danger, danger, urgency
from dispatch.domain.guesses import Guess, Sure
from dispatch.domain.vocabulary import Urgency
from dispatch.domain.world import World

TEXT_MOST = 2000
"""The longest text of a request, in characters."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a message comes to; ``text`` is what it asks for, without the number and the name of who asks."""

    text: str
    category: Guess
    place: Guess
    house: Guess
    phone: Guess
    name: Guess
    urgency: Guess
    danger: Danger


def draft(pasted: str, world: World, spans: Sequence[tuple[int, int]] = (), homes: Iterable[int] = ()) -> Draft:
    """Read a pasted message; the same message gives the same draft.

    Telephone numbers and a plainly stated name leave the text, for it is read by more people than the contact is.

    Args:
        pasted: the message as it was copied, with headers, emoji and links.
        world: the county.
        spans: the preorder intervals of the tree that the filer serves.
        homes: the grids that the filer serves most closely.
    """
    chat = read_chat(pasted)
    phone = phones(chat.text)
    name = names(chat.text, chat.senders)
    numbers = [written for one in phone.candidates for written in one.why]
    bare = without(chat.text, numbers)
    said = [why for one in name.candidates for why in one.why if why in bare] if name.sure is Sure.HIGH else []
    kind = category(bare, world.categories)
    default = Urgency.GENERAL if kind.value is None else world.categories[kind.value].urgency
    return Draft(
        text=without(bare, said)[:TEXT_MOST].strip(),
        category=kind,
        place=places(bare, world, spans, homes),
        house=houses(bare),
        phone=phone,
        name=name,
        urgency=urgency(bare, default),
        danger=danger(bare),
    )
