"""The list of what waits, read again and again on everybody's behalf, so that 200 people need not each ask."""

import asyncio
from collections.abc import Callable

from dispatch.demo.client import Client, View
from dispatch.demo.pace import Pace
from dispatch.domain.vocabulary import State

EVERY_S = 0.4
"""How often the list is read, in seconds of the wall's time; the service sweeps about as often."""

Wanted = Callable[[View], bool]


class Board:
    """Whoever waits for something to happen to an order before it is accepted is told here."""

    def __init__(self, client: Client, pace: Pace, overseer: str) -> None:
        self._client = client
        self._pace = pace
        self._overseer = overseer
        self._waiting: dict[str, tuple[Wanted, asyncio.Future[View | None]]] = {}

    async def wait(self, order: View, wanted: Wanted, seconds: float | None = None) -> View | None:
        """Return the order once it is ``wanted``; None when the play is over, or after so many wall seconds."""
        if self._pace.over.is_set():
            return None
        told: asyncio.Future[View | None] = asyncio.get_running_loop().create_future()
        self._waiting[order["id"]] = wanted, told
        try:
            async with asyncio.timeout(seconds):
                return await told
        except TimeoutError:
            return None
        finally:
            del self._waiting[order["id"]]

    async def watch(self) -> None:
        """Read the list while the play lasts."""
        states = ",".join(state.value for state in (State.RECEIVED, State.ROUTED, State.OFFERED))
        while not self._pace.over.is_set():
            if self._waiting:
                async for order in self._client.pages(self._overseer, state=states):
                    wanted, told = self._waiting.get(order["id"], (None, None))
                    if wanted is not None and told is not None and not told.done() and wanted(order):
                        told.set_result(order)
            await self._pace.rest(EVERY_S)

    def close(self) -> None:
        """Tell everybody who still waits that the play is over."""
        for _, told in self._waiting.values():
            if not told.done():
                told.set_result(None)
