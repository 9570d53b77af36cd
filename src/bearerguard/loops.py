"""The little that differs between asyncio and trio: a deadline, an event, and a task that outlives its caller."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Hashable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import asyncio


class Event(Protocol):
    """What both loops call an event."""

    async def wait(self) -> Any:
        """Return once the event is set."""

    def set(self) -> Any:
        """Let everyone go on who waits."""


def _trio() -> Any | None:
    """Return trio if this code runs in a trio loop. It can only do so if somebody has imported trio."""
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_run() else None


def _asyncio() -> Any:
    """Return asyncio, which is loaded wherever its loop runs, and which a blocking program need not load."""
    import asyncio

    return asyncio


@asynccontextmanager
async def deadline(seconds: float) -> AsyncIterator[None]:
    """Leave the block, silently, once it took this long; a cancellation from outside passes through."""
    trio = _trio()
    if trio is not None:
        with trio.move_on_after(seconds):
            yield
        return
    scope = _asyncio().timeout(seconds)
    try:
        async with scope:
            yield
    except TimeoutError:
        if not scope.expired():
            raise


def event() -> Event:
    """Return a new, unset event of the running loop."""
    trio = _trio()
    made: Event = trio.Event() if trio is not None else _asyncio().Event()
    return made


def running() -> Hashable:
    """Return what identifies the running loop, to notice that another one has taken its place."""
    trio = _trio()
    loop: Hashable = trio.lowlevel.current_trio_token() if trio is not None else _asyncio().get_running_loop()
    return loop


_tasks: set[asyncio.Task[None]] = set()


def spawn(function: Callable[[], Awaitable[None]]) -> None:
    """Run a function, which must not raise, in a task of its own, so that no caller's cancellation reaches it."""
    trio = _trio()
    if trio is not None:
        trio.lowlevel.spawn_system_task(function)
        return

    async def body() -> None:
        await function()

    # A loop that was closed in the middle of its tasks never reports them done.
    _tasks.difference_update([task for task in _tasks if task.get_loop().is_closed()])
    task = _asyncio().get_running_loop().create_task(body())
    # The loop keeps only weak references to its tasks.
    _tasks.add(task)
    task.add_done_callback(_tasks.discard)
