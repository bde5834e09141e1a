"""What clients send to do something to many orders at once, and what they are sent."""

from typing import Annotated

from pydantic import Field

from dispatch.domain.vocabulary import State
from dispatch.http.act_bodies import Act
from dispatch.http.answers import Answer, Label
from dispatch.http.bodies import Body
from dispatch.http.merging_bodies import OrderNumber
from dispatch.usecases.bulk import MOST


class ManyOrders(Body):
    """批处理: the same action on many orders."""

    orders: Annotated[list[OrderNumber], Field(min_length=1, max_length=MOST)]
    action: Act


class FaultAnswer(Answer):
    """One field that is not right."""

    field: str
    zh: str
    en: str


class OrderProblem(Answer):
    """Why an order was left as it was."""

    code: str
    title: Label
    status: int
    errors: list[FaultAnswer] | None = None


class OrderDone(Answer):
    """What became of one order."""

    id: str
    ok: bool
    state: State | None
    version: int | None
    problem: OrderProblem | None


class ManyDone(Answer):
    """What became of each order, in the order given."""

    done: int
    failed: int
    items: list[OrderDone]
