"""Both colours of function behind one face: what a test says once holds blocking, in asyncio and in trio."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any, Final

import trio

from bearerguard import AsyncVerifier, Policy, Report, Verified, Verifier

Run = Callable[..., Any]
"""Calls a coroutine function with these arguments, in a loop of its own, and returns what it returns."""


def run_asyncio(function: Callable[..., Awaitable[Any]], *arguments: Any, **options: Any) -> Any:
    async def main() -> Any:
        return await function(*arguments, **options)

    return asyncio.run(main())


def run_trio(function: Callable[..., Awaitable[Any]], *arguments: Any, **options: Any) -> Any:
    async def main() -> Any:
        return await function(*arguments, **options)

    return trio.run(main)


LOOPS: Final[dict[str, Run]] = {"asyncio": run_asyncio, "trio": run_trio}
COLOURS: Final = ("blocking", *LOOPS)


async def pause(seconds: float) -> None:
    """Sleep in whichever loop this is."""
    if trio.lowlevel.in_trio_run():
        await trio.sleep(seconds)
    else:
        await asyncio.sleep(seconds)


async def turns(count: int = 5) -> None:
    """Let every other task take a few steps."""
    for _ in range(count):
        await pause(0)


async def together(*functions: Callable[[], Awaitable[Any]]) -> list[Any]:
    """Run these at the same time, and return what each returned or raised, in their order."""
    outcomes: list[Any] = [None] * len(functions)

    async def one(number: int) -> None:
        try:
            outcomes[number] = await functions[number]()
        except Exception as error:  # noqa: BLE001  # the test looks at it
            outcomes[number] = error

    if trio.lowlevel.in_trio_run():
        async with trio.open_nursery() as nursery:
            for number in range(len(functions)):
                nursery.start_soon(one, number)
    else:
        await asyncio.gather(*(one(number) for number in range(len(functions))))
    return outcomes


async def cancelled(function: Callable[[], Awaitable[Any]]) -> bool:
    """Run a function, cancel it from outside after a few steps, and return whether it noticed."""
    if trio.lowlevel.in_trio_run():
        async with trio.open_nursery() as nursery:
            nursery.start_soon(function)
            await turns()
            nursery.cancel_scope.cancel()
        return nursery.cancel_scope.cancelled_caught
    task = asyncio.ensure_future(function())
    await turns()
    task.cancel()
    try:
        await task
    except asyncio.CancelledError:
        return True
    return False


class Door:
    """A verifier of any colour, asked in the same words. Awaited ones get a new loop for each question."""

    def __init__(self, colour: str, *policies: Policy, **options: Any) -> None:
        self.colour = colour
        self.verifier: Any = (Verifier if colour == "blocking" else AsyncVerifier)(*policies, **options)

    def _call(self, name: str, *arguments: Any, **options: Any) -> Any:
        method = getattr(self.verifier, name)
        if self.colour == "blocking":
            return method(*arguments, **options)
        return LOOPS[self.colour](method, *arguments, **options)

    def verify(self, token: Any, **options: Any) -> Verified:
        caller = self._call("verify", token, **options)
        assert type(caller) is Verified
        return caller

    def explain(self, token: Any) -> Report:
        report = self._call("explain", token)
        assert type(report) is Report
        return report

    def warm(self) -> None:
        self._call("warm")

    def close(self) -> None:
        self._call("close")


Doors = Callable[..., Door]
"""Makes a `Door` from a verifier's arguments."""
