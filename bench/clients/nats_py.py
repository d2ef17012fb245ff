"""nats-py: the same arguments and output as the other contenders."""

import asyncio
import io
import json
import sys
import time

import nats
from lag import lag, p99
from nats.js.object_store import ObjectStore


class Nowhere(io.BufferedIOBase):
    """A file that drops what is written."""

    def write(self, data: object) -> int:
        return len(data)  # type: ignore[arg-type]


async def main() -> None:
    place, name, work, *what = sys.argv[1:]
    connection = await nats.connect(place)
    bucket = await connection.jetstream().object_store(name)
    start = time.perf_counter()
    first: float | None = None
    async with lag() as late:
        if work == "put-file":
            with open(what[0], "rb") as file:
                await bucket.put("large", file)
        elif work == "get-file":
            await bucket.get("large", writeinto=Nowhere())
        elif work in {"put-small", "get-small"}:
            size, count, at_once = map(int, what)
            await small(bucket, work, size, count, at_once)
        elif work == "list":
            entries = await bucket.list()
            first = time.perf_counter() - start
            assert len(entries) == int(what[0]), f"{len(entries)} entries"
        elif work == "watch":
            watcher = await bucket.watch()
            for _ in range(int(what[0])):
                assert await watcher.updates(timeout=60) is not None  # type: ignore[no-untyped-call]
                first = first or time.perf_counter() - start
        else:
            sys.exit(f"has no {work}")
    told = {"seconds": time.perf_counter() - start, "lag_ms": p99(late)}
    print(json.dumps(told if first is None else {**told, "first_ms": first * 1000}))
    await connection.close()


async def small(bucket: ObjectStore, work: str, size: int, count: int, at_once: int) -> None:
    data = b"\x07" * size
    todo = iter(range(count))

    async def worker() -> None:
        for index in todo:
            if work == "put-small":
                await bucket.put(f"small/{index}", data)
            else:
                got = await bucket.get(f"small/{index}")
                assert len(got.data or b"") == size

    await asyncio.gather(*(worker() for _ in range(at_once)))


asyncio.run(main())
