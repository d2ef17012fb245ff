"""How long an event loop keeps others waiting."""

import asyncio
import statistics
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

STEP = 0.001


@asynccontextmanager
async def lag() -> AsyncIterator[list[float]]:
    """Note, as often as the loop lets it, how many seconds too late it was woken."""
    late: list[float] = []

    async def notice() -> None:
        while True:
            due = time.perf_counter() + STEP
            await asyncio.sleep(STEP)
            late.append(time.perf_counter() - due)

    noticing = asyncio.create_task(notice())
    try:
        yield late
    finally:
        noticing.cancel()


def p99(late: list[float]) -> float:
    """Give the lag that one wake-up in a hundred exceeds, in milliseconds."""
    return statistics.quantiles(late, n=100)[98] * 1000 if len(late) > 1 else 0.0
