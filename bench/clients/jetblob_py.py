"""jetblob in Python: the same arguments and output as the other contenders."""

import asyncio
import json
import sys
import time
from pathlib import Path

from lag import lag, p99

import jetblob


async def main() -> None:
    place, name, work, *what = sys.argv[1:]
    async with jetblob.Store.open(place) as store:
        bucket = await store.bucket(name)
        start = time.perf_counter()
        first: float | None = None
        async with lag() as late:
            if work == "put-file":
                await bucket.put("large", Path(what[0]))
            elif work == "get-file":
                async with bucket.get("large") as object:
                    async for _ in object:
                        pass
            elif work in {"put-small", "get-small"}:
                size, count, at_once = map(int, what)
                await small(bucket, work, size, count, at_once)
            elif work == "first-byte":
                for _ in range(int(what[0])):
                    async with bucket.get("large") as object:
                        assert await object.read(1)
            elif work == "list":
                listed = 0
                async for _ in bucket.list():
                    first = first or time.perf_counter() - start
                    listed += 1
                assert listed == int(what[0]), f"{listed} entries"
            elif work == "watch":
                async with bucket.watch() as watch:
                    async for event in watch:
                        if event is jetblob.CAUGHT_UP:
                            break
                        first = first or time.perf_counter() - start
            else:
                sys.exit(f"does no {work} here")
        told = {"seconds": time.perf_counter() - start, "lag_ms": p99(late)}
        print(json.dumps(told if first is None else {**told, "first_ms": first * 1000}))


async def small(bucket: jetblob.Bucket, work: str, size: int, count: int, at_once: int) -> None:
    data = b"\x07" * size
    todo = iter(range(count))

    async def worker() -> None:
        for index in todo:
            if work == "put-small":
                await bucket.put_bytes(f"small/{index}", data)
            else:
                assert len(await bucket.get_bytes(f"small/{index}")) == size

    await asyncio.gather(*(worker() for _ in range(at_once)))


asyncio.run(main())
