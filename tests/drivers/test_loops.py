"""What differs between asyncio and trio, and must not be noticed: deadlines, events, tasks that outlive their caller."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Final

import pytest
import trio

from bearerguard import loops
from tests.drivers.colours import LOOPS, Run, cancelled, pause, turns
from tests.drivers.servers import PATIENCE

SHORT: Final = 0.05


# ------------------------------------------------------------------------------------------------------------------- deadlines


def test_a_block_that_takes_too_long_is_left_silently(run: Run) -> None:
    async def main() -> list[str]:
        steps = []
        async with loops.deadline(SHORT):
            steps.append("began")
            await pause(PATIENCE)
            steps.append("went on")
        steps.append("left")
        return steps

    began = time.monotonic()
    assert run(main) == ["began", "left"]
    assert SHORT * 0.9 < time.monotonic() - began < PATIENCE / 2


def test_a_block_that_is_in_time_is_finished(run: Run) -> None:
    async def main() -> list[str]:
        steps = []
        async with loops.deadline(PATIENCE):
            await pause(SHORT)
            steps.append("finished")
        return steps

    assert run(main) == ["finished"]


def test_what_the_block_raises_passes_through(run: Run) -> None:
    async def main() -> None:
        async with loops.deadline(PATIENCE):
            raise LookupError("mine")

    with pytest.raises(LookupError, match="mine"):
        run(main)


def test_a_time_out_of_the_blocks_own_is_not_taken_for_the_deadline(run: Run) -> None:
    async def main() -> None:
        async with loops.deadline(PATIENCE):
            raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        run(main)


def test_the_outer_of_two_deadlines_ends_both_blocks(run: Run) -> None:
    async def main() -> list[str]:
        steps = []
        async with loops.deadline(SHORT):
            async with loops.deadline(PATIENCE):
                await pause(PATIENCE)
            steps.append("left the inner block only")
        return steps

    assert run(main) == []


def test_the_inner_of_two_deadlines_ends_its_own_block_only(run: Run) -> None:
    async def main() -> list[str]:
        steps = []
        async with loops.deadline(PATIENCE):
            async with loops.deadline(SHORT):
                await pause(PATIENCE)
            steps.append("went on")
        return steps

    assert run(main) == ["went on"]


def test_a_cancellation_from_outside_passes_through_a_deadline(run: Run) -> None:
    after: list[str] = []

    async def block() -> None:
        async with loops.deadline(PATIENCE):
            await pause(PATIENCE)
        after.append("the cancellation was swallowed")

    assert run(cancelled, block)
    assert after == []


# ---------------------------------------------------------------------------------------------------------------------- events


def test_everyone_who_waits_for_an_event_goes_on_once_it_is_set(run: Run) -> None:
    async def main() -> list[int]:
        landed = loops.event()
        arrived: list[int] = []
        done = loops.event()

        def waiter(number: int) -> Callable[[], Any]:
            async def wait() -> None:
                await landed.wait()
                arrived.append(number)
                if len(arrived) == 3:
                    done.set()

            return wait

        for number in range(3):
            loops.spawn(waiter(number))
        await turns()
        assert arrived == []
        landed.set()
        await done.wait()
        return sorted(arrived)

    assert run(main) == [0, 1, 2]


def test_an_event_that_is_set_holds_nobody_up(run: Run) -> None:
    async def main() -> None:
        landed = loops.event()
        landed.set()
        landed.set()
        async with loops.deadline(PATIENCE):
            await landed.wait()
            return
        raise AssertionError("waited")

    run(main)


# ------------------------------------------------------------------------------------------------------------------ which loop


def test_a_loop_is_the_same_as_long_as_it_runs(run: Run) -> None:
    async def main() -> bool:
        first = loops.running()
        await turns(1)
        return loops.running() is first

    assert run(main)


@pytest.mark.parametrize("first", LOOPS)
@pytest.mark.parametrize("second", LOOPS)
def test_two_runs_are_two_loops(first: str, second: str) -> None:
    async def main() -> Any:
        return loops.running()

    # Both are held, so that the second cannot be given the address of the first.
    one, other = LOOPS[first](main), LOOPS[second](main)
    assert one is not other
    assert one != other
    hash(one)


def test_asyncio_in_another_thread_is_not_taken_for_the_trio_of_this_one() -> None:
    kinds: dict[str, str] = {}

    async def kind() -> str:
        return type(loops.event()).__module__.partition(".")[0]

    async def main() -> None:
        thread = threading.Thread(target=lambda: kinds.update(there=asyncio.run(kind())))
        thread.start()
        while thread.is_alive():  # noqa: ASYNC110  # it cannot set an event of this loop
            await trio.sleep(0.001)
        kinds["here"] = await kind()

    trio.run(main)
    assert kinds == {"here": "trio", "there": "asyncio"}


def test_outside_every_loop_there_is_none_to_name() -> None:
    with pytest.raises(RuntimeError):
        loops.running()


# ----------------------------------------------------------------------------------------------------------------------- tasks


def test_a_task_outlives_the_cancellation_of_who_started_it(run: Run) -> None:
    async def main() -> list[str]:
        steps: list[str] = []
        go_on, done = loops.event(), loops.event()

        async def body() -> None:
            await go_on.wait()
            steps.append("finished")
            done.set()

        async def starter() -> None:
            loops.spawn(body)
            await pause(PATIENCE)

        assert await cancelled(starter)
        go_on.set()
        await done.wait()
        return steps

    assert run(main) == ["finished"]


def test_a_task_under_way_is_not_collected(run: Run) -> None:
    import gc

    async def main() -> list[str]:
        steps: list[str] = []
        done = loops.event()

        async def body() -> None:
            await turns(10)
            steps.append("finished")
            done.set()

        loops.spawn(body)
        del body
        for _ in range(5):
            await turns(1)
            gc.collect()
        await done.wait()
        return steps

    assert run(main) == ["finished"]


def test_a_loop_that_ends_takes_its_tasks_with_it(run: Run) -> None:
    ended: list[str] = []

    async def main() -> None:
        async def body() -> None:
            try:
                await pause(PATIENCE)
            finally:
                ended.append("ended")

        loops.spawn(body)
        await turns()

    began = time.monotonic()
    run(main)
    assert time.monotonic() - began < PATIENCE / 2
    assert ended == ["ended"]


def test_no_task_is_remembered_once_it_is_over() -> None:
    async def main() -> None:
        async def body() -> None:
            await turns(1)

        for _ in range(10):
            loops.spawn(body)
        await turns()
        assert not loops._tasks

    asyncio.run(main())


def test_a_blocking_program_loads_neither_loop() -> None:
    program = (
        "import sys; from bearerguard import Verifier; from bearerguard.issuer import DevIssuer; issuer = DevIssuer(); "
        "Verifier(issuer.policy(), fetcher=issuer).verify(issuer.mint()); "
        "print(*({'asyncio', 'trio'} & set(sys.modules)), end='')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
